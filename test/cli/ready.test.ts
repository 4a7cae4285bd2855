import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { acls, dots, folder, request, startDots, startMock, type Run } from '../support/dots';

interface Check {
  check: string;
  result: string;
  message: string;
  details: string[];
}

interface Report {
  verdict: string;
  profiles: { profile: string; verdict: string; checks: Check[]; todo: string[] }[];
}

interface Scene {
  path: string;
  lab: Record<string, unknown>;
  profiles(profiles: object): void;
  run(words: readonly string[], environment?: Record<string, string>): Run;
  /** The report of `dots ready` on the profile lab, and its exit status. */
  ready(
    words?: string[],
    environment?: Record<string, string>,
  ): { status: number | null; report: Report; results: Record<string, string> };
}

const workspace = { 'own-prefixes': ['192.0.2.0/24'], files: [{ path: '**', profile: 'lab' }] };
const prepared = request.replace('"lifetime": 3600', '"lifetime": 604800, "trigger-mitigation": false');
const aliases = JSON.stringify({
  'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-prefix': ['192.0.2.0/28'] }] },
});

async function scene(t: TestContext, files: Record<string, string>): Promise<Scene> {
  const { ready } = await startMock(t);
  const path = folder(t, { 'dots.workspace.json': JSON.stringify(workspace), ...files });
  const { coaps: signal, data, ca, cert: certificate, key } = ready;
  const lab = { signal, data, ca, certificate, key, cuid: 'dz6pHjaADkaFTbjr0JGBpw' };
  const profiles = (all: object): void =>
    writeFileSync(join(path, 'dots.profiles.json'), JSON.stringify({ profiles: all }));
  profiles({ lab });
  const run: Scene['run'] = (words, environment) => dots(words, '', path, environment);
  const common = ['--profiles', 'dots.profiles.json', '--ledger', 'ledger', '--format', 'json'];
  return {
    path,
    lab,
    profiles,
    run,
    ready: (words = [], environment) => {
      const { status, out } = run(['ready', ...common, ...words], environment);
      const report = JSON.parse(out) as Report;
      const checks = report.profiles.flatMap((profile) => profile.checks);
      return { status, report, results: Object.fromEntries(checks.map(({ check, result }) => [check, result])) };
    },
  };
}

test('the commands that dots ready lists make a client ready, and it changes nothing itself', async (t) => {
  const { run, ready } = await scene(t, {
    'acl.dots.json': acls,
    'aliases.dots.json': aliases,
    'prepared.dots.json': prepared,
  });
  const before = ready();
  assert.equal(before.status, 1);
  assert.equal(before.report.verdict, 'not-ready');
  assert.deepEqual(before.results, {
    credentials: 'ok',
    'signal channel': 'ok',
    heartbeat: 'ok',
    'kept session': 'skipped',
    'preconfigured mitigations': 'not-ready',
    'data channel': 'not-ready',
    'datagram limit': 'ok',
    documents: 'ok',
    'own prefixes': 'ok',
  });
  assert.deepEqual(ready().results, before.results, 'nothing has changed on the server');
  const todo = before.report.profiles[0]?.todo ?? [];
  const options = '--profile lab --profiles dots.profiles.json --ledger ledger';
  assert.deepEqual(
    [...todo].sort(),
    ['data install acl.dots.json', 'data install aliases.dots.json', 'send prepared.dots.json'].map(
      (command) => `dots ${command} ${options}`,
    ),
  );
  for (const line of todo) assert.equal(run(line.split(' ').slice(1)).status, 0, line);
  const after = ready();
  assert.deepEqual([after.status, after.report.verdict], [0, 'ready']);
  const [refresh = '', ...more] = after.report.profiles[0]?.todo ?? [];
  assert.match(refresh, /^dots refresh \d+ --profile lab /, 'the server grants a day');
  assert.deepEqual([run(refresh.split(' ').slice(1)).status, more], [0, []]);
  assert.deepEqual([after.results['aliases and ACLs'], after.results['preconfigured mitigations']], ['ok', 'ok']);
  assert.equal(after.results.heartbeat, 'skipped', 'the end of heartbeats would start the mitigation');
});

test(
  'a session that dots session keeps is found, and its heartbeats count',
  { skip: process.platform === 'win32' },
  async (t) => {
    const { path, run, ready } = await scene(t, { 'prepared.dots.json': prepared });
    const way = ['--profile', 'lab', '--profiles', join(path, 'dots.profiles.json'), '--ledger', join(path, 'ledger')];
    const child = startDots(t, ['session', ...way], { XDG_RUNTIME_DIR: path });
    await once(createInterface(child.stdout), 'line');
    assert.equal(run(['send', 'prepared.dots.json', ...way], { XDG_RUNTIME_DIR: path }).status, 0);
    const { results, report } = ready([], { XDG_RUNTIME_DIR: path });
    assert.deepEqual([results['kept session'], results.heartbeat, report.verdict], ['ok', 'ok', 'ready']);
    child.kill('SIGTERM');
    await once(child, 'close');
    assert.deepEqual(ready().results['kept session'], 'skipped');
  },
);

