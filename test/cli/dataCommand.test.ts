import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { acls, dots, faulty, folder, request, startMock, type Run } from '../support/dots';

interface Scene {
  path: string;
  /** Runs `dots data` as one client of a mock. */
  data: (words: readonly string[], input?: string) => Run;
}

async function scene(t: TestContext): Promise<Scene> {
  const { ready } = await startMock(t);
  const path = folder(t);
  const proofs = ['ca', 'cert', 'key'].flatMap((name) => [`--${name}`, String(ready[name])]);
  const ledger = ['--ledger', join(path, 'ledger'), '--cuid', 'dz6pHjaADkaFTbjr0JGBpw'];
  const all = ['--server', String(ready.data), ...proofs, ...ledger];
  return { path, data: (words, input = '') => dots(['data', ...words, ...all], input, path) };
}

interface Report {
  ok: boolean;
  registered: boolean;
  changes: { name: string; change: string; members: { path: string }[] }[];
  body: Record<string, unknown> | null;
  answers: { status: number }[];
  next: string[];
  error: { code: string } | null;
}

const keys = [
  'version',
  'action',
  'ok',
  'server',
  'profile',
  'cuid',
  'registered',
  'changes',
  'body',
  'saved',
  'answers',
  'findings',
  'notes',
  'next',
  'error',
];

function reportOf({ out }: Run): Report {
  const report = JSON.parse(out) as Report;
  assert.deepEqual(Object.keys(report), keys);
  return report;
}

test('an ACL is installed, read with its lifetime, activated, deactivated and removed; each answer says what is next', async (t) => {
  const { data } = await scene(t);
  const steps: [words: string[], input: string, out: RegExp][] = [
    [['install', '-'], acls, /^The client was not registered[^]*^201 Created[^]*^Next: entries expire/m],
    [['get'], '', /^acl "a": activate-when-mitigating, expires in [67] d[^]*^Next: dots data install/m],
    [
      ['activate', 'a'],
      '',
      /^ {2}activation-type: "activate-when-mitigating" -> "immediate"$[^]*^204 [^]*^Next: the ACL filters now/m,
    ],
    [['get', 'acls', 'a'], '', /^acl "a": immediate, /m],
    [['deactivate', 'a'], '', /-> "deactivate"$[^]*^Next: the ACL stays on the server/m],
    [['activate', 'a', '--when-mitigating'], '', /-> "activate-when-mitigating"$[^]*^Next: nothing is filtered until/m],
    [['remove', 'acl', 'a'], '', /^acl "a" is removed\.$[^]*^204 [^]*^Next: /m],
    [['remove', 'client'], '', /^204 [^]*^Next: dots data install FILE registers/m],
  ];
  for (const [words, input, out] of steps) {
    const run = data(words, input);
    assert.deepEqual([run.status, run.err], [0, ''], words.join(' '));
    assert.match(run.out, out);
  }
});

test('refresh restarts the lifetimes of what is on the server, and changes nothing else', async (t) => {
  const { data } = await scene(t);
  const missing = data(['refresh', 'a']);
  assert.equal(missing.status, 1);
  assert.match(missing.out, /^404 /m);
  data(['install', '-'], acls);
  data(['activate', 'a']);
  const before = reportOf(data(['get', '--format', 'json'])).body;
  const { status, out } = data(['refresh']);
  assert.equal(status, 0);
  assert.match(out, /^acl "a" is on the server with the same content; its lifetime starts again\.$[^]*^Next: /m);
  assert.deepEqual(reportOf(data(['get', '--format', 'json'])).body, before);
  const report = reportOf(data(['refresh', 'a', 'b', '--format', 'json']));
  assert.deepEqual([report.ok, report.error?.code, report.changes], [false, 'data/no-entry', []]);
});

