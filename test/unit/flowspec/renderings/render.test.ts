import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchemas } from '#schemas/config';
import type { Family } from '#dots/model/prefix';
import { decodeAction } from '#dots/flowspec/bgp/communities';
import { decodeNlri } from '#dots/flowspec/bgp/nlri';
import { explainCommunity, explainNlri } from '#dots/flowspec/bgp/explain';
import {
  render,
  renderBird,
  renderExabgp,
  renderExabgpConfiguration,
  renderHex,
  renderings,
  renderingFindings,
  renderTable,
  type Rendering,
} from '#dots/flowspec/renderings/render';
import { describeRule } from '#dots/flowspec/bgp/ruleText';
import { translate } from '#dots/flowspec/translate';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { aclDocument } from '../../../support/flowspec/rules';

const to = { 'destination-ipv4-network': '192.0.2.10/32' };
const { rules } = translate(
  [
    {
      file: 'peacetime.dots.json',
      value: aclDocument([
        { matches: { ipv4: { ...to, fragment: { type: 'isf' } } } },
        { matches: { ipv4: to, udp: { 'source-port-range-or-operator': { port: 53 } } } },
        { matches: { ipv4: to, tcp: { flags: 'syn' } }, actions: { forwarding: 'accept', 'rate-limit': '125000.00' } },
        { matches: { ipv4: { ...to, 'source-ipv4-network': '198.51.100.0/24' } }, actions: { forwarding: 'accept' } },
      ]),
    },
  ],
  { repair: false },
);

/** A rule from octets. */
function rule(family: Family, nlri: string, ...communities: string[]): FlowspecRule {
  const components = decodeNlri(nlri, family);
  const actions = communities.map(decodeAction);
  const short = communities.filter((hex) => hex.length === 16);
  const long = communities.filter((hex) => hex.length === 40);
  return {
    family,
    components,
    actions,
    nlri,
    extendedCommunities: short,
    ...(long.length > 0 && { ipv6ExtendedCommunities: long }),
    text: describeRule(components, actions),
    source: { file: 'x', pointer: '' },
  };
}

test('the text of a rule is one line in words', () => {
  assert.deepEqual(
    rules.map(({ text }) => text),
    [
      'dst 192.0.2.10/32, any fragment -> discard',
      'dst 192.0.2.10/32, udp, src port 53 -> discard',
      'dst 192.0.2.10/32, tcp, tcp flags syn and none of fin/rst/psh/ack/urg/ece/cwr -> rate 125000 byte/s',
      'dst 192.0.2.10/32, src 198.51.100.0/24 -> accept',
    ],
  );
});

test('the words of every kind of component and action', () => {
  const text = (hex: string, family: Family = 'ipv4'): string =>
    describeRule(decodeNlri(hex, family), []).replace(' -> accept', '');
  assert.equal(text('03048719'), 'port true');
  assert.equal(text('03038006'), 'protocol false');
  assert.equal(text('03038101'), 'icmp');
  assert.equal(text('030381fd'), 'protocol 253');
  assert.equal(text('03038606'), 'protocol not 6');
  assert.equal(text('03058616'), 'dst port not 22');
  assert.equal(text('07050350455a8164'), 'dst port 80-90 or 100');
  assert.equal(text('030a8464'), 'length < 100');
  assert.equal(text('030c8206'), 'not fragmented');
  assert.equal(text('030c8202'), 'fragment not later');
  assert.equal(text('030c800c'), 'fragment any of first/last');
  assert.equal(text('0409910102'), 'tcp flags syn+0x100');
  assert.equal(text('03098300'), 'tcp flags not 0');
  assert.equal(text('08016840123456789a', 'ipv6'), 'dst ::1234:5678:9a00:0/64-104');
  assert.equal(text('060da100000007', 'ipv6'), 'flow label 7');
  const action = (hex: string): string => describeRule([], [decodeAction(hex)]);
  assert.equal(action('800c0000447a0000'), 'everything -> rate 1000 packet/s');
  assert.equal(action('8007000000000000'), 'everything -> stop here');
  assert.equal(action('8007000000000003'), 'everything -> sample and continue with later rules');
  assert.equal(action('8108c00002010064'), 'everything -> redirect 192.0.2.1:100');
  assert.equal(action('800900000000002e'), 'everything -> mark dscp 46');
});