test('differences from the workspace are shown with the command that removes them', async (t) => {
  const { path, run, ready } = await scene(t, { 'acl.dots.json': acls });
  const way = ['--profile', 'lab', '--profiles', 'dots.profiles.json', '--ledger', 'ledger'];
  run(['data', 'install', 'acl.dots.json', ...way]);
  writeFileSync(join(path, 'aliases.dots.json'), aliases);
  writeFileSync(join(path, 'acl.dots.json'), acls.replaceAll('53', '123').replace('"name": "a"', '"name": "b"'));
  const { status, report } = ready();
  assert.equal(status, 1);
  const checks = report.profiles[0]?.checks.filter(({ check }) => check === 'aliases and ACLs') ?? [];
  assert.deepEqual(checks[0]?.details, ['acl.dots.json: acl "b" is new.', 'aliases.dots.json: alias "web" is new.']);
  assert.match(checks[1]?.message ?? '', /On the server and in no document: acl "a"/);
  const todo = report.profiles[0]?.todo ?? [];
  for (const line of todo) assert.equal(run(line.split(' ').slice(1)).status, 0, line);
  assert.equal(ready().report.verdict, 'ready');
});

test('targets beyond the own prefixes, documents with errors, and a key of another certificate are not ready', async (t) => {
  const hosts = Array.from({ length: 120 }, (_, index) => index);
  const { lab, path, profiles, ready, run } = await scene(t, {
    'far.dots.json': request.replace('192.0.2.0', '203.0.113.0'),
    'large.dots.json': request.replace('"192.0.2.0/24"', hosts.map((host) => `"192.0.2.${host}/32"`).join()),
    'faulty.dots.json': request.replace('3600', '"3600"'),
  });
  const { status, results, report } = ready();
  const { documents, 'own prefixes': own, 'datagram limit': limit } = results;
  assert.deepEqual([status, documents, own, limit], [1, 'not-ready', 'not-ready', 'not-ready']);
  assert.ok(report.profiles[0]?.todo.includes('dots validate faulty.dots.json'));
  const other = String(lab.key).replace('client-key.pem', 'server-key.pem');
  profiles({ lab: { ...lab, key: other } });
  const checks = ready().report.profiles[0]?.checks ?? [];
  assert.match(checks[0]?.message ?? '', /does not belong to the certificate/);
  assert.equal(checks[1]?.result, 'skipped');
  assert.match(
    run(['ready', '--profiles', join(path, 'dots.profiles.json')]).out,
    /^lab: NOT READY, \d steps to do \(coaps:[^]*^ {2}not-ready {4}credentials: [^]*^To do:\n {2}1\. /m,
  );
});

test('documents that no workspace file names a profile for are compared with the own prefixes of the one that is checked', async (t) => {
  const { lab, profiles, ready, path } = await scene(t, {
    'far.dots.json': request.replace('192.0.2.0', '203.0.113.0'),
  });
  rmSync(join(path, 'dots.workspace.json'));
  for (const [own, result] of [
    ['192.0.2.0/24', 'not-ready'],
    ['203.0.113.0/24', 'ok'],
  ] as const) {
    profiles({ lab: { ...lab, 'own-prefixes': [own] } });
    assert.equal(ready(['--profile', 'lab']).results['own prefixes'], result, own);
  }
});

test('a server that is absent is exit 3, and the others are checked all the same', async (t) => {
  const { lab, profiles, ready } = await scene(t, { 'a.dots.json': request });
  profiles({
    away: { ...lab, signal: 'coaps://127.0.0.1:9', data: 'https://127.0.0.1:9' },
    lab,
    bare: { signal: 'coap://127.0.0.1:9' },
  });
  const { status, report } = ready(['--all', '--timeout', '3']);
  assert.deepEqual([status, report.verdict], [3, 'unreachable']);
  assert.deepEqual(
    report.profiles.map(({ profile, verdict }) => [profile, verdict]),
    [
      ['away', 'unreachable'],
      ['lab', 'ready'],
      ['bare', 'unreachable'],
    ],
  );
});

test('a workspace file with errors is not ready, because no document can be sent', async (t) => {
  const { path, ready } = await scene(t, { 'a.dots.json': request });
  writeFileSync(join(path, 'dots.workspace.json'), '{"files": [{"profil": "lab"}]}');
  const { status, results, report } = ready();
  assert.deepEqual([status, results.documents], [1, 'not-ready']);
  assert.deepEqual(report.profiles[0]?.todo, ['dots validate dots.workspace.json']);
});

test('a production server is read without --yes; the steps that change something have it', async (t) => {
  const { lab, profiles, ready } = await scene(t, { 'acl.dots.json': acls });
  profiles({ lab: { ...lab, production: true } });
  const { status, report } = ready();
  assert.equal(status, 1);
  assert.match(report.profiles[0]?.todo.join() ?? '', /^dots data install acl\.dots\.json --profile lab .* --yes$/);
});

test('without a profile, with two words for it, or with a file, wrong usage says what to name', async (t) => {
  const { lab, profiles, run } = await scene(t, {});
  profiles({ lab, other: lab });
  const cases: [string[], RegExp][] = [
    [[], /Name one of the profiles: lab, other\. Use --profile NAME, or --all\./],
    [['--all', '--profile', 'lab'], /Name one profile, or --all, not both/],
    [['a.dots.json'], /dots ready takes no file/],
  ];
  for (const [words, message] of cases) {
    const { status, err } = run(['ready', '--profiles', 'dots.profiles.json', ...words]);
    assert.equal(status, 2);
    assert.match(err, message);
  }
});