test('the difference is printed before an ACL is replaced; as JSON it is in changes', async (t) => {
  const { data } = await scene(t);
  data(['install', '-'], acls);
  const changed = acls.replace('"port": 53', '"port": 123');
  const { status, out } = data(['install', '-'], changed);
  const lines = out.split('\n');
  const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
  assert.equal(status, 0);
  assert.ok(at(/^acl "a" replaces/) < at(/^ {4}matches\/udp\/source-port-range-or-operator\/port: 53 -> 123$/));
  assert.ok(at(/port: 53 -> 123/) < at(/^204 No Content/));
  const { changes } = reportOf(data(['install', '-', '--format', 'json'], acls));
  assert.deepEqual(
    changes.map(({ name, change }) => [name, change]),
    [['a', 'changed']],
  );
});

test('dots send shows the same difference', async (t) => {
  const { ready } = await startMock(t);
  const proofs = ['ca', 'cert', 'key'].flatMap((name) => [`--${name}`, String(ready[name])]);
  const words = ['send', '-', '--server', String(ready.data), ...proofs, '--ledger', join(folder(t), 'ledger')];
  dots(words, acls);
  assert.match(dots(words, acls.replace('"port": 53', '"port": 123')).out, /^ {4}\S+\/port: 53 -> 123$[^]*^204 /m);
});

