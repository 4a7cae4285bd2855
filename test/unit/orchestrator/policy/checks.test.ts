import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { signalPort } from '#dots/flowspec/packets/sessions';
import { translate } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { controlPackets, refusalOf, type CheckContext, type CheckedRequest } from '#dots/orchestrator/policy/checks';
import { answerTo } from '#dots/orchestrator/policy/refusal';
import { aclDocument, scopeDocument } from '../../../support/flowspec/rules';
import { needShared } from '../../../support/shared';
import { prefixOf } from '../../../support/world';

const rulesOf = (value: JsonObject): FlowspecRule[] => translate([{ file: 'x.json', value }]).rules;
const scope = (members: JsonObject): FlowspecRule[] =>
  rulesOf(scopeDocument({ 'target-prefix': ['192.0.2.2/32'], ...members }));
const sourcePort = (port: number): JsonObject => ({
  'target-protocol': [17],
  'ietf-dots-call-home:source-port-range': [{ 'lower-port': port }],
});
const targetPort = (port: number, protocol = 6): JsonObject => ({
  'target-protocol': [protocol],
  'target-port-range': [{ 'lower-port': port }],
});

const request = (members: Partial<CheckedRequest> = {}): CheckedRequest => ({
  role: 'dms',
  targets: [prefixOf('192.0.2.2/32')],
  ownPrefixes: [prefixOf('192.0.2.0/24')],
  scope: { acls: false, targetPorts: false, sources: true },
  rules: scope(sourcePort(53)),
  ...members,
});

const web = {
  name: 'baseline 1 of web-1',
  targets: [prefixOf('192.0.2.0/24')],
  protocols: [6],
  ports: [
    [80, 80],
    [443, 443],
  ] as const,
};

const context = (members: Partial<CheckContext> = {}): CheckContext => ({
  nodes: [{ name: 'edge-1', rules: 100, installed: 0 }],
  baselines: [web],
  signalPorts: [signalPort],
  ...members,
});

const bare = { acls: false, targetPorts: false, sources: false };

const cases: readonly [what: string, Partial<CheckedRequest>, Partial<CheckContext>, string | undefined][] = [
  ['source ports of reflectors', {}, {}, undefined],
  ['a target outside of the own prefixes', { targets: [prefixOf('203.0.113.1/32')] }, {}, 'own-prefixes'],
  ['a target wider than the own prefixes', { targets: [prefixOf('192.0.0.0/16')] }, {}, 'own-prefixes'],
  ['a client without own prefixes', { ownPrefixes: undefined, targets: [prefixOf('203.0.113.1/32')] }, {}, undefined],
  ['a client that may protect nothing', { ownPrefixes: [] }, {}, 'own-prefixes'],
  ['a prefix alone, of a DMS', { scope: bare, rules: scope({}) }, {}, 'too-wide'],
  ['prefix and protocol, of a DMS', { scope: bare, rules: scope({ 'target-protocol': [17] }) }, {}, 'too-wide'],
  ['a prefix alone with ACLs to switch on', { scope: { ...bare, acls: true }, rules: [] }, {}, undefined],
  ['a prefix alone, of a customer', { role: 'customer', scope: bare, rules: scope(sourcePort(53)) }, {}, undefined],
  ['the port of BGP', { rules: scope(targetPort(179)) }, {}, 'control-ports'],
  ['the port of BGP, of a customer', { role: 'customer', rules: scope(targetPort(179)) }, {}, undefined],
  ['the port of DOTS', { rules: scope(targetPort(4646, 17)) }, {}, 'control-ports'],
  ['another port of DOTS', { rules: scope(targetPort(5000, 17)) }, { signalPorts: [5000] }, 'control-ports'],
  ['the source port of DOTS', { rules: scope(sourcePort(4646)) }, {}, 'control-ports'],
  ['a web server with a baseline', { rules: scope(targetPort(80)) }, {}, 'baseline'],
  ['the same without a baseline', { rules: scope(targetPort(80)) }, { baselines: [] }, undefined],
  ['another port than that of the baseline', { rules: scope(targetPort(8080)) }, {}, undefined],
  [
    'a baseline of another target',
    { rules: scope(targetPort(80)) },
    { baselines: [{ ...web, targets: [prefixOf('192.0.2.128/25')] }] },
    undefined,
  ],
  [
    'a baseline of everything, beside a reflector: no client connects from its port',
    {},
    { baselines: [{ ...web, protocols: [], ports: [] }] },
    undefined,
  ],
  ['a node that is full', {}, { nodes: [{ name: 'edge-1', rules: 100, installed: 100 }] }, 'budget'],
  ['a node with the last rule free', {}, { nodes: [{ name: 'edge-1', rules: 100, installed: 99 }] }, undefined],
  ['one of two nodes', {}, { nodes: [...context().nodes, { name: 'edge-2', rules: 0, installed: 0 }] }, 'budget'],
];

