import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import { check } from '#dots/check/check';
import type { VectorName } from '#dots/model/attackVectors';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { aclsFor } from '#dots/orchestrator/offload/documents';
import { described, flowKey, type BlockedFlow } from '#dots/orchestrator/offload/flows';
import { planOffload, type OffloadInput, type OffloadPlan } from '#dots/orchestrator/offload/plan';
import { Random } from '#dots/world/random';
import { needShared } from '../../../support/shared';
import { prefixOf, seeds } from '../../../support/world';

const target = prefixOf('192.0.2.2/32');

function flow(members: Partial<BlockedFlow>): BlockedFlow {
  return { target, protocol: 17, vector: 'dns-amplification', rate: 1000, ...members };
}

const from = (last: number, sourcePort: number, members: Partial<BlockedFlow> = {}): BlockedFlow =>
  flow({ source: prefixOf(`203.0.113.${last}/32`), sourcePort, ...members });

const to = (protocol: number, targetPort: number, rate = 1000, vector: VectorName = 'syn-flood'): BlockedFlow =>
  flow({ protocol, targetPort, rate, vector });

function plan(flows: readonly BlockedFlow[], more: Partial<OffloadInput> = {}): OffloadPlan {
  return planOffload({ flows, path: 'in-band', dataChannel: false, name: 'offload', ...more });
}

/** More reflectors than a request names, each with all ports. */
const many = (ports: readonly number[], protocol: number): BlockedFlow[] =>
  ports.flatMap((port) => Array.from({ length: 40 }, (_, index) => from(index + 1, port, { protocol })));

const documentsOf = ({ acls, requests }: OffloadPlan): JsonObject[] => [
  ...(acls === undefined ? [] : [acls]),
  ...requests.map(({ document }) => document),
];

/** A document without the names of ACLs and entries, which each DMS chooses for itself. */
function withoutNames(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([name]) => name !== 'name' && name !== 'acl-name');
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNames(member)]));
}

const preparedReflection = {
  name: 'amplification',
  flows: [53, 123].map((sourcePort) => ({ target, protocol: 17, sourcePort })),
};
const preparedFloods = {
  name: 'floods',
  flows: [80, 20].map((targetPort) => ({ target, protocol: 6, targetPort })),
};

const figures: readonly [figure: string, what: string, document: () => JsonObject[]][] = [
  ['04', 'out-of-band', () => documentsOf(plan([from(2, 53), from(3, 53)], { path: 'out-of-band' }))],
  ['05.conformant-1of2', 'in-band, TCP floods', () => documentsOf(plan([to(6, 80), to(6, 443)]))],
  ['05.conformant-2of2', 'in-band, UDP floods', () => documentsOf(plan([to(17, 53), to(17, 123)]))],
  [
    '06.conformant-1of2',
    'in-band, one reflector',
    () => documentsOf(plan([53, 123].map((port) => from(2, port, { protocol: 6 })))),
  ],
  [
    '06.conformant-2of2',
    'in-band, another reflector',
    () => documentsOf(plan([19, 11_211].map((port) => from(3, port, { protocol: 6 })))),
  ],
  ['07', 'in-band, many reflectors', () => documentsOf(plan(many([53, 123, 19, 11_211], 6)))],
  [
    '08',
    'prepared against reflection',
    () => [aclsFor([{ ...preparedReflection, activation: 'activate-when-mitigating' }])],
  ],
  [
    '09',
    'switched on, reflection',
    () => documentsOf(plan(many([53, 123], 17), { prepared: [preparedReflection, preparedFloods] })),
  ],
  ['10', 'prepared against floods', () => [aclsFor([{ ...preparedFloods, activation: 'activate-when-mitigating' }])]],
  [
    '11',
    'switched on, floods',
    () => documentsOf(plan([to(6, 80), to(6, 20)], { prepared: [preparedReflection, preparedFloods] })),
  ],
];

for (const [figure, what, documents] of figures)
  test(`${what}: the document is that of figure ${figure} of the draft in its conformant form`, (t) => {
    const name = figure.includes('.') ? figure : `${figure}.conformant`;
    const path = needShared(t, 'corpus', `hayashi-offload-01-fig${name}.json`);
    if (path === undefined) return;
    const expected = JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
    assert.deepEqual(documents().map(withoutNames), [withoutNames(expected)]);
  });

test('two reflectors with different ports do not fit into one request: the larger is sent, the rest reported', () => {
  const small = from(2, 53, { rate: 1000 });
  const large = from(3, 123, { rate: 5000, vector: 'ntp-amplification' });
  const { requests, left, acls } = plan([small, large]);
  assert.deepEqual(
    requests.map(({ flows }) => flows),
    [[large]],
  );
  assert.deepEqual(
    left.map((each) => each.flow),
    [small],
  );
  assert.match(left[0]?.reason ?? '', /does not fit/);
  assert.equal(acls, undefined);
});

test('what does not fit into one request becomes an ACL where the data channel gets through', () => {
  const { requests, left, acls } = plan([to(6, 80, 9000), to(17, 53)], { dataChannel: true });
  assert.deepEqual(
    requests.map(({ flows }) => flows),
    [[to(6, 80, 9000)]],
  );
  assert.deepEqual(left, []);
  assert.match(JSON.stringify(acls), /"udp":\{"destination-port-range-or-operator":\{"operator":"eq","port":53\}\}/);
});