test('capabilities are saved, and dots validate uses them', async (t) => {
  const { path, data } = await scene(t);
  const { status, out } = data(['capabilities', '--save', 'capabilities.dots.json']);
  assert.deepEqual([status, /^Saved as capabilities\.dots\.json\.$/m.test(out)], [0, true]);
  const saved = JSON.parse(readFileSync(join(path, 'capabilities.dots.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(saved), ['ietf-dots-data-channel:capabilities']);
  writeFileSync(join(path, 'a.dots.json'), acls.replace('"ipv4": {', '"ipv4": {"ttl": 64, '));
  const checked = dots(['validate', '.'], '', path);
  assert.match(checked.out, /does not offer "ttl" of "ipv4".*cross\/not-offered/);
});

test('what get saves can be installed again', async (t) => {
  const { path, data } = await scene(t);
  data(['install', '-'], acls);
  assert.equal(data(['get', 'acls', '--save', 'saved.dots.json']).status, 0);
  assert.doesNotMatch(readFileSync(join(path, 'saved.dots.json'), 'utf8'), /pending-lifetime/);
  const { ok, changes } = reportOf(data(['install', 'saved.dots.json', '--format', 'json']));
  assert.deepEqual([ok, changes[0]?.change], [true, 'unchanged']);
});

test('DOTS_PROFILE names the server; reading a production server needs no --yes, changing something does', async (t) => {
  const { ready } = await startMock(t);
  const { data, ca, cert, key } = ready as Record<string, string>;
  const profile = { data, ca, certificate: cert, key, cuid: 'edge', production: true };
  const path = folder(t, { 'profiles.json': JSON.stringify({ profiles: { upstream: profile } }) });
  const run = (...words: string[]): Run =>
    dots(['data', ...words, '--profiles', 'profiles.json', '--ledger', join(path, 'l')], acls, path, {
      DOTS_PROFILE: 'upstream',
    });
  assert.match(run('capabilities').out, /^profile upstream, cuid edge$/m);
  assert.match(run('install', '-', '--yes').out, /^201 /m);
  for (const words of [
    ['install', '-'],
    ['activate', 'a'],
    ['remove', 'acl', 'a'],
    ['remove', 'client'],
  ]) {
    const { status, err } = run(...words);
    assert.deepEqual([status, /Use --yes to confirm/.test(err)], [2, true], words.join(' '));
  }
  assert.match(run('get').out, /^acl "a": activate-when-mitigating/m);
});

const refusals: [name: string, words: string[], next: RegExp][] = [
  ['an ACL that is not there', ['activate', 'nowhere'], /^dots data get acls lists/],
  ['an alias that is not there', ['remove', 'alias', 'nowhere'], /^dots data get aliases lists/],
  ['a client that is not registered', ['get'], /^nothing of that name is on the server for this cuid/],
  ['a mapping that the server does not have', ['get', 'vendor-mapping'], /^the server does not offer this/],
];

for (const [name, words, next] of refusals)
  test(`${name}: exit 1, and what to do`, async (t) => {
    const { data } = await scene(t);
    const run = data([...words, '--format', 'json']);
    const report = reportOf(run);
    assert.deepEqual([run.status, report.ok, report.changes, report.error], [1, false, [], null]);
    assert.match(report.next[0] ?? '', next);
    assert.match(data(words).out, /^Next: /m);
  });

test('a document with errors is not sent', async (t) => {
  const { data } = await scene(t);
  const { status, out, err } = data(['install', '-', '--format', 'json'], acls.replace('"port": 53', '"port": -1'));
  assert.deepEqual([status, (JSON.parse(out) as Report).answers], [1, []]);
  assert.match(err, /dots data: not sent: - has errors/);
});

test('without an answer: exit 3, and the object names the cause', async (t) => {
  const { ready } = await startMock(t);
  const ledger = ['--ledger', join(folder(t), 'ledger'), '--format', 'json'];
  const get = (server: string): Run => dots(['data', 'get', '--server', server, '--ca', String(ready.ca), ...ledger]);
  for (const [server, code] of [
    ['https://127.0.0.1:1', 'data/refused'],
    [String(ready.data), 'data/client-certificate-missing'],
  ] as const) {
    const run = get(server);
    const { ok, error, next } = reportOf(run);
    assert.deepEqual([run.status, ok, error?.code, next.length], [3, false, code, 1]);
  }
});

const misuse: [name: string, words: string[], input: string, message: RegExp][] = [
  ['no action', [], '', /needs an action: get, install/],
  ['another action', ['put'], '', /has no action "put"/],
  ['no file', ['install'], '', /Name one file/],
  ['a mitigation request', ['install', '-'], request, /cannot be installed over the data channel/],
  ['a faulty mitigation request', ['install', '-'], faulty, /cannot be installed over the data channel/],
  ['nothing to remove', ['remove', 'acl'], '', /Name what to remove/],
  ['no ACL', ['activate'], '', /Name the ACLs/],
  ['another resource', ['get', 'mitigations'], '', /not a part of the data channel/],
  ['an option of another action', ['remove', 'acl', 'a', '--save', 'x'], '', /has no option --save/],
  ['no server', ['get'], '', /--server is missing/],
];

for (const [name, words, input, message] of misuse)
  test(`${name}: exit 2, a sentence, and the object`, (t) => {
    const path = folder(t);
    const { status, out, err } = dots(['data', ...words, '--ledger', join(path, 'l'), '--format', 'json'], input, path);
    assert.equal(status, 2);
    assert.match(err, message);
    assert.equal(err.trim().split('\n').length, 1);
    assert.equal(reportOf({ status, out, err, bytes: Buffer.alloc(0) }).error?.code !== undefined, true);
  });

test('what was installed and removed is in the ledger', async (t) => {
  const { path, data } = await scene(t);
  const entries = (): unknown[] => {
    const ledger = JSON.parse(dots(['ledger', '--ledger', join(path, 'ledger'), '--format', 'json']).out) as {
      servers: { installed: { container: string; name: string; entry: object; removedAt: string | null }[] }[];
    };
    return ledger.servers.flatMap(({ installed }) =>
      installed.map(({ container, name, entry, removedAt }) => [
        `${container} ${name}`,
        (entry as Record<string, unknown>)['activation-type'],
        removedAt === null,
      ]),
    );
  };
  assert.equal(data(['install', '-'], acls).status, 0);
  assert.equal(data(['activate', 'a']).status, 0);
  assert.deepEqual(entries(), [['acls a', 'immediate', true]]);
  assert.match(dots(['ledger', '--ledger', join(path, 'ledger')]).out, /^ {2}acl a {2}installed at 2/m);
  assert.equal(data(['remove', 'acl', 'a']).status, 0);
  assert.deepEqual(entries(), [['acls a', 'immediate', false]]);
});
