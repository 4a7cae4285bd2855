import assert from 'node:assert/strict';
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { folder } from '../../support/dots';
import { root } from '../../support/shared';

const script = <T>(name: string): Promise<T> =>
  import(pathToFileURL(join(root, 'scripts/host', name)).href) as Promise<T>;

test('folders are not trusted unasked, also where an earlier version has written that they are', async (t) => {
  const { writeSettings } = await script<{ writeSettings: (data: string, own?: object) => void }>('settings.mjs');
  for (const before of [
    undefined,
    '{ "security.workspace.trust.enabled": false, "editor.fontSize": 20 }',
    '{\n  // mine\n  "security.workspace.trust.enabled" :false,\n}',
  ]) {
    const data = folder(t);
    const file = join(data, 'User/settings.json');
    mkdirSync(join(data, 'User'));
    if (before !== undefined) writeFileSync(file, before);
    writeSettings(data);
    const text = readFileSync(file, 'utf8');
    assert.doesNotMatch(text, /trust\.enabled"\s*:\s*false/);
    if (before?.includes('//') !== true) assert.match(text, /"security\.workspace\.trust\.startupPrompt": "once"/);
    assert.equal(text.includes('20'), before?.includes('20') === true, 'what the person has written stays');
  }
});

test(
  'the desktop is started with Workspace Trust',
  { skip: process.platform === 'win32' && 'the command is a shell script here' },
  async (t) => {
    const path = folder(t);
    const command = join(path, 'code');
    writeFileSync(command, `#!/bin/sh\nprintf '%s\\n' "$@" > ${join(path, 'args')}\n`, { mode: 0o755 });
    const { openDesktop } = await script<{ openDesktop: (command: string, options: object) => Promise<void> }>(
      'desktop.mjs',
    );
    await openDesktop(command, {
      folder: path,
      file: join(path, 'a.dots.json'),
      settings: {},
      data: join(path, 'data'),
    });
    const words = readFileSync(join(path, 'args'), 'utf8').split('\n');
    assert.ok(words.includes('--user-data-dir'));
    assert.ok(!words.includes('--disable-workspace-trust'));
  },
);

test('VS Code in the browser is installed from lock files that have the integrity of every package', () => {
  for (const name of ['package-lock.json', 'vscode/package-lock.json']) {
    const { packages } = JSON.parse(readFileSync(join(root, 'scripts/host/locks', name), 'utf8')) as {
      packages: Record<string, { integrity?: string; resolved?: string; link?: true }>;
    };
    const entries = Object.entries(packages).filter(([path]) => path !== '');
    assert.ok(entries.length > 100);
    for (const [path, { integrity, resolved }] of entries) {
      assert.match(integrity ?? '', /\bsha512-/, `${name}: ${path}`);
      assert.equal(resolved, undefined, `${name}: ${path}`);
    }
  }
  const install = readFileSync(join(root, 'scripts/host/install.mjs'), 'utf8');
  assert.ok(!install.includes("'install'"), 'npm ci alone keeps to a lock file');
});
