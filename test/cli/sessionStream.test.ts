import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { keptCommands } from '../../cli/src/keeper/keptCommands';
import { folder, request } from '../support/dots';
import { eventually } from '../support/protocol/scene';
import {
  hasOpened,
  launcher,
  program,
  runIn,
  secureMock,
  startKeeper,
  ways,
  withoutNode,
} from '../support/sessionKeeper';
import { needTool } from '../support/tools';

/** A command that runs until it is interrupted. */
interface Lasting {
  lines: string[];
  err: () => string;
  interrupt(): void;
  ended: Promise<number | null>;
}

function start(t: TestContext, cwd: string, env: NodeJS.ProcessEnv, ...[command = '', ...words]: string[]): Lasting {
  // A group of its own, as a shell with a terminal starts one, so that Ctrl-C reaches all of its processes.
  const child = spawn(command, words, { cwd, env, detached: true });
  const lines: string[] = [];
  let err = '';
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  child.stderr.on('data', (part: Buffer) => {
    err += part.toString();
  });
  const interrupt = (signal: NodeJS.Signals): void => void process.kill(-(child.pid ?? 0), signal);
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null) interrupt('SIGKILL');
  });
  const ended = once(child, 'close').then(([status]) => status as number | null);
  return { lines, err: () => err, interrupt: () => interrupt('SIGINT'), ended };
}

/** The launcher without Node.js, and Node.js without the launcher. */
const starts = (t: TestContext, cwd: string): [name: string, (...words: string[]) => Lasting][] => [
  ['launcher', (...words) => start(t, cwd, withoutNode(t), '/bin/sh', launcher, ...words)],
  ['Node.js', (...words) => start(t, cwd, process.env, process.execPath, program, ...words)],
];

const telemetry = `{
  "ietf-dots-telemetry:telemetry": {
    "pre-or-ongoing-mitigation": [
      {
        "target": { "target-prefix": ["192.0.2.0/24"] },
        "total-attack-traffic": [{ "unit": "megabit-ps", "mid-percentile-g": "100" }]
      }
    ]
  }
}
`;

test('watch, telemetry watch and refresh --keep print what comes over the kept session, and Ctrl-C ends them with their last words', async (t) => {
  if (!needTool(t, 'curl', 'curl')) return;
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request, 't.dots.json': telemetry });
  const keeper = await startKeeper(t, folder(t), '--server', coaps, ...proofs);
  const at = ['--server', coaps, ...proofs];
  const run = (...words: string[]): string => runIn(cwd, process.execPath, [program, ...words, ...at]).out;
  run('send', 't.dots.json');
  for (const [name, command] of starts(t, cwd)) {
    assert.match(run('send', 'a.dots.json'), /^2\.0/);
    const watching = command('watch', ...at, '--format', 'json');
    const reporting = command('telemetry', 'watch', ...at, '--format', 'json');
    const refreshing = command('refresh', '--all', '--keep', ...at);
    const has = (event: string) => (): boolean => watching.lines.some((line) => line.includes(`"event":"${event}"`));
    await eventually(has('present'));
    await eventually(() => reporting.lines.length > 0);
    await eventually(() => refreshing.lines.some((line) => line.includes('granted')));
    assert.match(run('withdraw', '--all', '--yes'), /confirmed the withdrawal/);
    await eventually(has('changed'));
    for (const each of [watching, reporting, refreshing]) each.interrupt();
    assert.deepEqual(await Promise.all([watching.ended, reporting.ended, refreshing.ended]), [0, 0, 0], name);
    assert.match(watching.lines.at(-1) ?? '', /"event":"end".*Stopped/, name);
    assert.match(reporting.lines.at(-1) ?? '', /"event":"end".*Stopped/, name);
    assert.deepEqual([watching.err(), reporting.err()], ['', ''], name);
  }
  await hasOpened(keeper, 1);
});

