import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translate } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { ace, aclDocument, scopeDocument, translated } from '../../../support/flowspec/rules';

const to = { 'destination-ipv4-network': '192.0.2.10/32' };
const to6 = { 'destination-ipv6-network': '2001:db8::10/128' };
const v6 = { type: 'ipv6-acl-type' };

/** The octets of the components after `dst 192.0.2.10/32`. */
function after(matches: JsonObject): string | undefined {
  const { nlris, codes } = ace({ ...matches, ipv4: { ...to, ...(matches.ipv4 as JsonObject | undefined) } });
  assert.deepEqual(
    codes.filter((code) => code.startsWith('error')),
    [],
  );
  return nlris[0]?.slice(14);
}

test('addresses, protocol, DSCP and length', () => {
  assert.deepEqual(
    ace({ ipv4: { ...to, 'source-ipv4-network': '198.51.100.0/24', protocol: 17, dscp: 46, length: 468 } }).texts,
    ['dst 192.0.2.10/32, src 198.51.100.0/24, udp, length 468, dscp 46 -> discard'],
  );
  assert.equal(after({ ipv4: { protocol: 6 } }), '038106');
});

test('IPv6: offset 0, length plus 40, flow label in 4 octets', () => {
  const { nlris, texts } = ace({ ipv6: { ...to6, length: 1240, 'flow-label': 100 } }, v6);
  assert.deepEqual(texts, ['dst 2001:db8::10/128, length 1280, flow label 100 -> discard']);
  assert.deepEqual(nlris, ['1d01800020010db8000000000000000000000010' + '0a910500' + '0da100000064']);
});

test('a transport container demands its protocol', () => {
  assert.equal(after({ tcp: {} }), '038106');
  assert.equal(after({ udp: {}, ipv4: { protocol: 17 } }), '038111');
  assert.equal(after({ icmp: { type: 8, code: 0 } }), '038101' + '078108' + '088100');
  assert.deepEqual(ace({ ipv6: to6, icmp: { type: 128 } }, v6).texts, [
    'dst 2001:db8::10/128, icmpv6, icmp type 128 -> discard',
  ]);
  for (const [container, family, protocol] of [
    ['tcp', 'ipv4', 17],
    ['icmp', 'ipv4', 58],
    ['icmp', 'ipv6', 1],
  ] as const) {
    const { texts, codes } = ace(
      { [family]: { ...(family === 'ipv4' ? to : to6), protocol }, [container]: {} },
      { type: `${family}-acl-type` },
    );
    assert.deepEqual([texts, codes], [[], [`warning protocol-conflict 0/matches/${container}`]]);
  }
});

test('the protocol number that ICMP has in the other family', () => {
  const { texts, codes } = ace({ ipv6: { ...to6, protocol: 1 } }, v6);
  assert.deepEqual(
    [texts, codes],
    [['dst 2001:db8::10/128, icmp -> discard'], ['warning icmp-family 0/matches/ipv6/protocol']],
  );
  assert.deepEqual(ace({ ipv6: { ...to6, protocol: 58 } }, v6).codes, []);
});

test('a prefix that no packet has', () => {
  const { findings } = ace({ ipv6: { 'destination-ipv6-network': '::ffff:192.0.2.0/120' } }, v6);
  assert.match(
    findings.find(({ code }) => code === 'flowspec/mapped-prefix')?.message ?? '',
    /^No packet matches ::ffff:192\.0\.2\.0\/120: .* Write 192\.0\.2\.0\/24\.$/,
  );
  const martians = ace({ ipv6: { ...to6, 'source-ipv6-network': '::ffff:0:0/96' } }, v6);
  assert.ok(!martians.findings.some(({ code }) => code === 'flowspec/mapped-prefix'), 'a filter of all of them');
});

test('ports', () => {
  const port = (value: JsonObject): string | undefined =>
    after({ udp: { 'destination-port-range-or-operator': value } })?.slice(6);
  assert.equal(port({ port: 53 }), '058135');
  assert.equal(port({ operator: 'eq', port: 1024 }), '05910400');
  assert.equal(port({ operator: 'neq', port: 53 }), '058635');
  assert.equal(port({ operator: 'lte', port: 1023 }), '059503ff');
  assert.equal(port({ operator: 'gte', port: 1024 }), '05930400');
  assert.equal(port({ 'lower-port': 80, 'upper-port': 443 }), '050350d501bb');
  assert.equal(port({ 'lower-port': 80, 'upper-port': 80 }), '058150');
  assert.equal(after({ tcp: { 'source-port-range-or-operator': { port: 53 } } }), '038106' + '068135');
});