test('the workspace file offers every rendering that is for a tool', () => {
  const { enum: offered = [] } = configSchemas.workspace.properties?.['target-router'] ?? {};
  assert.deepEqual(['table', 'hex', ...offered].sort(), [...renderings].sort());
});

test('the table has the order of routers, aligned and not truncated', () => {
  assert.equal(
    renderTable(rules),
    `\
#  FAMILY  MATCH                                                                          ACTION              SOURCE
1  IPv4    dst 192.0.2.10/32, src 198.51.100.0/24                                         accept              peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/3
2  IPv4    dst 192.0.2.10/32, tcp, tcp flags syn and none of fin/rst/psh/ack/urg/ece/cwr  rate 125000 byte/s  peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/2
3  IPv4    dst 192.0.2.10/32, udp, src port 53                                            discard             peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/1
4  IPv4    dst 192.0.2.10/32, any fragment                                                discard             peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/0
`,
  );
  assert.equal(renderTable([]), 'No rules.\n');
});

test('hex: one line for each rule', () => {
  assert.equal(
    renderHex([...rules.slice(1, 2), ...rules.slice(3)]),
    'ipv4 0c0120c000020a038111068135 8006000000000000\nipv4 0b0120c000020a0218c63364\n',
  );
  assert.equal(
    renderHex([rule('ipv6', '03038111', '000d20010db80000000000000000000000010064')]),
    'ipv6 03038111 000d20010db80000000000000000000000010064\n',
  );
});