test('ready and -v use the kept session', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const [, ca, , certificate, , key] = proofs;
  const profiles = { profiles: { lab: { signal: coaps, cuid: 'kept', ca, certificate, key } } };
  const cwd = folder(t, { 'a.dots.json': request, 'dots.profiles.json': JSON.stringify(profiles) });
  const keeper = await startKeeper(t, cwd, '--profile', 'lab', '--profiles', join(cwd, 'dots.profiles.json'));
  await hasOpened(keeper, 1);
  for (const [name, , run] of ways(t)) {
    const ready = run(cwd, 'ready', '--profile', 'lab', '--profiles', 'dots.profiles.json');
    assert.match(ready.out, /dots session exchanges heartbeats with the server/, name + ready.err);
    const sent = run(cwd, 'send', 'a.dots.json', '--profile', 'lab', '--profiles', 'dots.profiles.json', '-v');
    assert.match(sent.err, / to \S+: NON PUT, .*\/mitigate\/.*\n(.*\n)*.* from \S+: NON 2\.0[14]/, name);
  }
  await hasOpened(keeper, 1);
});

test('an interrupted request ends in dots session, which prints what is known of it', async (t) => {
  if (!needTool(t, 'curl', 'curl')) return;
  const { coaps, proofs, child } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const keeper = await startKeeper(t, cwd, '--server', coaps, ...proofs);
  await hasOpened(keeper, 1);
  child.kill('SIGSTOP');
  for (const [name, command] of starts(t, cwd)) {
    const sending = command('send', 'a.dots.json', '--server', coaps, ...proofs, '--wait', '-v');
    await eventually(() => sending.err().includes('PUT'));
    sending.interrupt();
    assert.equal(await sending.ended, 3, name);
    assert.match(sending.lines.join('\n') + sending.err(), /dots withdraw/, name);
    assert.doesNotMatch(sending.err(), /separate session/, name);
  }
});

test('where dots session ends, what it ran goes on over a separate session', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  for (const [index, signal] of (['SIGTERM', 'SIGKILL'] as const).entries()) {
    const keeper = await startKeeper(t, cwd, '--server', coaps, ...proofs);
    runIn(cwd, process.execPath, [program, 'send', 'a.dots.json', '--server', coaps, ...proofs]);
    const way = index === 0 ? ['/bin/sh', launcher] : [process.execPath, program];
    const watching = start(t, cwd, process.env, ...way, 'watch', '--server', coaps, ...proofs);
    await eventually(() => watching.lines.length > 0);
    keeper.child.kill(signal);
    await eventually(() => watching.err().includes('the command continues over a separate session'));
    const before = watching.lines.length;
    await eventually(() => watching.lines.length > before);
    watching.interrupt();
    assert.equal(await watching.ended, 0, signal);
  }
});

test('the launcher asks dots session for the same commands as the program', () => {
  const list = /case \$\{1-\} in (.*?)\) ;;/.exec(readFileSync(launcher, 'utf8'))?.[1];
  assert.deepEqual(list?.split(' | '), [...keptCommands]);
});

test('a reader that closes the pipe after one line ends a lasting command', async (t) => {
  if (!needTool(t, 'curl', 'curl')) return;
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  await startKeeper(t, cwd, '--server', coaps, ...proofs);
  const words = `--server ${coaps} ${proofs.join(' ')}`;
  runIn(cwd, '/bin/sh', [launcher, 'send', 'a.dots.json', '--server', coaps, ...proofs]);
  writeFileSync(join(cwd, 'once.sh'), `sh ${launcher} watch ${words} | head -n 1\n`);
  const child = start(t, cwd, process.env, '/bin/sh', 'once.sh');
  await eventually(() => child.lines.length > 0);
  // The next change finds the pipe closed.
  runIn(cwd, process.execPath, [program, 'withdraw', '--all', '--yes', '--server', coaps, ...proofs]);
  assert.equal(await child.ended, 0);
  assert.equal(child.lines.length, 1);
});
