import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { configSchemas, type ConfigSchema } from '#schemas/config';
import { vectorNames } from '#dots/model/attackVectors';
import type { JsonObject } from '#dots/model/json';
import { parsePrefix } from '#dots/model/prefix';
import { World } from '#dots/world/world';
import { findingCodes } from '#dots/workspace/findingCodes';
import { formOf } from '#dots/workspace/fileNames';
import { policyOf } from '#dots/workspace/policy/policy';
import type { Profile, Profiles } from '#dots/workspace/workspaceFile';
import { createLanguageService } from '#service/service';
import { textIn, withCaret } from '../../../support/caret';
import { root } from '../../../support/shared';

const service = createLanguageService();
const file = 'lab.orchestrator.json';
const exampleText = readFileSync(join(root, 'examples/orchestrator', file), 'utf8');
const example = JSON.parse(exampleText) as JsonObject;
const ajv = new Ajv({ strict: false, formats: { 'ip-prefix': (text: string) => parsePrefix(text) !== undefined } });

/** The findings of a policy: severity, code and text. */
function found(value: unknown, profiles?: Profiles): [code: string, at: string][] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return service
    .policyFindings(service.parse(text, file), profiles)
    .map(({ code, severity, range }) => [`${severity} ${code}`, textIn(text, range)]);
}

const codes = (value: unknown, profiles?: Profiles): string[] => found(value, profiles).map(([code]) => code);

test('a policy is known by the end of its name', () => {
  assert.deepEqual(['a/lab.orchestrator.json', 'orchestrator.json', 'x.orchestrator.jsonc'].map(formOf), [
    'policy',
    'dots',
    'dots',
  ]);
});

test('the example has no finding, agrees with ajv, and is read', () => {
  assert.deepEqual(found(exampleText, new Map()), []);
  assert.equal(ajv.compile(configSchemas.policy)(example), true);
  const { clients, links, nodes, dms, targets, strategies, quiet, traffic } = policyOf(example);
  assert.deepEqual(
    clients.map(({ name, role, path, watches }) => [name, role, path, watches.length]),
    [
      ['web-1', 'customer', undefined, 0],
      ['collector-a', 'telemetry', undefined, 2],
      ['scrubber-1', 'dms', 'transit-1', 0],
    ],
  );
  assert.deepEqual(clients[0]?.ownPrefixes, ['192.0.2.0/24', '2001:db8:1::/48']);
  assert.deepEqual(links[0], { name: 'transit-1', capacity: 10_000_000_000, linkId: 'link1' });
  assert.deepEqual(nodes[1], { name: 'edge-2', links: ['transit-2'], rules: 200, router: 'bird', installSeconds: 2 });
  assert.deepEqual(dms[0]?.divert, { by: 'flowspec-redirect', routeTarget: '64500:1' });
  assert.deepEqual([dms[0].offloadAbove, dms[0].delegatesTo, dms[0].profile], [0.9, 'provider-b', undefined]);
  assert.deepEqual(
    [dms[1]?.divert, dms[1]?.reinject],
    [
      { by: 'bgp', seconds: 45 },
      { by: 'gre', link: 'transit-2' },
    ],
  );
  assert.deepEqual(targets[1], { prefix: '192.0.2.128/25', value: 'low', links: ['transit-2'] });
  assert.deepEqual(strategies[2], {
    name: 'on the premises',
    when: { volume: { below: 4_000_000_000 } },
    use: ['scrubber-1', 'provider-b'],
  });
  assert.deepEqual(quiet, { below: 0.1, for: 60 });
  assert.deepEqual(traffic[1]?.enters, { 'transit-1': 0.7, 'transit-2': 0.3 });
});

