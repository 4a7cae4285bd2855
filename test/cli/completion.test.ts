import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { commands } from '../../cli/src/run';
import { folder } from '../support/dots';
import { runHere } from '../support/runHere';
import { needTool } from '../support/tools';

/** What a shell offers after some words, the last of which is not finished. */
type Offered = (...words: string[]) => string[];

/** A folder with the script of a shell and some files. */
async function scene(t: TestContext, shell: string): Promise<string> {
  const path = folder(t, { 'my file.json': '', 'request.json': '' });
  mkdirSync(join(path, 'state'));
  const { status, out, err } = await runHere(['completion', shell]);
  assert.equal(status, 0);
  assert.equal(err, '');
  writeFileSync(join(path, 'script'), out);
  return path;
}

/** Runs a program in a folder, and returns the lines it printed. Errors of the shell fail the test. */
function linesOf(cwd: string, program: string, ...args: string[]): string[] {
  const { stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, HOME: cwd } });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => line !== '');
}

const inBash = 'source ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dots; printf "%s\\n" "${COMPREPLY[@]}"';

/** What is the same in all shells. */
async function checkOffers(offered: Offered): Promise<void> {
  const names = [...commands.keys()];
  assert.deepEqual(
    names.filter((name) => !offered('').includes(name)),
    [],
  );
  assert.deepEqual(offered('disc'), ['discover']);
  for (const [name, load] of commands) {
    const { options } = await load();
    const flags = offered(name, '--');
    for (const option of [...options, { name: 'help' }]) assert.ok(flags.includes(`--${option.name}`), option.name);
    for (const { name: option, choices } of options)
      if (choices !== undefined) assert.deepEqual(offered(name, `--${option}`, '').sort(), [...choices].sort());
  }
  assert.deepEqual(offered('completion', '').sort(), ['bash', 'fish', 'zsh']);
  assert.ok(offered('validate', 'r').includes('request.json'));
  assert.ok(offered('send', '--ca', 'req').includes('request.json'));
  assert.deepEqual(offered('discover', 'r'), []);
  assert.deepEqual(offered('data', 're').sort(), ['refresh', 'remove']);
  assert.deepEqual(offered('data', 'remove', 'a').sort(), ['acl', 'alias']);
  assert.ok(offered('data', 'install', 'req').includes('request.json'));
  assert.deepEqual(offered('data', 'activate', 'r'), []);
  assert.deepEqual(offered('session', 's').sort(), ['status', 'stop']);
  assert.deepEqual(offered('discover', '--resolver', ''), []);
}

test('bash completes commands, options, choices and files', async (t) => {
  if (!needTool(t, 'bash', 'bash')) return;
  const cwd = await scene(t, 'bash');
  const offered: Offered = (...words) => linesOf(cwd, 'bash', '--norc', '-c', inBash, 'bash', 'dots', ...words);
  await checkOffers(offered);
  assert.deepEqual(offered('validate', '--format', '=', 'js'), ['json']);
  assert.deepEqual(offered('validate', '--format', '='), ['text', 'json', 'sarif', 'github', 'junit']);
  assert.deepEqual(offered('validate', 'my'), ['my file.json']);
  assert.deepEqual(offered('mock', '--state', ''), ['state']);
});

test('fish completes commands, options, choices and files', async (t) => {
  if (!needTool(t, 'fish', 'fish')) return;
  const cwd = await scene(t, 'fish');
  const offered: Offered = (...words) =>
    linesOf(
      cwd,
      'fish',
      '--no-config',
      '-c',
      `source ./script; complete -C ${JSON.stringify(['dots', ...words].join(' '))}`,
    ).map((line) => line.split('\t')[0] ?? '');
  await checkOffers(offered);
  assert.deepEqual(offered('validate', '--format=js'), ['--format=json']);
  assert.deepEqual(offered('mock', '--state', ''), ['state/']);
});

/** An interactive zsh in a terminal of its own, into which lines are typed; `dots` prints its words. */
const inZsh = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -U compinit; compinit -D -u; source ./script; dots() { print -rl -- "<\${(j:|:)@}>" }'
for line in "$@"; do zpty -w shell "$line"; done
zpty -w shell exit
while zpty -r shell line; do print -r -- "$line"; done
`;

test('zsh completes commands, options, choices and files', async (t) => {
  if (!needTool(t, 'zsh', 'zsh')) return;
  const cwd = await scene(t, 'zsh');
  const typed = {
    'dots disc\t': '<discover>',
    'dots validate --fo\tjs\t': '<validate|--format=json>',
    'dots validate --format js\t': '<validate|--format|json>',
    'dots validate --level=s\t': '<validate|--level=strict>',
    'dots send --ca req\t': '<send|--ca|request.json>',
    'dots validate my\t': '<validate|my file.json>',
    'dots mock --state st\t': '<mock|--state|state>',
    'dots completion f\t': '<completion|fish>',
    'dots data rem\tcl\t': '<data|remove|client>',
    'dots data install req\t': '<data|install|request.json>',
    'dots data activate req\t': '<data|activate|req>',
    'dots discover req\t': '<discover|req>',
  };
  const printed = linesOf(cwd, 'zsh', '-f', '-c', inZsh, 'zsh', ...Object.keys(typed)).map((line) => line.trim());
  for (const line of Object.values(typed)) assert.ok(printed.includes(line), `${line}\n${printed.join('\n')}`);
});

test('no shell, an unknown one and two are wrong usage', async () => {
  for (const words of [[], ['tcsh'], ['bash', 'zsh']])
    assert.match((await runHere(['completion', ...words])).err, /Name one shell: bash, zsh, fish\./);
});
