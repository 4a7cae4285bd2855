import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLanguageService, type LocatedFinding } from '#service/service';
import { root } from '../../support/shared';

const service = createLanguageService();

type Found = [file: string, code: string, severity: string, pointer: string];

interface Judged {
  found: Found[];
  findings: { file: string; finding: LocatedFinding }[];
}

/** Judges documents together, as a workspace file wants it; without one they are just at hand. */
function judge(documents: Record<string, object | string>, workspaceFile?: object, profilesFile: object = {}): Judged {
  const workspace = service.workspace(service.parse(JSON.stringify(workspaceFile ?? {}), 'dots.workspace.json'));
  const profiles = service.profiles(service.parse(JSON.stringify(profilesFile), 'dots.profiles.json'));
  const parsed = Object.entries(documents).map(([file, value]) => ({
    file,
    document: service.parse(typeof value === 'string' ? value : JSON.stringify(value, null, 1), file),
  }));
  const entries = new Map(parsed.map(({ file, document }) => [file, service.index(document)]));
  const members = [...entries].map(([file, { facts, certain }]) => ({
    file,
    facts,
    certain,
    context: service.context(workspace, profiles, file),
  }));
  const faults = service.cross({ complete: workspaceFile !== undefined, members });
  assert.deepEqual(faults, service.cross({ complete: workspaceFile !== undefined, members: members.toReversed() }));
  const findings = parsed.flatMap(({ file, document }) =>
    service.locateCross(document, faults.get(file) ?? [], entries).map((finding) => ({ file, finding })),
  );
  for (const { finding } of findings)
    assert.ok(
      (finding.class === 'cross' && /^\d{4} \d/.test(finding.rfc) && finding.message.endsWith('.')) ||
        finding.message.endsWith('?'),
    );
  return {
    findings,
    found: findings.map(({ file, finding }) => [
      file,
      finding.code,
      finding.severity,
      finding.pointer.replace(/^\/[^/]+/, ''),
    ]),
  };
}

const request = (scope: object): object => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ lifetime: 3600, ...scope }] },
});
const aliases = (...names: string[]): object => ({
  'ietf-dots-data-channel:aliases': { alias: names.map((name) => ({ name, 'target-prefix': ['192.0.2.1/32'] })) },
});
const acl = (name: string, more: object = {}, matches: object = {}): object => ({
  name,
  type: 'ipv4-acl-type',
  aces: { ace: [{ name: `${name}-entry`, matches, actions: { forwarding: 'drop' } }] },
  ...more,
});
const acls = (...list: object[]): object => ({ 'ietf-dots-data-channel:acls': { acl: list } });
const switches = (name: string, activation = 'immediate'): object => ({
  'target-prefix': ['192.0.2.0/24'],
  'ietf-dots-signal-control:acl-list': [{ 'acl-name': name, 'activation-type': activation }],
});

test('a name that nothing defines is a warning where a workspace file says that the documents are all: it may have been installed by other means', () => {
  const documents = {
    'a.json': request({ 'alias-name': ['web', 'webb'] }),
    'b.json': aliases('web', 'dns'),
    'c.json': request(switches('drop')),
  };
  const { found, findings } = judge(documents);
  assert.deepEqual(found, [
    ['a.json', 'cross/unknown-alias', 'information', '/scope/0/alias-name/1'],
    ['c.json', 'cross/unknown-acl', 'information', '/scope/0/ietf-dots-signal-control:acl-list/0/acl-name'],
  ]);
  assert.match(findings[0]?.finding.message ?? '', /Did you mean "web"\?$/);
  assert.deepEqual(
    judge(documents, {}).found.filter(([, code]) => code.startsWith('cross/un')),
    [
      ['a.json', 'cross/unknown-alias', 'warning', '/scope/0/alias-name/1'],
      ['b.json', 'cross/unused-alias', 'hint', '/alias/1/name'],
      ['c.json', 'cross/unknown-acl', 'warning', '/scope/0/ietf-dots-signal-control:acl-list/0/acl-name'],
    ],
  );
});