test('malformed ports are reported where they are', () => {
  const port = (value: JsonObject): string[] =>
    ace({ ipv4: to, udp: { 'source-port-range-or-operator': value } }).codes;
  const at = '0/matches/udp/source-port-range-or-operator';
  assert.deepEqual(port({ 'lower-port': 443, 'upper-port': 80 }), [`error value ${at}`]);
  assert.deepEqual(port({ 'lower-port': 443 }), [`error value ${at}`]);
  assert.deepEqual(port({ operator: 'lt', port: 80 }), [`error value ${at}/operator`]);
  assert.deepEqual(port({ port: 65536 }), [`error value ${at}/port`]);
  assert.deepEqual(port({ port: '80' }), [`error value ${at}/port`]);
  assert.deepEqual(port({}), [`error value ${at}`]);
  assert.deepEqual(port({ port: 80, 'lower-port': 80, 'upper-port': 80 }), [`error unknown-member ${at}/port`]);
});

test('TCP flags: mask with operator, and exact flags', () => {
  const mask = (value: JsonObject): string | undefined => after({ tcp: { 'flags-bitmask': value } })?.slice(6);
  assert.equal(mask({ operator: 'match', bitmask: 2 }), '098102');
  assert.equal(mask({ bitmask: 18 }), '098112', 'more than one bit, and match by default');
  assert.equal(mask({ operator: 'any', bitmask: 2 }), '098002');
  assert.equal(mask({ operator: 'not match', bitmask: 2 }), '098302');
  assert.equal(mask({ operator: 'any not', bitmask: 2 }), '098202');
  assert.equal(mask({ operator: 'not any', bitmask: 4095 }), '09920fff');
  assert.equal(mask({ operator: 'not', bitmask: 2 }), '098302');
  const flags = (value: string): string | undefined => after({ tcp: { flags: value } })?.slice(6);
  assert.equal(flags('syn'), '090102c2fd');
  assert.equal(flags('syn ack'), '090112c2ed');
  assert.equal(flags(''), '0982ff');
  assert.equal(flags('cwr ece urg ack psh rst syn fin'), '0981ff');
});

test('TCP flags that make no sense', () => {
  const codes = (tcp: JsonObject): string[] => ace({ ipv4: to, tcp }).codes;
  const at = '0/matches/tcp';
  assert.deepEqual(codes({ 'flags-bitmask': { operator: 'match any', bitmask: 2 } }), [
    `error operator ${at}/flags-bitmask/operator`,
  ]);
  assert.deepEqual(codes({ 'flags-bitmask': { bitmask: 4096 } }), [`error value ${at}/flags-bitmask/bitmask`]);
  assert.deepEqual(codes({ 'flags-bitmask': { operator: 'match' } }), [`error value ${at}/flags-bitmask`]);
  assert.deepEqual(codes({ 'flags-bitmask': { bitmask: 2, mask: 1 } }), [
    `error unknown-member ${at}/flags-bitmask/mask`,
  ]);
  assert.deepEqual(codes({ 'flags-bitmask': { bitmask: 2 }, flags: 'syn' }), [`error exclusive ${at}/flags`]);
  assert.deepEqual(codes({ flags: 'syn ns' }), [`error value ${at}/flags`]);
  assert.deepEqual(codes({ 'flags-bitmask': { operator: 'not', bitmask: 2 } }), [
    `information operator ${at}/flags-bitmask/operator`,
  ]);
});

test('fragments: ISF means any fragment, the others keep their bit', () => {
  const fragment = (type: string, operator?: string): string | undefined =>
    after({ ipv4: { fragment: { type, ...(operator && { operator }) } } });
  assert.equal(fragment('isf'), '0c8006');
  assert.equal(fragment('isf', 'any'), '0c8006');
  assert.equal(fragment('isf', 'not match'), '0c8206');
  assert.equal(fragment('isf', 'not any'), '0c8206');
  assert.equal(fragment('ff'), '0c8104');
  assert.equal(fragment('lf'), '0c8108');
  assert.equal(fragment('df'), '0c8101');
  assert.equal(fragment('ff isf'), '0c8104');
  assert.equal(fragment('df isf'), '0c0101c006');
  assert.equal(fragment('df isf', 'not match'), '0c03018206');
  assert.equal(fragment('df ff lf', 'any'), '0c800d');
  assert.equal(fragment('df isf', 'any'), '0c8007');
});

