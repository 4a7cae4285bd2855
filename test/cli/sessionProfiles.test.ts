import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { folder, startMock } from '../support/dots';
import { checkOutput } from '../support/outputs';
import { eventually } from '../support/protocol/scene';
import { hasOpened, keeperSocket, launcher, runIn, secureMock, startKeeper } from '../support/sessionKeeper';
import { needTool } from '../support/tools';

interface Status {
  version: number;
  process: number | null;
  sessions: { server: string; cuid: string; profile: string | null; state: string; protocol: string | null }[];
}

function statusJson(): Status {
  const status: unknown = JSON.parse(runIn('/', launcher, ['session', 'status', '--format', 'json']).out);
  checkOutput('sessions', status);
  return status as Status;
}

const stateOf = (profile: string): string | undefined =>
  statusJson().sessions.find((session) => session.profile === profile)?.state;

/** A folder with profiles, and how to replace them. */
function profilesFolder(t: TestContext, profiles: object): { cwd: string; replace: (profiles: object) => void } {
  const cwd = folder(t);
  const replace = (all: object): void => writeFileSync(join(cwd, 'p.json'), JSON.stringify({ profiles: all }));
  replace(profiles);
  return { cwd, replace };
}

test('several profiles, and all of a file, are kept by one process, and its status names each', async (t) => {
  const [one, two] = [await startMock(t), await startMock(t)];
  const { cwd } = profilesFolder(t, {
    one: { signal: one.signal, cuid: 'c-one' },
    two: { signal: two.signal, cuid: 'c-two' },
    data: { data: 'https://127.0.0.1:9' },
    real: { signal: 'coap://127.0.0.1:9', cuid: 'c-real', production: true },
    unmarked: { signal: 'coap://127.0.0.1:9', cuid: 'c-unmarked' },
  });
  const keeper = await startKeeper(t, cwd, '--profiles', 'p.json', '--profile', 'one', '--profile', 'two');
  await hasOpened(keeper, 2);
  const { sessions, ...rest } = statusJson();
  assert.deepEqual(rest, { version: 1, process: keeper.child.pid });
  assert.deepEqual(
    sessions.map(({ server, cuid, profile, state }) => [server, cuid, profile, state]),
    [
      [one.signal, 'c-one', 'one', 'connected'],
      [two.signal, 'c-two', 'two', 'connected'],
    ],
  );
  const text = runIn(cwd, launcher, ['session', 'status']);
  assert.match(
    text.out,
    /^Process \d+ keeps sessions: 2\.\ncoap:.* as c-one \(profile one\)\n {2}connected, over plain/,
  );
  const all = runIn(cwd, launcher, ['session', '--profiles', 'p.json', '--all']);
  assert.equal(all.status, 0, all.err);
  assert.match(all.err, /No session for production: real\. Use --yes/);
  assert.match(all.err, /No session for the profile "unmarked"\. .*no session was opened .*Use --yes/);
  assert.equal(statusJson().sessions.length, 2, 'the same ones');
  assert.equal(runIn(cwd, launcher, ['session', '--profiles', 'p.json', '--all', '--yes']).status, 0);
  assert.equal(statusJson().sessions.length, 4);
  assert.equal(runIn(cwd, launcher, ['session', '--all', '--profile', 'one']).status, 2);
  const absent = runIn(cwd, launcher, ['session', '--profiles', 'p.json', '--profile', 'three']);
  assert.deepEqual([absent.status, /three/.test(absent.err)], [2, true], absent.err);
});

test('without a dots session its status says so', (t) => {
  const { status, out, err } = runIn(folder(t), launcher, ['session', 'status', '--format', 'json']);
  assert.deepEqual([status, JSON.parse(out)], [3, { version: 1, process: null, sessions: [] }]);
  assert.equal(err, 'dots session: None is running.\n');
});

test('a server that is absent at the start is in the status, with what is tried next', async (t) => {
  const { cwd } = profilesFolder(t, { gone: { signal: 'coaps://127.0.0.1:9', cuid: 'c', ca: 'no.pem' } });
  const missing = runIn(cwd, launcher, ['session', '--profiles', 'p.json', '--profile', 'gone']);
  assert.equal(missing.status, 2, missing.err);
  const { proofs } = await secureMock(t);
  await startKeeper(t, cwd, '--server', 'coaps://127.0.0.1:9', ...proofs, '--timeout', '1');
  await eventually(() => /"state": "never-reached"/.test(JSON.stringify(statusJson(), null, 1)));
  assert.match(runIn(cwd, launcher, ['session', 'status']).out, /never reached.*Next attempt in/s);
});

test('SIGHUP reads profiles and credentials again, and a file that cannot be used changes nothing', async (t) => {
  const [one, two] = [await startMock(t), await startMock(t)];
  const first = { first: { signal: one.signal, cuid: 'c' } };
  const second = { second: { signal: two.signal, cuid: 'c' } };
  const { cwd, replace } = profilesFolder(t, { ...first });
  const keeper = await startKeeper(t, cwd, '--profiles', 'p.json', '--all');
  await hasOpened(keeper, 1);
  replace({ ...first, ...second });
  keeper.child.kill('SIGHUP');
  await hasOpened(keeper, 3);
  assert.match(keeper.log(), /read again/);
  assert.deepEqual([stateOf('first'), stateOf('second')], ['connected', 'connected']);
  replace({ first: { signal: 7 } });
  keeper.child.kill('SIGHUP');
  await eventually(() => /Nothing was changed, because a file cannot be used\./.test(keeper.log()));
  assert.deepEqual([stateOf('first'), stateOf('second')], ['connected', 'connected']);
  replace(second);
  keeper.child.kill('SIGHUP');
  await eventually(() => / as c ends, because its profile is not used any more\./.test(keeper.log()));
  assert.deepEqual([stateOf('first'), stateOf('second')], [undefined, 'connected']);
});

test('dots session ends with the terminal of its messages', async (t) => {
  if (!needTool(t, 'script', 'bsdutils')) return;
  const terminal = spawn('script', ['-qec', `${launcher} session`, '/dev/null'], { cwd: folder(t) });
  t.after(() => terminal.kill('SIGKILL'));
  await eventually(() => existsSync(keeperSocket()));
  await eventually(() => runIn('/', launcher, ['session', 'status']).status === 0);
  terminal.kill('SIGKILL');
  await eventually(() => !existsSync(keeperSocket()));
});

test('with --format json each event is one object on a line of standard output', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const keeper = await startKeeper(t, folder(t), '--server', coaps, ...proofs, '--format', 'json');
  let text = '';
  keeper.child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  // The first events may have come with the ready line.
  await eventually(() => statusJson().sessions[0]?.state === 'connected');
  keeper.child.kill('SIGHUP');
  await eventually(() => /"event": ?"opened".*\n/.test(text));
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  checkOutput('sessionReady', keeper.ready);
  for (const event of events) checkOutput('sessionEvent', event);
  const opened = events.find(({ event }) => event === 'opened');
  assert.deepEqual([opened?.server, opened?.cuid, opened?.protocol], [coaps, 'kept', 'DTLS 1.2']);
  assert.doesNotMatch(keeper.log(), /Session opened/);
  keeper.child.kill('SIGTERM');
  assert.deepEqual(await once(keeper.child, 'close'), [0, null]);
});