test('while a document is broken, a name may be defined in what cannot be read', () => {
  assert.deepEqual(
    judge(
      { 'a.json': request({ 'alias-name': ['web'] }), 'b.json': '{"ietf-dots-data-channel:aliases": {"alias": [}' },
      {},
    ).found,
    [['a.json', 'cross/unknown-alias', 'information', '/scope/0/alias-name/0']],
  );
});

test('an ACE named where an ACL is meant', () => {
  const {
    findings: [first],
  } = judge({ 'a.json': request(switches('drop-entry')), 'b.json': acls(acl('drop')) });
  assert.deepEqual(
    [
      first?.finding.code,
      first?.finding.severity,
      first?.finding.related?.[0]?.file,
      first?.finding.related?.[0]?.range.start.line,
    ],
    ['cross/ace-for-acl', 'warning', 'b.json', 4],
  );
});

test('names belong to a client: by the workspace file, or by the registration that holds them', () => {
  const files = [{ path: 'a.json', cuid: 'one' }];
  const held = (cuid: string): object => ({
    'ietf-dots-data-channel:dots-client': [
      { cuid, aliases: { alias: [{ name: 'web', 'target-prefix': ['192.0.2.1/32'] }] } },
    ],
  });
  assert.deepEqual(judge({ 'a.json': request({ 'alias-name': ['web'] }), 'b.json': held('one') }, { files }).found, []);
  assert.deepEqual(
    judge({ 'a.json': request({ 'alias-name': ['web'] }), 'b.json': held('two') }, { files }).found.map(
      ([, code]) => code,
    ),
    ['cross/unknown-alias', 'cross/unused-alias'],
  );
});

test('aliases in telemetry count as used, and have to be known', () => {
  const telemetry = {
    'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [{ target: { 'alias-name': ['web', 'mail'] } }] },
  };
  assert.deepEqual(judge({ 'a.json': telemetry, 'b.json': aliases('web') }, {}).found, [
    ['a.json', 'cross/unknown-alias', 'warning', '/pre-or-ongoing-mitigation/0/target/alias-name/1'],
  ]);
});

test('of overlapping requests of one client the one with the lower mid is deleted', () => {
  const documents = {
    'a.json': request({ 'target-prefix': ['192.0.2.0/24'] }),
    'b.json': request({ 'target-prefix': ['192.0.2.7/32'] }),
    'c.json': request({ 'target-prefix': ['198.51.100.0/24'] }),
  };
  const files = [
    { path: 'a.json', mid: 12 },
    { path: 'b.json', mid: 15 },
    { path: 'c.json', mid: 16 },
  ];
  const { found, findings } = judge(documents, { files });
  assert.deepEqual(found, [
    ['a.json', 'cross/deleted-request', 'warning', '/scope/0'],
    ['b.json', 'cross/deletes-request', 'information', '/scope/0'],
  ]);
  assert.match(
    findings[0]?.finding.message ?? '',
    /mid 12\) shares 192\.0\.2\.7\/32 with mid 15 in b\.json: the higher mid wins, and the server deletes this one/,
  );
  assert.deepEqual(
    findings[0]?.finding.related?.map(({ file }) => file),
    ['b.json'],
  );
  assert.deepEqual(judge(documents).found, []);
  assert.deepEqual(
    judge(documents, {}).found.map(([, code, severity]) => [code, severity]),
    [
      ['cross/overlapping-requests', 'information'],
      ['cross/overlapping-requests', 'information'],
    ],
  );
  assert.deepEqual(judge(documents, { files: [...files, { path: 'b.json', cuid: 'other' }] }).found, []);
});

