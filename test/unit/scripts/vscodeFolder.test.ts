import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../support/shared';

interface Launch {
  configurations: { name: string; port?: number; preLaunchTask?: string }[];
  compounds: { configurations: string[] }[];
}
interface Tasks {
  tasks: { label: string; script?: string; command?: string }[];
}

const read = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;

test('the launch configurations and tasks of VS Code name what there is', () => {
  const { configurations, compounds } = read<Launch>('.vscode/launch.json');
  const { tasks } = read<Tasks>('.vscode/tasks.json');
  const { scripts } = read<{ scripts: Record<string, string> }>('package.json');
  const labels = tasks.map(({ label }) => label);
  for (const { preLaunchTask } of configurations)
    assert.ok(preLaunchTask === undefined || labels.includes(preLaunchTask), preLaunchTask);
  const names = configurations.map(({ name }) => name);
  for (const name of compounds.flatMap((each) => each.configurations)) assert.ok(names.includes(name), name);
  for (const { script, command } of tasks) {
    const called = script ?? /^npm (?:run )?(\S+)/.exec(command ?? '')?.[1] ?? '';
    assert.ok(called in scripts, called);
  }
});

test('a debugger attaches to the language server at the port where the extension starts it', () => {
  const { configurations } = read<Launch>('.vscode/launch.json');
  const port = configurations.find(({ name }) => name === 'Language server')?.port;
  assert.ok(readFileSync(join(root, 'client/src/bundles/language.ts'), 'utf8').includes(`'--inspect=${port ?? 0}'`));
});
