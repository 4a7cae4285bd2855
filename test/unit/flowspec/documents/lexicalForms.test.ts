import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translate } from '#dots/flowspec/translate';
import type { JsonObject, JsonValue } from '#dots/model/json';
import { validationService } from '#service/validationService';
import { aclDocument, scopeDocument } from '../../../support/flowspec/rules';

const to = { 'destination-ipv4-network': '192.0.2.0/24' };

const ace = (matches: JsonObject, actions: JsonObject = { forwarding: 'drop' }, type = 'ipv4-acl-type'): JsonObject =>
  aclDocument([{ matches, actions }], { type });

/** Every way to write a value that its YANG type accepts (RFC 7950 section 9), the canonical one first. */
const forms: [type: string, write: (value: JsonValue) => JsonObject, forms: JsonValue[]][] = [
  [
    'decimal64',
    (rate) => ace({ ipv4: to }, { forwarding: 'accept', 'rate-limit': rate }),
    ['20000.5', '+20000.50', '0020000.5', '+000020000.5000'],
  ],
  [
    'decimal64, a whole number',
    (rate) => ace({ ipv4: to }, { forwarding: 'accept', 'rate-limit': rate }),
    ['20000.00', '20000', '+20000', '20000.0'],
  ],
  ['bits, TCP flags', (flags) => ace({ ipv4: to, tcp: { flags } }), ['syn ack', 'ack syn', ' ack  syn ', 'syn ack ']],
  [
    'bits, an operator',
    (operator) => ace({ ipv4: to, tcp: { 'flags-bitmask': { operator, bitmask: 2 } } }),
    ['not any', 'any not', '  any not'],
  ],
  [
    'bits, fragments',
    (type) => ace({ ipv4: { ...to, fragment: { operator: 'match', type } } }),
    ['df isf', 'isf df', ' isf   df'],
  ],
  [
    'identityref, an action',
    (forwarding) => ace({ ipv4: to }, { forwarding }),
    ['ietf-access-control-list:drop', 'drop'],
  ],
  [
    'identityref, a type of ACL',
    (type) => aclDocument([{ matches: { ipv4: to } }], { type }),
    ['ietf-access-control-list:ipv4-acl-type', 'ipv4-acl-type'],
  ],
  [
    'enumeration with a default',
    (operator) => ace({ ipv4: to, udp: { 'source-port-range-or-operator': { operator, port: 53 } } }),
    ['eq'],
  ],
  ['uint8 as JSON writes it', (protocol) => ace({ ipv4: { ...to, protocol } }), [17, 17.0, 1.7e1]],
  [
    'ipv6-prefix',
    (network) => ace({ ipv6: { 'destination-ipv6-network': network } }, undefined, 'ipv6-acl-type'),
    ['2001:db8::/32', '2001:DB8::/32', '2001:db8:0:0::/32', '2001:0db8::/32', '2001:db8::0.0.0.0/32'],
  ],
  [
    'ip-prefix',
    (prefix) => scopeDocument({ 'target-prefix': [prefix], 'target-protocol': [17] }),
    ['192.0.2.0/24', '192.0.2.9/24'],
  ],
];

const errorsIn = (findings: readonly { severity: string }[]): object[] =>
  findings.filter(({ severity }) => severity === 'error');

for (const [type, write, values] of forms)
  test(`each form that validation accepts is the same rule: ${type}`, () => {
    const nlris = values.map((value) => {
      const document = write(value);
      assert.deepEqual(errorsIn(validationService.validate(JSON.stringify(document)).findings), [], String(value));
      const { rules, findings } = translate([{ file: 'x', value: document }]);
      assert.deepEqual(errorsIn(findings), [], String(value));
      return rules.map(({ nlri, extendedCommunities }) => [nlri, extendedCommunities]);
    });
    assert.equal(nlris[0]?.length, 1);
    for (const [index, one] of nlris.entries()) assert.deepEqual(one, nlris[0], String(values[index]));
  });

test('each form that validation refuses is no rule', () => {
  for (const rate of ['20e3', '0x4e20', ' 20000', '20000.', '.5', '20000.005', '-1', 20000, '92233720368547758.08']) {
    const document = ace({ ipv4: to }, { forwarding: 'accept', 'rate-limit': rate });
    assert.notDeepEqual(errorsIn(validationService.validate(JSON.stringify(document)).findings), [], String(rate));
    const { rules, findings } = translate([{ file: 'x', value: document }]);
    assert.deepEqual(rules, [], String(rate));
    assert.notDeepEqual(errorsIn(findings), [], String(rate));
  }
});