test('requests overlap by names too, and through their aliases; not with another trigger', () => {
  const files = [
    { path: 'a.json', mid: 1 },
    { path: 'b.json', mid: 2 },
  ];
  const pair = (a: object, b: object): string[] =>
    judge({ 'a.json': request(a), 'b.json': request(b), 'c.json': aliases('web') }, { files })
      .found.map(([file, code]) => `${file} ${code}`)
      .filter((line) => line.includes('delete'));
  const both = ['a.json cross/deleted-request', 'b.json cross/deletes-request'];
  assert.deepEqual(pair({ 'target-fqdn': ['WWW.example.com'] }, { 'target-fqdn': ['www.example.com'] }), both);
  assert.deepEqual(pair({ 'alias-name': ['web'] }, { 'target-prefix': ['192.0.2.0/24'] }), both);
  assert.deepEqual(
    pair({ 'target-prefix': ['192.0.2.0/24'] }, { 'target-prefix': ['192.0.2.0/24'], 'trigger-mitigation': false }),
    [],
  );
});

test('a request that switches an ACL repeats the targets on purpose', () => {
  const { found } = judge(
    {
      'a.json': request({ 'target-prefix': ['192.0.2.0/24'] }),
      'b.json': request(switches('x')),
      'c.json': acls(acl('x')),
    },
    {
      files: [
        { path: 'a.json', mid: 1 },
        { path: 'b.json', mid: 2 },
      ],
    },
  );
  assert.deepEqual(
    found.map(([file, code, severity]) => [file, code, severity]),
    [
      ['a.json', 'cross/deleted-request', 'information'],
      ['b.json', 'cross/deletes-request', 'information'],
    ],
  );
});

test('one mid for two documents; an efficacy update keeps the mid of its request, and a status is no request', () => {
  const target = (last: number): object => request({ 'target-prefix': [`192.0.2.${last}/32`] });
  const efficacy = request({ 'target-prefix': ['192.0.2.1/32'], 'attack-status': 'under-attack' });
  const status = request({ 'target-prefix': ['192.0.2.1/32'], mid: 12, status: 'attack-successfully-mitigated' });
  const { found, findings } = judge(
    { 'a.json': target(1), 'b.json': target(2), 'c.json': efficacy, 'd.json': status },
    { files: [{ path: '*', mid: 12 }] },
  );
  assert.deepEqual(found, [['b.json', 'cross/double-mid', 'error', '/scope/0']]);
  assert.deepEqual(
    findings[0]?.finding.related?.map(({ file }) => file),
    ['a.json'],
  );
  const refresh = { 'target-prefix': ['192.0.2.9/24'], lifetime: 7200, 'trigger-mitigation': true };
  const pair = (more: object): string[] =>
    judge(
      { 'a.json': request({ 'target-prefix': ['192.0.2.0/24'] }), 'b.json': request({ ...refresh, ...more }) },
      { files: [{ path: '*', mid: 12 }] },
    ).found.map(([, code]) => code);
  assert.deepEqual(pair({}), []);
  assert.deepEqual(pair({ 'target-protocol': [6] }), ['cross/double-mid']);
});

test('a mid near its end, and one far from it', () => {
  const files = [
    { path: 'a.json', mid: 3_221_225_471 },
    { path: 'b.json', mid: 3_221_225_470 },
    { path: 'c.json', mid: 4_000_000_000 },
  ];
  const config = {
    'ietf-dots-signal-channel:signal-config': { 'idle-config': { 'heartbeat-interval': { 'current-value': 30 } } },
  };
  const documents = {
    'a.json': request({ 'target-prefix': ['192.0.2.1/32'] }),
    'b.json': request({ 'target-prefix': ['198.51.100.1/32'] }),
    'c.json': config,
  };
  assert.deepEqual(judge(documents, { files }).found, [['a.json', 'cross/late-mid', 'warning', '']]);
});