test('a request is refused by the first check that it fails', () => {
  for (const [what, given, around, check] of cases)
    assert.equal(refusalOf(request(given), context(around))?.check, check, what);
});

test('a refusal names what is wrong, and what to do', () => {
  const text = (given: Partial<CheckedRequest>, around: Partial<CheckContext> = {}): string | undefined =>
    refusalOf(request(given), context(around))?.text;
  assert.equal(
    text({ targets: [prefixOf('203.0.113.1/32')] }),
    '203.0.113.1/32 is outside of the prefixes of the client. Name targets within 192.0.2.0/24.',
  );
  assert.match(text({ rules: scope(targetPort(179)) }) ?? '', /^A rule would drop packets of BGP sessions \(".*179/);
  assert.match(text({ rules: scope(targetPort(80)) }) ?? '', /would drop what baseline 1 of web-1 calls normal/);
  assert.equal(
    text({}, { nodes: [{ name: 'edge-1', rules: 1, installed: 1 }] }),
    'edge-1 takes 1 rule, has 1, and would need 1 more. Ask again when others have ended, or ask for fewer.',
  );
});

test('what stays refused is answered with 4.00 and 400, what may change with 5.03 and 503', () => {
  for (const check of ['own-prefixes', 'too-wide', 'control-ports', 'router'] as const)
    assert.deepEqual(answerTo({ check, text: '' }), { code: '4.00', status: 400, errorTag: 'invalid-value' });
  for (const check of ['budget', 'baseline'] as const)
    assert.deepEqual(answerTo({ check, text: '' }), {
      code: '5.03',
      status: 503,
      errorTag: 'resource-denied',
      retryAfter: 60,
    });
});

test('what else is dropped for other roles is named', () => {
  const all = scope({});
  assert.deepEqual(
    controlPackets(all, [signalPort]).map((each) => each.slice(0, 19)),
    ['packets of BGP sess', 'packets of DOTS ses'],
  );
  assert.deepEqual(controlPackets(scope(sourcePort(53)), [signalPort]), []);
});

test('a rule that the router software of a node cannot take is refused', () => {
  const flow = rulesOf(
    aclDocument([{ matches: { ipv6: { 'destination-ipv6-network': '2001:db8::/64', 'flow-label': 70_000 } } }], {
      type: 'ipv6-acl-type',
    }),
  );
  const nodes = (router: 'gobgp' | 'bird'): CheckContext['nodes'] => [
    { name: 'edge-1', rules: 10, installed: 0, router },
  ];
  const checks = (['gobgp', 'bird'] as const).map(
    (router) =>
      refusalOf(
        request({ role: 'customer', rules: flow, ownPrefixes: undefined }),
        context({ nodes: nodes(router), baselines: [] }),
      )?.check,
  );
  assert.ok(flow.length > 0);
  assert.deepEqual(checks, [undefined, 'router']);
});

test('the requests of the offload draft pass, but for the one against a web server with a baseline', (t) => {
  const path = needShared(t, 'corpus');
  if (path === undefined) return;
  const rules = (name: string): FlowspecRule[] =>
    rulesOf(JSON.parse(readFileSync(`${path}/hayashi-offload-01-${name}.json`, 'utf8')) as JsonObject);
  const checkOf = (name: string): string | undefined => refusalOf(request({ rules: rules(name) }), context())?.check;
  for (const name of ['fig04.conformant', 'fig05.conformant-2of2', 'fig07.conformant'])
    assert.equal(checkOf(name), undefined, name);
  assert.equal(checkOf('fig05.conformant-1of2'), 'baseline');
});
