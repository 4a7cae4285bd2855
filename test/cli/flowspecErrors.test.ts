import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { aclDocument, aliasDocument, scopeDocument } from '../support/flowspec/rules';
import { dots, folder } from '../support/dots';

const acls = 'ietf-dots-data-channel:acls';
const scopes = 'ietf-dots-signal-channel:mitigation-scope';
const target = { 'target-prefix': ['192.0.2.0/24'], 'target-protocol': [17], lifetime: 3600 };
const to = { ipv4: { 'destination-ipv4-network': '192.0.2.0/24' } };

interface Report {
  rules: { text: string }[];
  findings: { file: string; code: string; severity: string; message: string }[];
  equivalence: { proved: unknown };
  counts: Record<string, { given: number; rules: number; errors: number; excluded: number }>;
}

const refused: [name: string, value: object, finding: RegExp][] = [
  ['an empty list of scopes', { [scopes]: { scope: [] } }, /rfc\/one-scope/],
  ['a list that is not known', { [acls]: { acls: [] } }, /"acls" is not known here/],
  [
    'a list with the name of its module',
    { [scopes]: { 'ietf-dots-signal-channel:scope': [target] } },
    /flowspec\/unknown-member/,
  ],
  [
    'an empty list of protocols',
    { [scopes]: { scope: [{ ...target, 'target-protocol': [] }] } },
    /flowspec\/empty-list/,
  ],
  [
    'a request without a lifetime',
    { [scopes]: { scope: [{ 'target-prefix': ['192.0.2.0/24'] }] } },
    /rfc\/lifetime-missing/,
  ],
];

for (const [name, value, finding] of refused) {
  test(`no rules and exit status 1: ${name}`, () => {
    for (const format of ['table', 'bird', 'hex']) {
      const run = dots(['flowspec', '-', '--format', format], JSON.stringify(value));
      assert.equal(run.status, 1, format);
      assert.match(run.err, finding);
      assert.doesNotMatch(run.out, /proved that|route flow|^ipv/m);
    }
  });
}

test('what came in is counted against what came out', () => {
  const value = aclDocument([{ matches: to }, { matches: { ipv4: { ...to.ipv4, ttl: 1 } } }]);
  const run = dots(['flowspec', '-'], JSON.stringify(value));
  assert.equal(run.status, 1);
  assert.match(run.out, /^Input: 1 ACL \(1 with rules\); 2 entries \(1 with rules, 1 with an error\)\.$/m);
  const { counts } = JSON.parse(dots(['flowspec', '-', '--format', 'json'], JSON.stringify(value)).out) as Report;
  assert.deepEqual(counts.entry, { given: 2, rules: 1, errors: 1, excluded: 0 });
});

test('a deactivated ACL has no rules, says so, and that is no error', () => {
  const run = dots(
    ['flowspec', '-'],
    JSON.stringify(aclDocument([{ matches: to }], { 'activation-type': 'deactivate' })),
  );
  assert.deepEqual([run.status, run.out.split('\n')[0]], [0, 'No rules.']);
  assert.match(run.out, /1 ACL \(1 without rules for a stated reason\)/);
});

/** What becomes of one of some files. */
function translated(
  t: TestContext,
  files: Record<string, object>,
  path: string,
  ...words: string[]
): Report & { status: number | null } {
  const texts = Object.fromEntries(Object.entries(files).map(([name, value]) => [name, JSON.stringify(value)]));
  const { out, status } = dots(['flowspec', join(folder(t, texts), path), '--format', 'json', ...words]);
  return { ...(JSON.parse(out) as Report), status };
}

test('what the workspace file makes an error is no source of rules; --domain replaces its own prefixes', (t) => {
  const files = { 'dots.workspace.json': { 'own-prefixes': ['203.0.113.0/24'] }, 'r.dots.json': scopeDocument(target) };
  const { rules, status, findings } = translated(t, files, 'r.dots.json');
  assert.deepEqual([rules, status], [[], 1]);
  assert.ok(findings.some(({ code }) => code === 'flowspec/outside-domain'));
  const other = translated(t, files, 'r.dots.json', '--domain', '192.0.2.0/24');
  assert.deepEqual([other.rules.length, other.status], [1, 0]);
});

test('an error in an alias that the request does not name is no error of its rules', (t) => {
  const aliases = aliasDocument(
    { name: 'web', 'target-prefix': ['192.0.2.10/32'] },
    { name: 'bad', 'target-prefix': ['192.0.2.20/32'], 'target-protocol': [300] },
  );
  const request = (name: string): object => scopeDocument({ 'alias-name': [name] });
  const good = translated(t, { 'a.dots.json': aliases, 'r.dots.json': request('web') }, 'r.dots.json');
  assert.deepEqual([good.rules.length, good.status], [1, 0]);
  const bad = translated(t, { 'a.dots.json': aliases, 'r.dots.json': request('bad') }, 'r.dots.json');
  assert.deepEqual([bad.rules.length, bad.status], [0, 1]);
});

test('a request that drops what another ACL of the workspace accepts', (t) => {
  const accept = aclDocument([
    {
      matches: { ipv4: { ...to.ipv4, 'source-ipv4-network': '198.51.100.0/24' }, udp: {} },
      actions: { forwarding: 'accept' },
    },
  ]);
  const files = { 'dots.workspace.json': {}, 'acl.dots.json': accept, 'r.dots.json': scopeDocument(target) };
  const { findings, status, rules } = translated(t, files, 'r.dots.json');
  const [message] = findings.filter(({ code }) => code === 'flowspec/accepted-traffic').map((one) => one.message);
  assert.match(message ?? '', /^This drops packets that ACE "ace1" of ACL "acl" in .*acl\.dots\.json accepts/);
  assert.deepEqual([rules.length, status], [1, 0]);
});

test('the port of the profile is that of the own signal channel', (t) => {
  const files = {
    'profiles.json': { profiles: { lab: { signal: 'coaps://dots.example.net:5684' } } },
    'dots.workspace.json': { files: [{ path: '*.dots.json', profile: 'lab' }] },
    'r.dots.json': scopeDocument({ ...target, 'target-port-range': [{ 'lower-port': 5684 }] }),
    'd.dots.json': scopeDocument({ ...target, 'target-port-range': [{ 'lower-port': 4646 }] }),
  };
  const at = folder(t, Object.fromEntries(Object.entries(files).map(([name, value]) => [name, JSON.stringify(value)])));
  const warned = (name: string): boolean => {
    const { out } = dots(['flowspec', join(at, name), '--format', 'json', '--profiles', join(at, 'profiles.json')]);
    return (JSON.parse(out) as Report).findings.some(({ code }) => code === 'flowspec/control-port');
  };
  assert.deepEqual([warned('r.dots.json'), warned('d.dots.json')], [true, false]);
});