test('fragments that cannot be', () => {
  const at = '0/matches/ipv4/fragment/type';
  assert.deepEqual(ace({ ipv4: { ...to, fragment: { type: '' } } }).codes, [`error value ${at}`]);
  assert.deepEqual(ace({ ipv4: { ...to, fragment: { type: 'xf' } } }).codes, [`error value ${at}`]);
  assert.deepEqual(ace({ ipv6: { ...to6, fragment: { type: 'df' } } }, v6).codes, [
    'error df-ipv6 0/matches/ipv6/fragment/type',
  ]);
  assert.deepEqual(ace({ ipv6: { ...to6, fragment: { type: 'isf' } } }, v6).codes, [
    'information isf 0/matches/ipv6/fragment/type',
    'warning atomic-fragment 0/matches/ipv6/fragment/type',
  ]);
  const { texts, codes } = ace({ ipv4: { ...to, fragment: { type: 'ff lf' } } });
  assert.deepEqual([texts, codes], [[], ['warning never-matches 0']]);
});

test('IPv4 flags are exact: DF and more fragments', () => {
  const flags = (value: string): string | undefined => after({ ipv4: { flags: value } });
  assert.equal(flags('fragment'), '0c' + '01014206' + '0101c108');
  assert.deepEqual(ace({ ipv4: { ...to, flags: 'more' } }).texts, [
    'dst 192.0.2.10/32, fragment not df and first or not df and later and not last -> discard',
  ]);
  assert.deepEqual(ace({ ipv4: { ...to, flags: '' } }).codes, ['warning reserved-bit 0/matches/ipv4/flags']);
  assert.deepEqual(ace({ ipv4: { ...to, flags: 'reserved' } }).codes, ['error not-expressible 0/matches/ipv4/flags']);
  assert.deepEqual(ace({ ipv4: { ...to, flags: 'more', fragment: { type: 'ff' } } }).codes.slice(0, 1), [
    'error exclusive 0/matches/ipv4/flags',
  ]);
});

test('fields that Flowspec has not are refused at the member, never left out', () => {
  const fields: [JsonObject, string][] = [
    ...['ttl', 'ecn', 'ihl', 'offset', 'identification'].map((name): [JsonObject, string] => [
      { ipv4: { ...to, [name]: 20 } },
      `ipv4/${name}`,
    ]),
    ...[
      'sequence-number',
      'acknowledgement-number',
      'data-offset',
      'reserved',
      'window-size',
      'urgent-pointer',
      'options',
    ].map((name): [JsonObject, string] => [{ ipv4: to, tcp: { [name]: 5 } }, `tcp/${name}`]),
    [{ ipv4: to, udp: { length: 8 } }, 'udp/length'],
    [{ ipv4: to, icmp: { 'rest-of-header': 'AA==' } }, 'icmp/rest-of-header'],
    [{ ipv4: to, eth: {} }, 'eth'],
  ];
  for (const [matches, at] of fields) {
    const { texts, codes, findings } = ace(matches);
    assert.deepEqual([texts, codes], [[], [`error not-expressible 0/matches/${at}`]]);
    assert.equal(findings[0]?.atName, true);
  }
});

test('members that are not understood leave no rule behind', () => {
  assert.deepEqual(ace({ ipv4: { ...to, protcol: 17 } }).codes, ['error unknown-member 0/matches/ipv4/protcol']);
  assert.deepEqual(ace({ ipv4: to, sctp: {} }).codes, ['error unknown-member 0/matches/sctp']);
  assert.deepEqual(ace({ ipv4: to, constructor: {} }).codes, ['error unknown-member 0/matches/constructor']);
  assert.deepEqual(ace({ ipv4: to, udp: { 'source-port': 53 } }).codes, [
    'error unknown-member 0/matches/udp/source-port',
  ]);
  assert.deepEqual(ace({ ipv4: to }, { actions: { forwarding: 'drop', rate: '1' } }).codes, [
    'error unknown-member 0/actions/rate',
  ]);
  const all = ace({ ipv4: { ...to, ttl: 1, ecn: 1 }, udp: { length: 8 } });
  assert.equal(all.codes.length, 3, 'every reason is reported at once');
});

test('an entry left out is reported again where a later one takes its packets', () => {
  const first = (network: string): string[] =>
    translated(
      aclDocument([
        { matches: { ipv4: { 'destination-ipv4-network': network, ttl: 1 } }, actions: { forwarding: 'accept' } },
        { matches: { ipv4: { 'destination-ipv4-network': '192.0.2.0/24' }, udp: {} } },
      ]),
    ).codes;
  assert.deepEqual(first('192.0.2.10/32'), ['error not-expressible 0/matches/ipv4/ttl', 'warning left-out 0']);
  assert.deepEqual(first('203.0.113.1/32'), ['error not-expressible 0/matches/ipv4/ttl']);
});