test('an efficacy update with other targets than its request', () => {
  const files = [{ path: '*', mid: 7 }];
  const documents = (prefix: string): Record<string, object> => ({
    'a.json': request({ 'target-prefix': ['192.0.2.1/32', '192.0.2.9/32'] }),
    'b.json': request({ 'target-prefix': ['192.0.2.9/32', prefix], 'attack-status': 'under-attack' }),
  });
  assert.deepEqual(judge(documents('192.0.2.1/32'), { files }).found, []);
  assert.deepEqual(judge(documents('192.0.2.2/32'), { files }).found, [
    ['b.json', 'cross/efficacy-differs', 'error', '/scope/0'],
  ]);
  const pair = (one: object, other: object): string[] =>
    judge(
      { 'a.json': request(one), 'b.json': request({ ...other, 'attack-status': 'under-attack' }) },
      { files },
    ).found.map(([, code]) => code);
  const original = {
    'target-prefix': ['2001:db8::/32', '192.0.2.0/24'],
    'target-fqdn': ['www.example.com'],
    'target-uri': ['https://www.example.com/A'],
    'target-protocol': [6, 17],
    'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 90, 'upper-port': 99 }],
  };
  const respelled = {
    'target-prefix': ['192.0.2.7/24', '2001:DB8:0::/32'],
    'target-fqdn': ['WWW.example.com'],
    'target-uri': ['HTTPS://www.EXAMPLE.com/A'],
    'target-protocol': [17, 6],
    'target-port-range': [
      { 'lower-port': 90, 'upper-port': 99 },
      { 'lower-port': 80, 'upper-port': 80 },
    ],
  };
  assert.deepEqual(pair(original, respelled), []);
  const others = [
    { 'target-uri': ['https://www.example.com/a'] },
    { 'target-protocol': [6] },
    { 'target-port-range': [{ 'lower-port': 80, 'upper-port': 81 }] },
  ];
  for (const changed of others)
    assert.deepEqual(pair(original, { ...respelled, ...changed }), ['cross/efficacy-differs']);
});

test('an attack described although a mapping explains it', () => {
  const attack = (more: object): object => ({
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        {
          target: { 'target-prefix': ['192.0.2.1/32'] },
          'attack-detail': [{ 'vendor-id': 32473, 'attack-id': 77, ...more }],
        },
      ],
    },
  });
  const mapping = {
    'ietf-dots-mapping:vendor-mapping': {
      vendor: [{ 'vendor-id': 32473, 'attack-mapping': [{ 'attack-id': 77, 'attack-description': 'a flood' }] }],
    },
  };
  assert.deepEqual(
    judge({ 'a.json': attack({ 'attack-description': 'a flood' }), 'b.json': mapping }, {}).found.map(
      ([file, code]) => [file, code],
    ),
    [['a.json', 'cross/described-attack']],
  );
  assert.deepEqual(judge({ 'a.json': attack({}), 'b.json': mapping }, {}).found, []);
});

test('ACLs that no mitigation can activate', () => {
  const files = [
    { path: 'a.json', cuid: 'one' },
    { path: 'c.json', cuid: 'two' },
  ];
  const waiting = acls(
    acl('wait'),
    acl('off', { 'activation-type': 'deactivate' }),
    acl('now', { 'activation-type': 'immediate' }),
  );
  const idle = (documents: Record<string, object>, workspaceFile?: object): string[] =>
    judge(documents, workspaceFile)
      .findings.filter(({ finding }) => finding.code === 'cross/idle-acl')
      .map(({ file, finding }) => `${file} ${finding.pointer.at(-6) ?? ''}`);
  assert.deepEqual(idle({ 'b.json': waiting }, {}), ['b.json 0', 'b.json 1']);
  assert.deepEqual(idle({ 'b.json': waiting }), []);
  assert.deepEqual(idle({ 'a.json': request(switches('off')), 'b.json': waiting }, {}), []);
  assert.deepEqual(idle({ 'a.json': request(switches('off', 'deactivate')), 'b.json': waiting }, {}), ['b.json 1']);
  assert.deepEqual(idle({ 'a.json': request(switches('wait')), 'c.json': waiting }, { files }), [
    'c.json 0',
    'c.json 1',
  ]);
});