test('ExaBGP: one route for each rule, in its own keywords', () => {
  assert.equal(
    renderExabgp(rules.slice(1, 3)),
    `\
# dst 192.0.2.10/32, udp, src port 53 -> discard
route rule-1 {
  match {
    destination 192.0.2.10/32;
    protocol [ =17 ];
    source-port [ =53 ];
  }
  then {
    discard;
  }
}
# dst 192.0.2.10/32, tcp, tcp flags syn and none of fin/rst/psh/ack/urg/ece/cwr -> rate 125000 byte/s
route rule-2 {
  match {
    destination 192.0.2.10/32;
    protocol [ =6 ];
    tcp-flags [ =syn&!fin+rst+push+ack+urg+ece+cwr ];
  }
  then {
    rate-limit 125000;
  }
}
`,
  );
  assert.match(
    renderExabgpConfiguration(rules),
    /^neighbor 127\.0\.0\.2 \{\n[^]* {2}flow \{\n {4}# dst[^]*\n {2}\}\n\}\n$/,
  );
});

test('ExaBGP: what it would announce wrongly is left out and reported', () => {
  const left = (one: FlowspecRule): string =>
    renderExabgp([one]).replace(/^# rule 1 is omitted \((.*?)\): .*\n$/, '$1');
  assert.match(left(rule('ipv6', '03038111')), /as IPv4/);
  assert.match(left(rule('ipv6', '08016840123456789a')), /offset/);
  assert.match(left(rule('ipv4', '03048719')), /true and false/);
  assert.match(left(rule('ipv6', '0901300020010db80001', '000d20010db80000000000000000000000010064')), /route target/);
  assert.match(
    renderExabgp([rule('ipv4', '050118c00002', '800c0000447a0000', '8108c00002010064')]),
    /extended-community 0x800c0000447a0000;\n +extended-community 0x8108c00002010064;/,
  );
});

test('GoBGP: one command for each rule, quoted for a shell', () => {
  assert.equal(
    render(rules, 'gobgp'),
    `\
# dst 192.0.2.10/32, any fragment -> discard
gobgp global rib add -a ipv4-flowspec match destination 192.0.2.10/32 fragment 'is-fragment+first-fragment' then discard
# dst 192.0.2.10/32, udp, src port 53 -> discard
gobgp global rib add -a ipv4-flowspec match destination 192.0.2.10/32 protocol '==17' source-port '==53' then discard
# dst 192.0.2.10/32, tcp, tcp flags syn and none of fin/rst/psh/ack/urg/ece/cwr -> rate 125000 byte/s
gobgp global rib add -a ipv4-flowspec match destination 192.0.2.10/32 protocol '==6' tcp-flags '=S&!FRPAUEC' then rate-limit 125000
# dst 192.0.2.10/32, src 198.51.100.0/24 -> accept
gobgp global rib add -a ipv4-flowspec match destination 192.0.2.10/32 source 198.51.100.0/24 then accept
`,
  );
  const then = (...communities: string[]): string =>
    /then (.*)\n/.exec(render([rule('ipv4', '050118c00002', ...communities)], 'gobgp'))?.[1] ?? '';
  assert.equal(
    then('8006fbf446160000', '8009000000000008', '8007000000000003'),
    'rate-limit 9600 as 64500 mark 8 action sample-terminal',
  );
  assert.equal(then('8208fa56ea000064'), 'redirect 64086.59904:100', 'plain, GoBGP would cut it to 65535');
  assert.equal(then('8108c00002010064'), 'redirect 192.0.2.1:100');
});

test('BIRD: a whole configuration, IPv4 and IPv6 in tables of their own', () => {
  const text = renderBird([
    ...rules.slice(0, 3),
    rule('ipv6', '1401300020010db8000103813a0781800c0106c204', '8009000000000008'),
    rule('ipv6', '08016840123456789a'),
  ]);
  assert.match(text, /^router id 127\.0\.0\.1;\nflow4 table flowtab4;\nflow6 table flowtab6;\n/);
  assert.ok(
    text.includes(
      'route flow4 { dst 192.0.2.10/32; fragment is_fragment || first_fragment; } { bgp_ext_community.add((generic, 0x80060000, 0x00000000)); };',
    ),
  );
  assert.ok(text.includes('tcp flags 0x2/0x2 && 0x0/0xfd;'));
  assert.ok(
    text.includes(
      'route flow6 { dst 2001:db8:1::/48; next header = 58; icmp type = 128; fragment is_fragment && first_fragment && !first_fragment; }',
    ),
  );
  assert.ok(text.includes('route flow6 { dst ::1234:5678:9a00:0/104 offset 64; };'));
  const group = (hex: string): string => /fragment (.*?);/.exec(renderBird([rule('ipv4', hex)]))?.[1] ?? '';
  assert.equal(group('030c820f'), '!dont_fragment && !is_fragment && !first_fragment && !last_fragment');
  assert.equal(group('030c830c'), '!first_fragment || !last_fragment');
});

test('what a tool cannot announce, or writes otherwise, is reported', () => {
  const notesOf = (one: FlowspecRule, rendering: Rendering): string[] =>
    renderingFindings([one], rendering).map(
      ({ severity, message }) =>
        `${severity} ${message.replace(/^The rule .* rendering: /, '').replace(/: the rule matches.*/, '')}`,
    );
  assert.deepEqual(notesOf(rule('ipv4', '0409910102'), 'gobgp'), [
    'warning GoBGP has names for the eight common TCP flags only.',
  ]);
  assert.deepEqual(notesOf(rule('ipv4', '03048719'), 'gobgp'), ['warning GoBGP swaps the comparisons true and false.']);
  assert.deepEqual(notesOf(rule('ipv6', '08016840123456789a'), 'gobgp'), [
    'warning GoBGP writes IPv6 prefixes with an offset wrongly.',
  ]);
  assert.deepEqual(notesOf(rule('ipv4', '050118c00002', '800c0000447a0000'), 'gobgp'), [
    'warning GoBGP has no syntax for its action.',
  ]);
  assert.deepEqual(notesOf(rule('ipv4', '03098100'), 'bird'), [
    'warning BIRD knows the 12 control bits of TCP and the 4 of fragments only.',
  ]);
  assert.deepEqual(notesOf(rule('ipv6', '060da100012345'), 'bird'), [
    'warning BIRD truncates values above 65535 to two octets.',
  ]);
  assert.deepEqual(notesOf(rule('ipv6', '060da100000064'), 'bird'), [
    'information BIRD 2.0 writes flow labels in the fewest octets',
  ]);
  assert.deepEqual(notesOf(rule('ipv4', '030c8006'), 'bird'), [
    'information BIRD 2.0 names one fragment bit in each test',
  ]);
  assert.deepEqual(notesOf(rule('ipv4', '030c8006'), 'table'), []);
  assert.match(render([rule('ipv4', '03048719')], 'gobgp'), /^# rule 1 is omitted \(GoBGP swaps .*\): port true/);
});

test('each octet of a rule in words, none left out', () => {
  const words = (hex: string, family: Family = 'ipv4'): string[] => {
    const lines = explainNlri(hex, family);
    assert.equal(lines.map(({ octets }) => octets).join(''), hex);
    return lines.map((line) => line.words);
  };
  assert.deepEqual(words('07050350455a8164'), [
    'IPv4: 7 octets of components follow',
    'component type 5, destination port: dst port 80-90 or 100',
    'operator: greater or equal; the value has 1 octet',
    'value: 80',
    'operator: and less or equal; the value has 1 octet',
    'value: 90',
    'operator: or equal; the value has 1 octet; last of the list',
    'value: 100',
  ]);
  assert.deepEqual(words('08016840123456789a', 'ipv6').slice(2), [
    'prefix length 104',
    'offset 64',
    'the significant octets of the address: ::1234:5678:9a00:0/64-104',
  ]);
  assert.deepEqual(words('05090102c23d').slice(2), [
    'operator: all of these bits; the value has 1 octet',
    'value: 0x2 (syn)',
    'operator: and not any of these bits; the value has 1 octet; last of the list',
    'value: 0x3d (fin, rst, psh, ack, urg)',
  ]);
  const ignored = (hex: string, family: Family = 'ipv4'): string[] =>
    words(hex, family).flatMap((line) => /; (0x.* ignored .*)/.exec(line)?.[1] ?? []);
  assert.deepEqual(ignored('080118c000020c8110'), ['0x10 of it is ignored (RFC 8955 section 4.2.2.12)']);
  assert.deepEqual(ignored('0a01200020010db80c8101', 'ipv6'), ['0x01 of it is ignored (RFC 8956 section 3.6)']);
  assert.deepEqual(ignored('030c8101'), []);
  assert.deepEqual(ignored('030b81ee'), ['0xc0 of it is ignored (RFC 8955 section 4.2.2.11)']);
  assert.deepEqual(ignored('0303c911'), ['0x48 of it is ignored (RFC 8955 section 4.2.1)']);
  assert.deepEqual(ignored('0309c602'), ['0x44 of it is ignored (RFC 8955 section 4.2.1)']);
  assert.deepEqual(ignored('060119c00002ff'), ['0x7f of it is ignored (RFC 8955 section 4.2.2.1)']);
  assert.deepEqual(ignored('0501090020ff', 'ipv6'), ['0x7f of it is ignored (RFC 8956 section 3.1)']);
  assert.deepEqual(ignored('050109002080', 'ipv6'), []);
  assert.equal(words('f0030381fd')[2], 'operator: equal; the value has 1 octet; last of the list');
  for (const hex of [
    '8006000047f42400',
    '800c0000447a0000',
    '8007000000000003',
    '8008fde800000064',
    '8108c00002010064',
    '8208fa56ea000064',
    '800900000000002e',
    '000d20010db80000000000000000000000010064',
  ]) {
    assert.equal(
      explainCommunity(hex)
        .map(({ octets }) => octets)
        .join(''),
      hex,
    );
  }
});
