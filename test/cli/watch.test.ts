import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { dots, folder, request, startDots, startMock, type Run } from '../support/dots';
import { checkOutput } from '../support/outputs';
import { eventually } from '../support/protocol/scene';

const other = request.replace('192.0.2.0/24', '203.0.113.0/24');

interface Scene {
  signal: string;
  run: (...words: string[]) => Run;
  start: (...words: string[]) => Watching;
}

/** A `dots watch` that runs. */
interface Watching {
  /** What it has printed so far. */
  lines: string[];
  /** Ctrl-C. */
  interrupt(): void;
  ended: Promise<number | null>;
}

/** A mock, documents, and a ledger that all commands share. */
async function scene(t: TestContext): Promise<Scene> {
  const { signal } = await startMock(t);
  const path = folder(t, { 'a.dots.json': request, 'b.dots.json': other });
  const shared = ['--ledger', join(path, 'ledger')];
  const run = (...words: string[]): Run => dots([...words, ...shared], '', path);
  const start = (...words: string[]): Watching => {
    const child = startDots(t, [...words, ...shared]);
    const lines: string[] = [];
    createInterface(child.stdout).on('line', (line) => lines.push(line));
    const ended = once(child, 'close').then(([status]) => status as number | null);
    return { lines, interrupt: () => void child.kill('SIGINT'), ended };
  };
  return { signal, run, start };
}

interface Event {
  [name: string]: unknown;
  event: string;
}

const parsed = ({ lines }: Watching): Event[] => lines.map((line) => JSON.parse(line) as Event);

const keys = [
  'version',
  'event',
  'at',
  'server',
  'cuid',
  'profile',
  'mid',
  'status',
  'lifetime',
  'state',
  'file',
  'targets',
  'body',
  'code',
  'diagnostic',
  'error',
  'message',
];

test('dots watch prints what exists, then each change as one object per line, and ends when all have ended', async (t) => {
  const { signal, run, start } = await scene(t);
  const { mid } = JSON.parse(run('send', 'a.dots.json', '--server', signal, '--format', 'json').out) as Event;
  const watching = start('watch', '--format', 'json');
  await eventually(() => watching.lines.length > 0);
  const [present] = parsed(watching);
  assert.deepEqual(Object.keys(present ?? {}), keys);
  assert.deepEqual(
    [present?.event, present?.mid, present?.state, present?.targets, present?.server],
    ['present', mid, 'accepted', ['192.0.2.0/24'], signal.replace('coap://', '')],
  );
  assert.match(String(present?.file), /a\.dots\.json$/);
  const second = JSON.parse(run('send', 'b.dots.json', '--server', signal, '--format', 'json').out) as Event;
  await eventually(() => parsed(watching).some(({ event, mid: seen }) => event === 'added' && seen === second.mid));
  assert.equal(run('withdraw', String(mid)).status, 0);
  await eventually(() =>
    parsed(watching).some((event) => event.mid === mid && event.event === 'changed' && event.state === 'withdrawn'),
  );
  watching.interrupt();
  assert.equal(await watching.ended, 0);
  for (const event of parsed(watching)) checkOutput('event', event);
  const last = parsed(watching).at(-1);
  assert.equal(last?.event, 'end');
  assert.match(String(last?.message), /Stopped; mid .* continues.* Next: dots watch \d+ .* dots withdraw \d+ /);
});

test('as text it is one line each, and Ctrl-C names what goes on and what ends it', async (t) => {
  const { signal, run, start } = await scene(t);
  run('send', 'a.dots.json', '--server', signal, '--mid', '7');
  const watching = start('watch', '7');
  await eventually(() => watching.lines.length > 0);
  assert.match(
    watching.lines[0] ?? '',
    /^\S+Z  127\.0\.0\.1:\d+  mid 7  .*192\.0\.2\.0\/24  lifetime .*a\.dots\.json$/,
  );
  watching.interrupt();
  assert.equal(await watching.ended, 0);
  assert.match(
    watching.lines.at(-1) ?? '',
    /Stopped; mid 7 continues at the server\. Next: dots watch 7 .* dots withdraw 7 /,
  );
});

test('a mock that has ended does not count in the exit status where others are watched', async (t) => {
  const { signal, run, start } = await scene(t);
  const gone = await startMock(t);
  assert.equal(run('send', 'b.dots.json', '--server', gone.signal).status, 0);
  gone.child.kill('SIGKILL');
  await once(gone.child, 'exit');
  assert.equal(await start('watch', '--timeout', '1').ended, 3, 'alone it does');
  assert.equal(run('send', 'a.dots.json', '--server', signal).status, 0);
  const watching = start('watch', '--timeout', '1', '--format', 'json');
  await eventually(() => parsed(watching).some(({ event }) => event === 'failed'));
  await eventually(() => parsed(watching).some(({ event }) => event === 'present'));
  assert.match(JSON.stringify(parsed(watching)), /is no longer running/);
  watching.interrupt();
  assert.equal(await watching.ended, 0);
});

test('where there is nothing to watch it says so and ends', async (t) => {
  const { signal, run } = await scene(t);
  const named = run('watch', '--server', signal);
  assert.deepEqual([named.status, named.err], [0, '']);
  assert.match(named.out, /The server has no mitigation of this client\. Next: dots ledger/);
  assert.equal(run('watch', '5', '--server', signal).status, 1);
  const nowhere = JSON.parse(run('watch', '--format', 'json').out) as Event;
  assert.deepEqual([nowhere.event, nowhere.server], ['end', null]);
  assert.match(String(nowhere.message), /Specify a server or its --profile/);
});

test('a server that does not answer, and one that refuses, are events with an exit status', async (t) => {
  const { run } = await scene(t);
  const silent = run('watch', '--server', 'coap://127.0.0.1:9', '--timeout', '1', '--format', 'json');
  assert.equal(silent.status, 3);
  const failed = JSON.parse(silent.out) as Event;
  assert.equal(failed.event, 'failed');
  assert.match(JSON.stringify(failed.error), /"code":"(signal|transport)\//);
  const usage = run('watch', '--query', 'colour=red');
  assert.equal(usage.status, 2);
  assert.match(usage.err, /"colour=red" is no query.*target-prefix/);
});

test('status selects what an answer contains, and takes nothing as ended that a query leaves out', async (t) => {
  const { signal, run } = await scene(t);
  run('send', 'a.dots.json', '--server', signal, '--mid', '7');
  for (const content of ['config', 'non-config', 'all']) {
    const { servers } = JSON.parse(run('status', '--content', content, '--format', 'json').out) as {
      servers: { mitigations: Event[] }[];
    };
    const [mitigation] = servers[0]?.mitigations ?? [];
    assert.deepEqual([mitigation?.mid, mitigation?.targets, mitigation?.state], [7, ['192.0.2.0/24'], 'accepted']);
    assert.equal(mitigation?.status === null, content === 'config');
  }
  run('status', '--query', 'target-prefix=203.0.113.0/24');
  assert.match(run('ledger').out, /mid 7  accepted/);
});