test('a prepared ACL is switched on only where each of its entries is for what is blocked', () => {
  const { requests } = plan(many([53], 17), { prepared: [preparedReflection] });
  assert.doesNotMatch(JSON.stringify(requests), /acl-list/);
});

test('few reflectors are named, whether or not an ACL is prepared', () => {
  const { requests } = plan([from(2, 53), from(2, 123)], { prepared: [preparedReflection] });
  assert.match(JSON.stringify(requests), /source-prefix/);
});

test('a flood to all ports from forged sources is not offloaded: a rule for it would take all traffic', () => {
  for (const path of ['in-band', 'out-of-band'] as const) {
    const { requests, acls, left } = plan([flow({ vector: 'udp-flood' })], { path, dataChannel: true });
    assert.deepEqual([requests, acls], [[], undefined]);
    assert.match(left[0]?.reason ?? '', /no port or source/);
  }
});

test('targets that overlap are never in two requests', () => {
  const wide = to(6, 80, 9000);
  const { requests, left } = plan([{ ...wide, target: prefixOf('192.0.2.0/24') }, to(6, 80)]);
  assert.equal(requests.length, 1);
  assert.equal(left.length, 1);
});

const randomFlow = (random: Random): BlockedFlow => {
  const family = random.pick(['192.0.2.2/32', '192.0.2.0/25', '192.0.2.200/32', '2001:db8:1::2/128']);
  const v6 = family.includes(':');
  const source = v6 ? `2001:db8:ffff:ffff:ffff:ffff:ffff:${random.below(30).toString(16)}/128` : undefined;
  return {
    target: prefixOf(family),
    protocol: random.pick([6, 17]),
    vector: 'dns-amplification',
    rate: 1 + random.below(1000),
    ...(random.below(3) > 0 && { source: prefixOf(source ?? `203.0.113.${random.below(30)}/32`) }),
    ...(random.below(3) > 0 && { sourcePort: random.pick([53, 123, 19, random.below(65_536)]) }),
    ...(random.below(3) > 0 && { targetPort: random.pick([80, 443, random.below(65_536)]) }),
  };
};

const listOf = (scope: JsonObject, name: string): JsonValue[] => (scope[name] as JsonValue[] | undefined) ?? ['*'];
const portsIn = (scope: JsonObject, name: string): string[] =>
  listOf(scope, name).map((each) => String(isObject(each) ? each['lower-port'] : each));

/** Each combination of members that a request matches, as the keys of flows. */
function combinations(document: JsonObject): string[] {
  const [scope] = (document['ietf-dots-signal-channel:mitigation-scope'] as { scope: JsonObject[] }).scope;
  assert.ok(scope);
  const lists = [
    listOf(scope, 'target-prefix').map(String),
    listOf(scope, 'target-protocol').map(String),
    listOf(scope, 'ietf-dots-call-home:source-prefix').map(String),
    portsIn(scope, 'ietf-dots-call-home:source-port-range'),
    portsIn(scope, 'target-port-range'),
  ];
  return lists.reduce<string[]>(
    (all, list) => (all.length === 0 ? list : all.flatMap((one) => list.map((other) => `${one} ${other}`))),
    [],
  );
}

/** The entries of ACLs as the keys of flows. */
function entriesOf(document: JsonObject | undefined): string[] {
  const { acl = [] } = (document?.['ietf-dots-data-channel:acls'] ?? {}) as { acl?: { aces: { ace: Entry[] } }[] };
  return acl.flatMap(({ aces }) => aces.ace.map(entryKey));
}

interface Entry {
  matches: Record<string, Record<string, JsonValue>>;
}

function entryKey({ matches: { ipv4, ipv6, tcp, udp } }: Entry): string {
  const header = { ...ipv4, ...ipv6 };
  const network = (side: string): JsonValue => header[`${side}-ipv4-network`] ?? header[`${side}-ipv6-network`] ?? '*';
  const port = (side: string): JsonValue => {
    const match = { ...tcp, ...udp }[`${side}-port-range-or-operator`];
    return isObject(match) ? (match.port ?? '*') : '*';
  };
  return [network('destination'), header.protocol, network('source'), port('source'), port('destination')].join(' ');
}

/** The least that a datagram carries beside the options of the request: RFC 9132 section 7.3. */
const mostOctets = 1000;

test('whatever is blocked: each document is valid, fits, is no wider than it, and no flow is lost or asked for twice', () => {
  for (const seed of seeds(20_261_201))
    for (let round = 0; round < 200; round++) {
      const random = new Random(seed + round);
      const flows = Array.from({ length: 1 + random.below(60) }, () => randomFlow(random));
      const path = random.pick(['in-band', 'out-of-band'] as const);
      const made = plan(flows, { path, dataChannel: random.below(2) === 0 });
      const context = `seed ${seed}, round ${round}`;
      for (const document of documentsOf(made))
        assert.deepEqual(
          check(document).faults.filter(({ severity }) => severity === 'error'),
          [],
          context,
        );
      for (const { document } of made.requests) assert.ok(encodeDocument(document).length <= mostOctets, context);
      const asked = made.requests.flatMap(({ document }) => combinations(document));
      const left = made.left.map((each) => flowKey(each.flow));
      const all = described(flows, path).map(flowKey);
      assert.deepEqual([...asked, ...entriesOf(made.acls), ...left].sort(), all.sort(), context);
    }
});