test("targets outside of one's own prefixes, those of the workspace and of the profile", () => {
  const documents = {
    'a.json': request({ 'target-prefix': ['192.0.2.0/25', '198.51.100.0/24', '0.0.0.0/0'] }),
    'b.json': { 'ietf-dots-data-channel:aliases': { alias: [{ name: 'x', 'target-prefix': ['2001:db8::1/128'] }] } },
    'c.json': acls(
      acl('d', { 'activation-type': 'immediate' }, { ipv4: { 'destination-ipv4-network': '203.0.113.0/24' } }),
    ),
    'd.json': request({ 'target-prefix': ['203.0.113.1/32'], 'ietf-dots-call-home:source-prefix': ['192.0.2.0/24'] }),
  };
  const outside = (workspaceFile?: object, profiles?: object): [string, string, string][] =>
    judge(documents, workspaceFile, profiles)
      .found.filter(([, code]) => code === 'cross/foreign-target')
      .map(([file, , severity, pointer]) => [file, severity, pointer.slice(-1)]);
  assert.deepEqual(outside({ 'own-prefixes': ['192.0.2.0/24', '2001:db8::/32'] }), [
    ['a.json', 'error', '1'],
    ['a.json', 'error', '2'],
    ['c.json', 'error', 'k'],
    ['d.json', 'information', '0'],
  ]);
  assert.deepEqual(outside({}), []);
  const profiles = { profiles: { lab: { 'own-prefixes': ['198.51.100.0/24', '192.0.2.0/24'] } } };
  assert.deepEqual(outside({ files: [{ path: 'a.json', profile: 'lab' }] }, profiles), [['a.json', 'error', '2']]);
});

test("addresses in URIs and targets of telemetry have to be within one's own prefixes too", () => {
  const tmTarget = {
    'target-prefix': ['192.0.2.0/24', '198.51.100.0/24'],
    'target-uri': ['https://192.0.2.9/', 'https://[2001:db8::1]:8443/'],
  };
  const telemetry = (more: object): object => ({
    'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [{ target: tmTarget, ...more }] },
  });
  const documents = {
    'a.json': request({
      'target-uri': ['https://198.51.100.1/', 'https://www.example.com/', 'https://user@192.0.2.1:443/'],
    }),
    'b.json': telemetry({}),
    'c.json': telemetry({ tmid: 5 }),
    'd.json': {
      'ietf-dots-telemetry:telemetry-setup': {
        telemetry: [{ baseline: [{ id: 1, 'target-prefix': ['203.0.113.0/24'] }] }],
      },
    },
  };
  assert.deepEqual(
    judge(documents, { 'own-prefixes': ['192.0.2.0/24'] })
      .found.filter(([, code]) => code === 'cross/foreign-target')
      .map(([file, , , pointer]) => [file, pointer.split('/').slice(-2).join(' ')]),
    [
      ['a.json', 'target-uri 0'],
      ['b.json', 'target-prefix 1'],
      ['b.json', 'target-uri 1'],
      ['d.json', 'target-prefix 0'],
    ],
  );
});

