import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAction } from '#dots/flowspec/communities';
import { decodeNlri } from '#dots/flowspec/nlri';
import { renderExabgp, renderExabgpConfiguration, renderHex, renderTable } from '#dots/flowspec/render';
import { describeRule } from '#dots/flowspec/text';
import { translate } from '#dots/flowspec/translate';
import type { Family, FlowspecRule } from '#dots/flowspec/types';
import { aclDocument } from './flowspec/support';

const to = { 'destination-ipv4-network': '192.0.2.10/32' };
const { rules } = translate([{ file: 'peacetime.dots.json', value: aclDocument([
  { matches: { ipv4: { ...to, fragment: { type: 'isf' } } } },
  { matches: { ipv4: to, udp: { 'source-port-range-or-operator': { port: 53 } } } },
  { matches: { ipv4: to, tcp: { flags: 'syn' } }, actions: { forwarding: 'accept', 'rate-limit': '125000.00' } },
  { matches: { ipv4: { ...to, 'source-ipv4-network': '198.51.100.0/24' } }, actions: { forwarding: 'accept' } },
]) }]);

/** A rule from octets. */
function rule(family: Family, nlri: string, ...communities: string[]): FlowspecRule {
  const components = decodeNlri(nlri, family);
  const actions = communities.map(decodeAction);
  const short = communities.filter((hex) => hex.length === 16);
  const long = communities.filter((hex) => hex.length === 40);
  return { family, components, actions, nlri, extendedCommunities: short, ...(long.length > 0 && { ipv6ExtendedCommunities: long }), text: describeRule(components, actions), source: { file: 'x', pointer: '' } };
}

test('the text of a rule is one line in words', () => {
  assert.deepEqual(rules.map(({ text }) => text), [
    'dst 192.0.2.10/32, any fragment -> discard',
    'dst 192.0.2.10/32, udp, src port 53 -> discard',
    'dst 192.0.2.10/32, tcp, tcp flags syn and none of fin/rst/psh/ack/urg/ece/cwr -> rate 125000 byte/s',
    'dst 192.0.2.10/32, src 198.51.100.0/24 -> accept',
  ]);
});

test('the words of every kind of component and action', () => {
  const text = (hex: string, family: Family = 'ipv4'): string => describeRule(decodeNlri(hex, family), []).replace(' -> accept', '');
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
  assert.equal(action('8007000000000003'), 'everything -> sample and go on to later rules');
  assert.equal(action('8108c00002010064'), 'everything -> redirect 192.0.2.1:100');
  assert.equal(action('800900000000002e'), 'everything -> mark dscp 46');
});

test('the table stands in the order of routers, aligned and whole', () => {
  assert.equal(renderTable(rules), `\
#  FAMILY  MATCH                                                                          ACTION              SOURCE
1  IPv4    dst 192.0.2.10/32, src 198.51.100.0/24                                         accept              peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/3
2  IPv4    dst 192.0.2.10/32, tcp, tcp flags syn and none of fin/rst/psh/ack/urg/ece/cwr  rate 125000 byte/s  peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/2
3  IPv4    dst 192.0.2.10/32, udp, src port 53                                            discard             peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/1
4  IPv4    dst 192.0.2.10/32, any fragment                                                discard             peacetime.dots.json#/ietf-dots-data-channel:acls/acl/0/aces/ace/0
`);
  assert.equal(renderTable([]), 'No rules.\n');
});

test('hex: one line for each rule', () => {
  assert.equal(renderHex([...rules.slice(1, 2), ...rules.slice(3)]), 'ipv4 0c0120c000020a038111068135 8006000000000000\nipv4 0b0120c000020a0218c63364\n');
  assert.equal(renderHex([rule('ipv6', '03038111', '000d20010db80000000000000000000000010064')]), 'ipv6 03038111 000d20010db80000000000000000000000010064\n');
});

test('ExaBGP: one route for each rule, in its own keywords', () => {
  assert.equal(renderExabgp(rules.slice(1, 3)), `\
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
`);
  assert.match(renderExabgpConfiguration(rules), /^neighbor 127\.0\.0\.2 \{\n[^]* {2}flow \{\n {4}# dst[^]*\n {2}\}\n\}\n$/);
});

test('ExaBGP: what it would announce wrongly is left out and told', () => {
  const left = (one: FlowspecRule): string => renderExabgp([one]).replace(/^# rule 1 is left out \((.*?)\): .*\n$/, '$1');
  assert.match(left(rule('ipv6', '03038111')), /as IPv4/);
  assert.match(left(rule('ipv6', '08016840123456789a')), /offset/);
  assert.match(left(rule('ipv4', '03048719')), /true and false/);
  assert.match(left(rule('ipv6', '0901300020010db80001', '000d20010db80000000000000000000000010064')), /route target/);
  assert.match(renderExabgp([rule('ipv4', '050118c00002', '800c0000447a0000', '8108c00002010064')]), /extended-community 0x800c0000447a0000;\n +extended-community 0x8108c00002010064;/);
});