test('what the example describes can be simulated as it is read', () => {
  const { links, nodes, dms, traffic } = policyOf(example);
  const world = new World({ links, nodes, dms }, 1);
  for (const each of traffic) world.addClass(each);
  for (let second = 0; second <= 60; second++) world.step();
  assert.equal(world.account('amplified answers').delivered, 3_000_000_000);
  assert.equal(world.linkLoad('transit-1').offered, 2_300_000_000);
});

test('members of traffic classes are read: ports, ranges, random ports, flags', () => {
  const read = (members: object): object | undefined =>
    policyOf({ traffic: [{ name: 'x', kind: 'attack', to: '192.0.2.1', rate: 1, ...members }] } as JsonObject)
      .traffic[0];
  const common = { name: 'x', kind: 'attack', to: '192.0.2.1', rate: 1 };
  assert.deepEqual(read({ 'source-port': 53, 'destination-port': '1024-2047', flags: ['syn', 'ack'] }), {
    ...common,
    sourcePort: [53, 53],
    destinationPort: [1024, 2047],
    flags: 0x12,
  });
  assert.deepEqual(read({ 'source-port': 'random' }), { ...common, sourcePort: [1, 65_535] });
});

test('the clients of a policy have the members of a clients file, by one schema', () => {
  const members = (schema: ConfigSchema): Record<string, ConfigSchema> =>
    schema.properties?.clients?.items?.properties ?? {};
  const own = members(configSchemas.policy);
  for (const [name, schema] of Object.entries(members(configSchemas.clients))) assert.equal(own[name], schema, name);
  assert.deepEqual(
    Object.keys(own).filter((name) => !(name in members(configSchemas.clients))),
    ['role', 'path', 'watches'],
  );
});

test('the vectors of the schema are those of the product', () => {
  const stops = configSchemas.policy.properties?.dms?.items?.properties?.stops?.items?.enum;
  assert.deepEqual(stops, vectorNames);
});