test('fields that the capabilities of the server do not offer', () => {
  const capabilities = {
    'ietf-dots-data-channel:capabilities': {
      'address-family': ['ipv4'],
      'forwarding-actions': ['drop'],
      'transport-protocols': [6, 17],
      ipv4: { 'destination-prefix': true, protocol: true, ttl: false },
      udp: { 'source-port': true },
    },
  };
  const used = {
    ipv4: { 'destination-ipv4-network': '192.0.2.0/24', ttl: 5, protocol: 47 },
    udp: { 'source-port-range-or-operator': { 'lower-port': 1, 'upper-port': 2 } },
  };
  const documents = { 'a.json': acls(acl('a', {}, used), acl('b', {}, { ipv6: { ttl: 1 } })), 'c.json': capabilities };
  const { findings } = judge(documents);
  assert.deepEqual(
    findings.map(({ finding }) => /does not offer (.*), as/.exec(finding.message)?.[1]),
    ['"ttl" of "ipv4"', 'protocol 47', 'ranges of ports of "udp"', '"ipv6"', '"ttl" of "ipv6"'],
  );
  assert.ok(
    findings.every(({ finding }) => finding.severity === 'information' && finding.related?.[0]?.file === 'c.json'),
  );
  assert.ok(
    judge(documents, { files: [{ path: 'c.json', profile: 'other' }] }).found.every(
      ([, code]) => code !== 'cross/not-offered',
    ),
  );
});

test('attacks that no mapping explains', () => {
  const attack = (detail: object): object => ({
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        { target: { 'target-prefix': ['192.0.2.0/24'] }, 'attack-detail': [{ 'vendor-id': 32473, ...detail }] },
      ],
    },
  });
  const mapping = {
    'ietf-dots-mapping:vendor-mapping': {
      vendor: [{ 'vendor-id': 32473, 'attack-mapping': [{ 'attack-id': 1, 'attack-description': 'one' }] }],
    },
  };
  const documents = {
    'a.json': attack({ 'attack-id': 1 }),
    'b.json': attack({ 'attack-id': 2 }),
    'c.json': attack({ 'attack-id': 3, 'attack-description': 'three' }),
  };
  assert.deepEqual(
    judge({ ...documents, 'd.json': mapping }).found.map(([file, code, severity]) => [file, code, severity]),
    [['b.json', 'cross/unmapped-attack', 'information']],
  );
  assert.deepEqual(judge(documents).found, []);
  assert.deepEqual(
    judge(documents, {}).found.map(([file, , severity]) => [file, severity]),
    [
      ['a.json', 'warning'],
      ['b.json', 'warning'],
    ],
  );
});

test('the examples are clean together', () => {
  const names = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.dots.json'));
  assert.deepEqual(
    judge(Object.fromEntries(names.map((name) => [name, readFileSync(join(root, 'examples', name), 'utf8')]))).found,
    [],
  );
});

test('malformed documents are passed over', () => {
  const odd = [
    null,
    [],
    {},
    [null],
    'x',
    1,
    { scope: {} },
    { scope: [null, [], { 'target-prefix': 'x', 'alias-name': [1], 'ietf-dots-signal-control:acl-list': [null, {}] }] },
    { acl: [{ name: 1 }, { name: 'a', aces: [] }, { name: 'b', aces: { ace: [1, { matches: [] }] } }] },
    { alias: [{}, { name: 'a', 'target-prefix': {} }] },
  ];
  const tops = [
    'ietf-dots-signal-channel:mitigation-scope',
    'ietf-dots-data-channel:acls',
    'ietf-dots-data-channel:aliases',
    'ietf-dots-data-channel:dots-client',
    'ietf-dots-data-channel:dots-data',
    'ietf-dots-data-channel:capabilities',
    'ietf-dots-telemetry:telemetry',
    'ietf-dots-telemetry:telemetry-setup',
    'ietf-dots-mapping:vendor-mapping',
  ];
  const documents = Object.fromEntries(
    tops.flatMap((top) => odd.map((value, index) => [`${top} ${index}`, { [top]: value }])),
  );
  judge(documents, { 'own-prefixes': ['192.0.2.0/24'], files: [{ path: '**', mid: 1 }] });
});

test('two hundred requests that all overlap are told in one finding each', () => {
  const documents = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`${index}.json`, request({ 'target-prefix': ['192.0.2.0/24'] })]),
  );
  const { found } = judge(documents, { files: Object.keys(documents).map((path, mid) => ({ path, mid })) });
  assert.equal(found.filter(([, code]) => code === 'cross/deleted-request').length, 199);
});
