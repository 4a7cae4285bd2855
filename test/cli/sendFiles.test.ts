import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Answered } from '#dots/signal/requestWithFailover';
import { send } from '../../cli/src/commands/send';
import type { Connect } from '../../cli/src/connection';
import { invoke } from '../../cli/src/invoke';
import { acls, dots, faulty, folder, request, startMock } from '../support/dots';
import { gathered } from '../support/runHere';

const other = request.replace('192.0.2.0/24', '203.0.113.0/24');
const aliases =
  '{"ietf-dots-data-channel:aliases": {"alias": [{"name": "web", "target-prefix": ["198.51.100.0/24"]}]}}';
const byAlias = request.replace('"target-prefix": ["192.0.2.0/24"]', '"alias-name": ["web"]');
const status =
  '{"ietf-dots-signal-channel:mitigation-scope":{"scope":[{"mid":1,"status":"attack-mitigation-in-progress"}]}}';

interface Line {
  file: string;
  sent?: boolean;
  code?: string;
  mid?: number;
  error?: { code: string };
}

const linesOf = (out: string): Line[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

test('several documents: one result each, and one that fails does not stop the others', async (t) => {
  const { signal } = await startMock(t);
  const cwd = folder(t, { 'a.dots.json': request, 'bad.dots.json': faulty, 'b.dots.json': other });
  const send = ['send', 'a.dots.json', 'bad.dots.json', 'missing.dots.json', 'b.dots.json', '--server', signal];
  const json = dots([...send, '--format', 'json'], '', cwd);
  assert.equal(json.status, 2);
  assert.deepEqual(
    new Map(linesOf(json.out).map(({ file, sent, code, error }) => [file, [sent, code ?? error?.code]])),
    new Map([
      ['a.dots.json', [true, '2.01']],
      ['b.dots.json', [true, '2.01']],
      ['bad.dots.json', [false, undefined]],
      ['missing.dots.json', [false, 'cli/usage']],
    ]),
  );
  const text = dots(send, '', cwd);
  assert.match(text.out, /^a\.dots\.json:\n {2}2\.04 /m);
  assert.match(text.out, /^b\.dots\.json:\n {2}2\.04 /m);
  assert.match(text.err, /^dots send: missing\.dots\.json: missing\.dots\.json cannot be read/m);
});

test('--all sends what is for a server, aliases before the requests that name them', async (t) => {
  const { ready } = await startMock(t);
  const cwd = folder(t);
  mkdirSync(join(cwd, 'all/inner'), { recursive: true });
  const files = { 'a-request': byAlias, 'inner/z-alias': aliases, 'inner/acl': acls, status };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'all', `${name}.dots.json`), text);
  const profiles = ['--profiles', String(ready.profiles), '--profile', 'lab'];
  const { status: exit, out, err } = dots(['send', '--all', 'all', ...profiles, '--format', 'json'], '', cwd);
  assert.equal(exit, 0, out + err);
  assert.deepEqual(
    linesOf(out).map(({ file }) => file),
    ['all/inner/z-alias.dots.json', 'all/inner/acl.dots.json', 'all/a-request.dots.json'],
  );
  assert.match(err, /Not for a server, so not sent: all\/status\.dots\.json\./);
});

test('one document by --all has a result in a line as well, and a folder without --all is refused', async (t) => {
  const { signal } = await startMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const all = dots(['send', '--all', '.', '--server', signal, '--format', 'json'], '', cwd);
  assert.equal(linesOf(all.out).length, 1);
  for (const [words, message] of [
    [['.'], /Use --all/],
    [['--all', 'a.dots.json'], /requires a folder/],
    [['--all'], /Name the folder/],
    [['a.dots.json', '-', '--mid', '7'], /--mid names one request/],
  ] as const) {
    const misused = dots(['send', ...words, '--server', signal], '', cwd);
    assert.equal(misused.status, 2);
    assert.match(misused.err, message);
  }
});

/** Two servers, neither of which answers before both are asked. */
function twoServers(t: TestContext): { connect: Connect; log: string[]; cwd: string } {
  const log: string[] = [];
  let bothAsked: () => void = () => undefined;
  const both = new Promise<void>((resolve) => (bothAsked = resolve));
  const asked = new Set<string>();
  const connect: Connect = ({ server }) => {
    log.push(`open ${server}`);
    return {
      ask: async (): Promise<Answered> => {
        log.push(`ask ${server}`);
        if (asked.add(server).size === 2) bothAsked();
        await both;
        log.push(`answer ${server}`);
        const answer = { code: '2.01', ok: true, roundTripMs: 1, request: { method: 'PUT', path: '/', octets: 0 } };
        return { session: {}, answer } as unknown as Answered;
      },
      close: () => Promise.resolve(void log.push(`close ${server}`)),
    };
  };
  const cwd = folder(t, {
    'one-a.dots.json': request,
    'one-b.dots.json': other,
    'two.dots.json': request,
    'dots.workspace.json': JSON.stringify({
      files: [
        { path: 'one-*', profile: 'one' },
        { path: 'two*', profile: 'two' },
      ],
    }),
    'profiles.json': JSON.stringify({
      profiles: { one: { signal: 'coap://127.0.0.1:1' }, two: { signal: 'coap://127.0.0.1:2' } },
    }),
  });
  return { connect, log, cwd };
}

test('servers are asked at the same time, and one server in order over one session', async (t) => {
  const { connect, log, cwd } = twoServers(t);
  const { io, ran } = gathered();
  const words = ['--all', cwd, '--profiles', join(cwd, 'profiles.json'), '--ledger', join(cwd, 'ledger')];
  assert.equal(await invoke(send, words, { ...io, connect }), 0, ran.err);
  const [one, two] = ['coap://127.0.0.1:1', 'coap://127.0.0.1:2'];
  assert.deepEqual(
    log.filter((line) => line.endsWith(':1')),
    [`open ${one}`, `ask ${one}`, `answer ${one}`, `ask ${one}`, `answer ${one}`, `close ${one}`],
  );
  assert.deepEqual(
    log.filter((line) => line.endsWith(':2')),
    [`open ${two}`, `ask ${two}`, `answer ${two}`, `close ${two}`],
  );
});

test('after a stop the documents that are left are not sent', async (t) => {
  const { connect, cwd } = twoServers(t);
  const { io, ran } = gathered();
  const stopped = { ...io, connect, stopped: () => Promise.resolve() };
  const words = ['--all', cwd, '--profiles', join(cwd, 'profiles.json'), '--format', 'json'];
  assert.equal(await invoke(send, words, stopped), 3);
  assert.deepEqual(
    linesOf(ran.out).map(({ sent, error }) => [sent, error?.code]),
    [1, 2, 3].map(() => [false, 'cli/stopped']),
  );
});