test('families: type, containers, and an ACL without a type', () => {
  assert.deepEqual(ace({ ipv6: to6 }).codes, ['error family 0/matches/ipv6']);
  assert.deepEqual(ace({ ipv4: to, ipv6: to6 }).codes.slice(0, 1), ['error exclusive 0/matches/ipv6']);
  assert.deepEqual(ace({ ipv4: { 'destination-ipv4-network': '2001:db8::/32' } }).codes, [
    'error family 0/matches/ipv4/destination-ipv4-network',
  ]);
  assert.deepEqual(ace({ ipv4: to, tcp: {}, udp: {} }).codes.slice(0, 1), ['error exclusive 0/matches/udp']);
  assert.deepEqual(ace({ ipv4: to }, { type: 'eth-acl-type' }).texts, []);
  assert.deepEqual(ace({ ipv4: to }, { type: 'ietf-access-control-list:ipv4-acl-type' }).texts, [
    'dst 192.0.2.10/32 -> discard',
  ]);
  const open: JsonObject = {
    acl: [
      {
        name: 'a',
        aces: {
          ace: [
            { name: 'b', matches: { icmp: {} }, actions: { forwarding: 'drop' } },
            { name: 'c', matches: { ipv6: to6 }, actions: { forwarding: 'drop' } },
          ],
        },
      },
    ],
  };
  const value = { 'ietf-dots-data-channel:acls': open };
  const domain = ['192.0.2.0/24', '2001:db8::/32'];
  const { rules } = translate([{ file: 'x', value, faults: [] }], { domain });
  assert.deepEqual(
    rules.map(({ text }) => text),
    ['dst 192.0.2.0/24, icmp -> discard', 'dst 2001:db8::/32, icmpv6 -> discard', 'dst 2001:db8::10/128 -> discard'],
  );
});

test("a missing destination means one's own prefixes, and without them no rule", () => {
  const source = { ipv4: { 'source-ipv4-network': '198.51.100.0/24' } };
  assert.deepEqual(ace(source).codes, ['error no-destination 0/matches']);
  assert.deepEqual(ace(undefined).codes, ['error no-destination 0']);
  assert.deepEqual(ace(source, { domain: ['2001:db8::/32'] }).codes, ['error no-destination 0/matches']);
  const filled = ace(source, { domain: ['192.0.2.0/24', '2001:db8::/32', '203.0.113.0/24', '192.0.2.128/25'] });
  assert.deepEqual(filled.texts, [
    'dst 192.0.2.0/24, src 198.51.100.0/24 -> discard',
    'dst 203.0.113.0/24, src 198.51.100.0/24 -> discard',
  ]);
  assert.deepEqual(filled.codes, ['information domain-filled 0/matches']);
  const outside = ace({ ipv4: to }, { domain: ['203.0.113.0/24'] });
  assert.deepEqual(
    [outside.texts, outside.codes],
    [[], ['error outside-domain 0/matches/ipv4/destination-ipv4-network']],
  );
});

test('actions', () => {
  const act = (actions: JsonObject): [string[], string[]] => {
    const { texts, codes } = ace({ ipv4: to, udp: {} }, { actions });
    return [texts.map((text) => text.replace(/.* -> /, '')), codes];
  };
  assert.deepEqual(act({ forwarding: 'drop' }), [['discard'], []]);
  assert.deepEqual(act({ forwarding: 'ietf-access-control-list:drop' }), [['discard'], []]);
  assert.deepEqual(act({ forwarding: 'accept' }), [['accept'], []]);
  assert.deepEqual(act({ forwarding: 'accept', 'rate-limit': '125000.00' }), [['rate 125000 byte/s'], []]);
  assert.deepEqual(act({ forwarding: 'accept', 'rate-limit': '16777217' })[1], [
    'information rate-rounded 0/actions/rate-limit',
  ]);
  assert.deepEqual(act({ forwarding: 'accept', 'rate-limit': '0.00' }), [
    ['discard'],
    ['warning rate-zero 0/actions/rate-limit'],
  ]);
  assert.deepEqual(act({ forwarding: 'accept', 'rate-limit': '-1' }), [[], ['error value 0/actions/rate-limit']]);
  assert.deepEqual(act({ forwarding: 'accept', 'rate-limit': 'fast' }), [[], ['error value 0/actions/rate-limit']]);
  assert.deepEqual(
    act({ forwarding: 'accept', 'rate-limit': 125000 }),
    [[], ['error value 0/actions/rate-limit']],
    'a decimal64 is a string (RFC 7951 section 6.1)',
  );
  assert.deepEqual(act({ forwarding: 'drop', 'rate-limit': '1' }), [[], ['error rate-limit 0/actions/rate-limit']]);
  assert.deepEqual(act({ forwarding: 'reject' }), [[], ['error reject 0/actions/forwarding']]);
  assert.deepEqual(act({ forwarding: 'allow' }), [[], ['error no-action 0/actions/forwarding']]);
  assert.deepEqual(act({}), [[], ['error no-action 0/actions']]);
});