/** The example with another value at a path. */
function changed(path: string, value: unknown): JsonObject {
  const copy = structuredClone(example);
  const tokens = path.split('/');
  const last = tokens.pop() ?? '';
  const holder = tokens.reduce<JsonObject>((at, token) => at[token] as JsonObject, copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value as JsonObject;
  return copy;
}

const bySchema: readonly [path: string, value: unknown, code: string][] = [
  ['strategies', undefined, 'config-missing'],
  ['clients/0/rule', 'customer', 'config-member'],
  ['clients/0/role', 'client', 'config-value'],
  ['clients/0/cuid', 'a/b', 'config-value'],
  ['links/0/capacity', '10G', 'config-value'],
  ['links/0/capacity', 0, 'config-value'],
  ['links/0/capacity', 1.5, 'config-value'],
  ['links/0/name', 'out-of-band', 'config-value'],
  ['nodes/0/rules', undefined, 'config-missing'],
  ['dms/0/misses', 1.1, 'config-value'],
  ['dms/0/misses', -0.1, 'config-value'],
  ['dms/0/misses', '1%', 'config-value'],
  ['dms/0/stops/0', 'dns', 'config-value'],
  ['dms/0/server', 'profile', 'config-value'],
  ['dms/0/divert/route-target', '64500', 'config-value'],
  ['strategies/0/use', ['scrubber-1'], 'config-missing'],
  ['strategies/0/filter', undefined, 'config-missing'],
  ['strategies/0/filter', [], 'config-value'],
  ['traffic/0/rate', '1G', 'config-value'],
  ['traffic/0/rate', [[1]], 'config-value'],
  ['traffic/0/rate', [[1, 2, 3]], 'config-value'],
  ['traffic/0/rate', [], 'config-value'],
  ['traffic/0/source-port', 70_000, 'config-value'],
  ['traffic/0/source-port', 'any', 'config-value'],
  ['traffic/0/enters', { 'transit-1': 2 }, 'config-value'],
];

test('each fault by the schema is found, as ajv finds one', () => {
  const agrees = ajv.compile(configSchemas.policy);
  for (const [path, value, code] of bySchema) {
    const policy = changed(path, value);
    assert.ok(codes(policy).includes(`error json/${code}`), `${path}: ${codes(policy).join()}`);
    assert.equal(agrees(policy), false, path);
  }
});

const beyond: readonly [path: string, value: unknown, findings: [code: string, at: string][]][] = [
  ['traffic/1/name', 'web', [['error policy/double-name', '"web"']]],
  ['strategies/1/name', 'offload', [['error policy/double-name', '"offload"']]],
  ['clients/0/path', 'transit-9', [['error policy/undefined-name', '"transit-9"']]],
  ['clients/0/path', 'out-of-band', []],
  ['clients/1/watches', ['transit-9'], [['error policy/undefined-name', '"transit-9"']]],
  ['nodes/0/links', ['edge-1'], [['error policy/undefined-name', '"edge-1"']]],
  ['dms/0/carries', ['192.0.2.0/24', 'transit-9'], [['error policy/undefined-name', '"transit-9"']]],
  ['dms/1/reinject/link', 'transit-9', [['error policy/undefined-name', '"transit-9"']]],
  ['dms/0/delegates-to', 'provider-c', [['error policy/undefined-name', '"provider-c"']]],
  ['targets/1/links', ['transit-9'], [['error policy/undefined-name', '"transit-9"']]],
  ['strategies/3/use', ['provider-c'], [['error policy/undefined-name', '"provider-c"']]],
  ['strategies/0/filter', ['scrubber-1'], [['error policy/undefined-name', '"scrubber-1"']]],
  ['strategies/0/when/link-load', { link: 'x', 'at-least': 0.5 }, [['error policy/undefined-name', '"x"']]],
  ['traffic/0/enters', { 'transit-9': 1 }, [['error policy/undefined-name', '"transit-9"']]],
  [
    'clients/2/name',
    'scrubber-2',
    [
      ['error policy/undefined-name', '"scrubber-2"'],
      ['warning policy/offload-without-client', '0.9'],
    ],
  ],
  ['clients/1/name', 'web-1', [['error json/config-duplicate', '"web-1"']]],
  [
    'dms/1/delegates-to',
    'scrubber-1',
    [
      ['error policy/delegation-circle', '"provider-b"'],
      ['error policy/delegation-circle', '"scrubber-1"'],
    ],
  ],
  ['dms/1/delegates-to', 'provider-b', [['error policy/delegation-circle', '"provider-b"']]],
  ['dms/0/divert', { by: 'flowspec-redirect' }, [['error policy/missing-member', '{"by":"flowspec-redirect"}']]],
  ['dms/1/reinject', { by: 'gre' }, [['error policy/missing-member', '{"by":"gre"}']]],
  ['strategies/3/when/volume/below', 4_000_000_000, [['warning policy/unreachable-strategy', '']]],
  ['strategies/0/when/role', ['administrator'], [['warning policy/unreachable-strategy', '']]],
  ['strategies/1/when/value', [], [['warning policy/unreachable-strategy', '']]],
  [
    'strategies/2/when',
    {},
    [
      ['warning policy/unreachable-strategy', ''],
      ['warning policy/unreachable-strategy', ''],
    ],
  ],
  ['strategies/3/use', ['scrubber-1'], []],
  ['dms/0/stops', [], [['warning policy/idle-dms', '']]],
  ['traffic/1/sources/prefix', '2001:db8::/32', [['error policy/mixed-families', '"2001:db8::/32"']]],
  ['traffic/1/destination-port', '2000-1000', [['error policy/port-range', '"2000-1000"']]],
  ['traffic/1/destination-port', '1-70000', [['error policy/port-range', '"1-70000"']]],
  ['traffic/1/destination-port', '1000-2000', []],
  [
    'traffic/1/rate',
    [
      [1, 1],
      [1, 2],
    ],
    [['error policy/unsorted-points', '1']],
  ],
];

test('each fault beyond the schema is found where it is', () => {
  for (const [path, value, findings] of beyond) {
    const actual = found(changed(path, value)).map(([code, at]) => [code, at.length > 40 ? '' : at]);
    assert.deepEqual(actual, findings, `${path} ${JSON.stringify(value)}`);
  }
});

test('own prefixes of two customers overlap, those of one client or another role do not', () => {
  const withClient = (client: object): JsonObject => changed('clients/3', { name: 'web-2', ...client });
  const other = { 'own-prefixes': ['192.0.2.64/26'] };
  assert.deepEqual(codes(withClient(other)), ['warning policy/overlapping-prefixes']);
  assert.deepEqual(codes(withClient({ ...other, role: 'administrator' })), []);
  assert.deepEqual(codes(changed('clients/0/own-prefixes', ['192.0.2.0/24', '192.0.2.0/25'])), []);
});

test('a prefix of a customer that no DMS carries is reported; links of its target count', () => {
  const prefixes = { name: 'web-2', 'own-prefixes': ['198.51.100.0/24'] };
  assert.deepEqual(codes(changed('clients/3', prefixes)), []);
  const narrow = changed('clients/3', prefixes);
  (narrow.dms as JsonObject[])[0]!.carries = ['transit-1'];
  assert.deepEqual(codes(narrow), []);
  (narrow.targets as JsonObject[]).push({ prefix: '198.51.100.0/24', links: ['transit-2'] });
  assert.deepEqual(found(narrow), [['warning policy/uncarried-prefix', '"198.51.100.0/24"']]);
});

test('a strategy or DMS is reported only where no input lets it be taken', () => {
  const strategies = (...list: object[]): string[] =>
    codes(changed('strategies', list)).map((code) => code.replace('warning policy/', ''));
  const all = { name: 'all', use: ['scrubber-1', 'provider-b'] };
  const dns = { name: 'dns', when: { vector: ['dns-amplification'] }, use: ['provider-b', 'scrubber-1'] };
  const some = {
    name: 'some',
    when: { vector: ['dns-amplification', 'syn-flood'] },
    use: ['scrubber-1', 'provider-b'],
  };
  assert.deepEqual(strategies(dns, all), []);
  assert.deepEqual(strategies(all, dns), ['unreachable-strategy']);
  assert.deepEqual(strategies(some, dns), ['unreachable-strategy']);
  assert.deepEqual(strategies(dns, some), []);
  assert.deepEqual(strategies(all, { name: 'nodes', filter: ['edge-1'] }), []);
  assert.deepEqual(strategies({ name: 'x', when: { vector: ['udp-flood'] }, use: ['scrubber-1'] }), ['idle-dms']);
  assert.deepEqual(strategies({ name: 'nodes', filter: ['edge-1'] }), ['idle-dms', 'idle-dms']);
});

const profile = (members: Partial<Profile>): Profile => ({
  ownPrefixes: [],
  quirks: [],
  production: false,
  ...members,
});

test('a DMS has a profile on loopback only, and never one of a production server', () => {
  const withServer = (name: string, profiles?: Profiles): string[] =>
    codes(changed('dms/1/server', `profile ${name}`), profiles);
  const profiles: Profiles = new Map([
    ['lab', profile({ signal: 'coaps://127.0.0.1:4646', data: 'https://[::1]:4443' })],
    ['local', profile({ signal: 'coaps://localhost' })],
    ['remote', profile({ signal: 'coaps://127.0.0.1:4646', data: 'https://dots.example.com' })],
    ['marked', profile({ signal: 'coaps://127.0.0.1:5000', production: true })],
    ['same', profile({ signal: 'coap://localhost:5000' })],
  ]);
  assert.deepEqual(withServer('lab', profiles), []);
  assert.deepEqual(withServer('local', profiles), []);
  assert.deepEqual(withServer('remote', profiles), ['error policy/remote-profile']);
  assert.deepEqual(withServer('marked', profiles), ['error policy/production-profile']);
  assert.deepEqual(withServer('same', profiles), ['error policy/production-profile']);
  assert.deepEqual(withServer('absent', profiles), ['error policy/unknown-profile']);
  assert.deepEqual(withServer('absent'), [], 'no profiles file is known');
});

test('every code of class policy is one of a test here', () => {
  const tested = readFileSync(join(root, 'test/unit/workspace/policy/policy.test.ts'), 'utf8');
  for (const code of findingCodes.filter((each) => each.startsWith('policy/')))
    assert.ok(tested.includes(`${code}'`) || tested.includes(`'${code.slice('policy/'.length)}'`), code);
});

test('names that the file defines are completed and explained; members and values too', () => {
  const complete = (marked: string, profiles: string[] = []): string[] => {
    const { text, position } = withCaret(marked);
    return service.complete(service.parse(text, file), position, { profiles }).map(({ label }) => label);
  };
  const lists = '"links": [{"name": "a"}, {"name": "b"}], "nodes": [{"name": "n"}], "dms": [{"name": "d"}]';
  assert.deepEqual(complete(`{${lists}, "clients": [{"path": "|"}]}`), ['out-of-band', 'a', 'b']);
  assert.deepEqual(complete(`{${lists}, "clients": [{"watches": ["|"]}]}`), ['a', 'b']);
  assert.deepEqual(complete(`{${lists}, "strategies": [{"use": [|]}]}`), ['d']);
  assert.deepEqual(complete(`{${lists}, "strategies": [{"filter": ["|"]}]}`), ['n']);
  assert.deepEqual(complete(`{${lists}, "traffic": [{"enters": {"a": 1, |}}]}`), ['b']);
  assert.deepEqual(complete('{"dms": [{"server": "|"}]}', ['lab']), ['simulated', 'profile lab']);
  assert.deepEqual(complete('{"dms": [{"divert": {"by": "|"}}]}'), ['flowspec-redirect', 'bgp']);
  assert.deepEqual(complete('{"strategies": [{"when": {|}}]}'), ['role', 'vector', 'value', 'volume', 'link-load']);
  assert.deepEqual(complete('{"clients": [{"name": "a", "cuid": "x", "limits": {}, "gateway": false, |}]}'), [
    'identities',
    'own-prefixes',
    'role',
    'path',
    'watches',
  ]);
  assert.deepEqual(complete('|'), ['Policy of an orchestrator', 'Orchestrator policy']);
  const hover = (marked: string): string => {
    const { text, position } = withCaret(marked);
    return service.hover(service.parse(text, file), position)?.markdown ?? '';
  };
  assert.match(hover('{"links": [{"name": "a", "capacity": 7}], "nodes": [{"links": ["|a"]}]}'), /"capacity": 7/);
  assert.match(hover('{"strategies": [{"wh|en": {}}]}'), /whose input is unknown does not match[\s\S]*rfc8903/);
});

test('a completed member begins with brackets of its type', () => {
  const { text, position } = withCaret('{|}');
  const texts = service.complete(service.parse(text, file), position).map(({ text: each }) => each);
  assert.ok(
    texts.some((each) => each.replace(/\s+/g, ' ') === '"links": [ { "name": "", "capacity": } ]'),
    texts.join('\n'),
  );
});

test('every prefix and every one-character deletion is checked, completed and hovered without an exception', () => {
  const small = JSON.stringify({ ...example, traffic: [], dms: [(example.dms as JsonObject[])[0]] });
  for (let at = 0; at <= small.length; at += 7)
    for (const part of [small.slice(0, at), small.slice(0, at) + small.slice(at + 1)]) {
      const document = service.parse(part, file);
      const position = document.lines.positionAt(at);
      service.policyFindings(document, new Map());
      service.complete(document, position);
      service.hover(document, position);
    }
});
