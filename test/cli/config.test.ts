import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { dots, folder, request, startMock, type Run } from '../support/dots';

const configuration = (interval: number): string =>
  JSON.stringify({
    'ietf-dots-signal-channel:signal-config': {
      'mitigating-config': { 'heartbeat-interval': { 'current-value': interval } },
    },
  });

interface Report {
  [name: string]: unknown;
  body: Record<string, unknown> | null;
}

const keys = [
  ...['version', 'action', 'ok', 'server', 'profile', 'cuid', 'sent', 'kept', 'sid', 'tsid', 'tmid', 'code'],
  ...['meaning', 'diagnostic', 'body', 'maxAge', 'currentFor', 'roundTripMs', 'request', 'notes', 'findings'],
  ...['remarks', 'next', 'error'],
];

async function scene(
  t: TestContext,
): Promise<{ run: (...words: string[]) => Run; json: (...words: string[]) => Report }> {
  const { signal } = await startMock(t);
  const path = folder(t, {
    'good.dots.json': configuration(60),
    'low.dots.json': configuration(5),
    'other.dots.json': request,
  });
  const all = ['--server', signal, '--ledger', join(path, 'ledger')];
  const run = (...words: string[]): Run => dots(['config', ...words, ...all], '', path);
  const json = (...words: string[]): Report => {
    const report = JSON.parse(run(...words, '--format', 'json').out) as Report;
    assert.deepEqual(Object.keys(report), keys);
    return report;
  };
  return { run, json };
}

test('config prints each parameter with its value, its range and its meaning, and how long that is current', async (t) => {
  const { run, json } = await scene(t);
  for (const words of [[], ['get']]) {
    const { status, out } = run(...words);
    assert.equal(status, 0);
    assert.match(out, /^mitigating-config, while a mitigation is active:$/m);
    assert.match(out, /^ {2}heartbeat-interval: 30 s, allowed 15 to 240 s, the time between two heartbeats/m);
    assert.match(out, /^ {2}ack-random-factor: 1\.50, allowed 1\.10 to 4\.00, /m);
    assert.match(out, /^It is current for 86400 s \(1 d\)/m);
    assert.match(out, /^Next: dots config set FILE/m);
  }
  const report = json();
  assert.deepEqual([report.ok, report.code, report.currentFor, report.error], [true, '2.05', 86_400, null]);
});

test('config set has a sid that goes up, and config reset deletes; both say what is next', async (t) => {
  const { run, json } = await scene(t);
  const first = json('set', 'good.dots.json');
  assert.deepEqual([first.ok, first.code, first.sent, first.kept], [true, '2.01', true, false]);
  assert.match(String(first.next), /dots session/);
  assert.equal(json('set', 'good.dots.json').sid, Number(first.sid) + 1);
  assert.equal(json('set', 'good.dots.json', '--mid', '7').sid, 7);
  const { status, out } = run('reset');
  assert.deepEqual([status, /^2\.02 [^]*^Next: dots config get/m.test(out)], [0, true]);
});

test('a value out of range, a document of another kind, and wrong words are refused with the next step', async (t) => {
  const { run, json } = await scene(t);
  const low = run('set', 'low.dots.json');
  assert.equal(low.status, 1);
  assert.match(low.out, /^4\.22 [^]*heartbeat-interval[^]*^Next: Get the ranges from the server/m);
  assert.equal(json('set', 'low.dots.json').code, '4.22');
  const cases: [string[], RegExp][] = [
    [['set', 'other.dots.json'], /other\.dots\.json contains a .*, which this command does not send/],
    [['set'], /Name one file/],
    [['drop'], /dots config has no action "drop": it has get, set, reset/],
    [['get', '5'], /accepts nothing after it: "5"/],
    [['get', '--mid', '5'], /has no option --mid: it is for set/],
  ];
  for (const [words, sentence] of cases) {
    const { status, err } = run(...words);
    assert.equal(status, 2, words.join(' '));
    assert.match(err, sentence);
    const { error, ok } = json(...words) as unknown as { error: { code: string }; ok: boolean };
    assert.deepEqual([error.code, ok], ['cli/usage', false]);
  }
});