test('a rate limit that becomes several rules is reported', () => {
  const { texts, findings } = ace(
    { udp: {} },
    { actions: { forwarding: 'accept', 'rate-limit': '125000.00' }, domain: ['192.0.2.0/24', '203.0.113.0/24'] },
  );
  assert.equal(texts.length, 2);
  assert.match(findings.find(({ code }) => code === 'flowspec/rate-multiplied')?.message ?? '', /up to 250000 byte\/s/);
});

test('activation: by the ACL, and by a mitigation request', () => {
  const document = (type?: string): JsonObject =>
    aclDocument([{ matches: { ipv4: to } }], type === undefined ? {} : { 'activation-type': type });
  assert.equal(translated(document()).texts.length, 1);
  assert.equal(translated(document('immediate')).texts.length, 1);
  assert.deepEqual(
    [translated(document('deactivate')).texts, translated(document('deactivate')).codes.length],
    [[], 1],
  );
  assert.deepEqual(translated(document('always')).codes, [
    'error value /ietf-dots-data-channel:acls/acl/0/activation-type',
  ]);
  const asking = (name: string, type: string): JsonObject =>
    scopeDocument({
      'target-prefix': ['203.0.113.1/32'],
      'target-protocol': [17],
      'ietf-dots-signal-control:acl-list': [{ 'acl-name': name, 'activation-type': type }],
    });
  const both = (name: string, type: string, own?: string): [number, string[]] => {
    const { rules, findings } = translate([
      { file: 'm.json', value: asking(name, type) },
      { file: 'a.json', value: document(own) },
    ]);
    return [rules.length, findings.filter((finding) => finding.class !== 'advice').map(({ code }) => code)];
  };
  assert.deepEqual(both('acl', 'deactivate'), [1, ['flowspec/deactivated']]);
  assert.deepEqual(both('acl', 'immediate', 'deactivate'), [2, []]);
  assert.deepEqual(both('other', 'immediate'), [2, ['flowspec/acl-unknown']]);
});

test('host bits are reported', () => {
  const { texts, codes } = ace({ ipv4: { 'destination-ipv4-network': '192.0.2.10/24' }, udp: {} });
  assert.deepEqual(
    [texts, codes],
    [['dst 192.0.2.0/24, udp -> discard'], ['information host-bits 0/matches/ipv4/destination-ipv4-network']],
  );
});

test('IPv6 payloads too long to compare, and other values out of range', () => {
  assert.deepEqual(ace({ ipv6: { ...to6, length: 65500 } }, v6).codes, ['error length 0/matches/ipv6/length']);
  assert.deepEqual(ace({ ipv4: { ...to, dscp: 64 } }).codes, ['error value 0/matches/ipv4/dscp']);
  assert.deepEqual(ace({ ipv4: { ...to, protocol: 256 } }).codes, ['error value 0/matches/ipv4/protocol']);
  assert.deepEqual(ace({ ipv6: { ...to6, 'flow-label': 1048576 } }, v6).codes, [
    'error value 0/matches/ipv6/flow-label',
  ]);
  assert.deepEqual(ace({ ipv4: { 'destination-ipv4-network': '192.0.2.10' } }).codes, [
    'error value 0/matches/ipv4/destination-ipv4-network',
  ]);
});

test('the same match twice is announced once', () => {
  const twice = (second: JsonObject): [string[], string[]] => {
    const { texts, codes } = translated(
      aclDocument([
        { matches: { ipv4: to, udp: {} } },
        { matches: { ipv4: { ...to, protocol: 17 } }, actions: second },
      ]),
    );
    return [texts, codes];
  };
  assert.deepEqual(twice({ forwarding: 'drop' }), [['dst 192.0.2.10/32, udp -> discard'], ['information duplicate 1']]);
  assert.deepEqual(twice({ forwarding: 'accept' }), [['dst 192.0.2.10/32, udp -> discard'], ['warning shadowed 1']]);
});
