import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { dots, folder, startDots, startMock, type Run } from '../support/dots';
import { checkOutput } from '../support/outputs';
import { eventually } from '../support/protocol/scene';

const telemetry = (prefix: string): string =>
  JSON.stringify({
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        {
          target: { 'target-prefix': [prefix] },
          'total-attack-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '900' }],
        },
      ],
    },
  });

const setup = JSON.stringify({
  'ietf-dots-telemetry:telemetry-setup': {
    telemetry: [{ 'current-config': { 'low-percentile': '5.00', 'mid-percentile': '65.00' } }],
  },
});

interface Json {
  [name: string]: unknown;
}

interface Scene {
  all: string[];
  path: string;
  run: (...words: string[]) => Run;
  json: (...words: string[]) => Json;
}

async function scene(t: TestContext): Promise<Scene> {
  const { signal } = await startMock(t);
  const path = folder(t, {
    'a.dots.json': telemetry('192.0.2.0/24'),
    'b.dots.json': telemetry('203.0.113.0/24'),
    'setup.dots.json': setup,
  });
  const all = ['--server', signal, '--ledger', join(path, 'ledger')];
  const run = (...words: string[]): Run => dots(['telemetry', ...words, ...all], '', path);
  return { all, path, run, json: (...words) => JSON.parse(run(...words, '--format', 'json').out) as Json };
}

const requests = ({ path }: Scene): unknown[][] => {
  const { servers } = JSON.parse(dots(['ledger', '--ledger', join(path, 'ledger'), '--format', 'json']).out) as {
    servers: { requests: Json[] }[];
  };
  return (servers[0]?.requests ?? []).map(({ tsid, tmid, state }) => [tsid ?? tmid, state]);
};

test('a telemetry setup is sent with a tsid of the ledger, read and deleted', async (t) => {
  const made = await scene(t);
  const { run, json } = made;
  const none = run('setup', 'get');
  assert.equal(none.status, 0);
  assert.match(none.out, /^2\.05 /, 'what the server accepts (RFC 9244 section 7.1.1)');
  assert.doesNotMatch(none.out, /tsid/);
  const { tsid, ok } = json('setup', 'set', 'setup.dots.json');
  assert.equal(ok, true);
  const read = run('setup', 'get');
  assert.match(read.out, new RegExp(`^tsid ${String(tsid)}  current-config$`, 'm'));
  assert.match(run('setup', 'get', String(tsid)).out, /^2\.05 /);
  assert.match(
    run('setup', 'delete').err,
    /Name the tsid to delete, or use --all\. dots telemetry setup get lists them/,
  );
  assert.equal(run('setup', 'delete', String(tsid)).status, 0);
  assert.deepEqual(requests(made), [[tsid, 'withdrawn']]);
});

test('telemetry is sent with tmids that go up, and what the server does not list any more has ended', async (t) => {
  const made = await scene(t);
  const { run, json, all } = made;
  const { tmid: first } = json('send', 'a.dots.json');
  const { tmid: second } = json('send', 'b.dots.json');
  assert.equal(second, Number(first) + 1);
  const { out } = run('get');
  assert.match(out, new RegExp(`^tmid ${String(first)}  192\\.0\\.2\\.0/24  total-attack-traffic$`, 'm'));
  // Another ledger of the same client, such as on another machine.
  const elsewhere = [...all.slice(0, 3), join(made.path, 'elsewhere')];
  assert.equal(dots(['telemetry', 'delete', String(first), ...elsewhere]).status, 0);
  run('get');
  assert.deepEqual(requests(made), [
    [first, 'ended'],
    [second, 'accepted'],
  ]);
  assert.equal(run('delete', '--all').status, 0);
  assert.deepEqual(requests(made).at(-1), [second, 'withdrawn']);
});

test('telemetry watch prints the state as one object per line, until Ctrl-C', async (t) => {
  const { run, all } = await scene(t);
  const nothing = run('watch', '--format', 'json');
  assert.equal(nothing.status, 1);
  const refused = JSON.parse(nothing.out) as Json;
  assert.deepEqual([refused.event, refused.code], ['refused', '4.04']);
  run('send', 'a.dots.json');
  const child = startDots(t, ['telemetry', 'watch', '--format', 'json', ...all]);
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await eventually(() => lines.length > 0);
  const { event, body, version } = JSON.parse(lines[0] ?? '') as Json;
  assert.deepEqual([event, version], ['telemetry', 1]);
  assert.match(JSON.stringify(body), /192\.0\.2\.0\/24/);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'close'), [0, null]);
  for (const line of lines) checkOutput('event', JSON.parse(line));
  assert.match(lines.at(-1) ?? '', /"event":"end".*dots telemetry get/);
});

test('options and words of other actions are wrong usage', async (t) => {
  const { run } = await scene(t);
  const cases: [string[], RegExp][] = [
    [[], /dots telemetry needs an action: setup get, setup set, setup delete, send, get, delete, watch/],
    [['setup'], /has no action "setup"/],
    [['send', 'a.dots.json', '--query', 'mid=1'], /telemetry send has no option --query: it is for get and watch/],
    [['get', 'x'], /Name one tmid, a number/],
    [['get', '--query', 'colour=red'], /"colour=red" is no query.*source-prefix/],
    [['watch', '--all'], /telemetry watch has no option --all/],
    [['setup', 'set', 'a.dots.json'], /which this command does not send/],
  ];
  for (const [words, sentence] of cases) {
    const { status, err } = run(...words);
    assert.equal(status, 2, words.join(' '));
    assert.match(err, sentence);
  }
});
