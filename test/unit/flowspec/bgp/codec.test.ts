import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, formatPrefix, parseAddress, parseNetwork, type Family } from '#dots/model/prefix';
import { decodeAction, encodeAction, parseRouteTarget, routeTargetText } from '#dots/flowspec/bgp/communities';
import { FlowspecError } from '#dots/flowspec/bgp/error';
import { decodeNlri, encodeNlri } from '#dots/flowspec/bgp/nlri';
import { patternText } from '#dots/flowspec/bgp/prefixPattern';
import type { Action, Component } from '#dots/flowspec/bgp/rule';
import { prefix, vectorComponents, vectors, vectorText } from '../../../support/flowspec/rules';

/** The widths in which tools write flow labels; RFC 8956 section 3.7 wants 4 octets, which is what is written here. */
const rewritten: Record<string, string> = { 'v6-flow-label-small': '0f01300020010db800010da100000064' };

test('every vector is written as other tools write it', (t) => {
  for (const vector of vectors(t)) {
    const expected = rewritten[vector.name] ?? vector.rfc_nlri_hex ?? vector.nlri_hex;
    assert.equal(encodeNlri(vectorComponents(vector), vector.family), expected, vector.name);
  }
});

test('every vector is read back', (t) => {
  for (const vector of vectors(t)) {
    const components = decodeNlri(vector.rfc_nlri_hex ?? vector.nlri_hex, vector.family);
    const expected = vectorComponents(vector).sort((a, b) => a.type - b.type);
    assert.deepEqual(components, expected, vector.name);
  }
});

test('the examples of RFC 8955 and RFC 8956 are read and written', (t) => {
  const rows =
    vectorText(t, 'flowspec-rfc.tsv')
      ?.trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t')) ?? [];
  for (const [id = '', afi = '', , hex = ''] of rows) {
    const family = afi.startsWith('1') ? 'ipv4' : 'ipv6';
    assert.equal(encodeNlri(decodeNlri(hex, family), family), hex, id);
  }
});

test('IPv6 offsets are read as RFC 8956 section 3.8 explains them', () => {
  const source = decodeNlri('0f01200020010db80268412468acf134', 'ipv6')[1];
  assert.equal(source?.type === 2 && patternText(source.prefix), '::1234:5678:9a00:0/65-104');
});

test('a length of 240 and more takes two octets', () => {
  const ports = (count: number): Component[] => [
    { type: 5, anyOf: Array.from({ length: count }, (_, index) => [{ op: '=' as const, value: 1000 + 2 * index }]) },
  ];
  assert.equal(encodeNlri(ports(79), 'ipv4').slice(0, 4), 'ee05');
  assert.equal(encodeNlri([...ports(79), { type: 3, anyOf: [[{ op: '=', value: 6 }]] }], 'ipv4').slice(0, 4), 'f0f1');
  const longest = encodeNlri(ports(1364), 'ipv4');
  assert.equal(longest.slice(0, 6), 'fffd05');
  assert.equal(decodeNlri(longest, 'ipv4').length, 1);
  assert.throws(() => encodeNlri(ports(1365), 'ipv4'), { code: 'flowspec/too-long', kind: 'malformed' });
});

test('bits that must be ignored are ignored, widths become the shortest', () => {
  const cases: [hex: string, expected: string, family: Family][] = [
    ['03 03 c9 06', '03038106', 'ipv4'],
    ['f0 03 03 81 06', '03038106', 'ipv4'],
    ['04 03 91 00 06', '03038106', 'ipv4'],
    ['0x0A05B10000000000000050', '03058150', 'ipv4'],
    ['0a05b1001fffffffffffff', '0a05b1001fffffffffffff', 'ipv4'],
    ['0a05b1ffffffffffffffff', '0a05b1ffffffffffffffff', 'ipv4'],
    ['030c8eff', '030c820f', 'ipv4'],
    ['030c810f', '030c810e', 'ipv6'],
    ['030b81ee', '030b812e', 'ipv4'],
    ['07 09 11 00 02 92 00 10', '050901028210', 'ipv4'],
    ['04010cc00f', '04010cc000', 'ipv4'],
    ['0801684012345678ff', '0801684012345678ff', 'ipv6'],
    ['08016741123456789b', '080167411234567898', 'ipv6'],
    ['030d8164', '060da100000064', 'ipv6'],
  ];
  for (const [hex, expected, family] of cases) assert.equal(encodeNlri(decodeNlri(hex, family), family), expected, hex);
});

test('malformed NLRIs name the octet', () => {
  const cases: [hex: string, family: Family, octet: number, code: string][] = [
    ['', 'ipv4', 0, 'truncated'],
    ['00', 'ipv4', 0, 'empty'],
    ['f0', 'ipv4', 1, 'truncated'],
    ['0b0118c000020381060481', 'ipv4', 0, 'truncated'],
    ['0b0118c0000203810604811900', 'ipv4', 12, 'trailing'],
    ['0b0121c000020381060481190000', 'ipv4', 2, 'prefix-length'],
    ['0b0e18c00002038106048119', 'ipv4', 1, 'component-type'],
    ['030d8164', 'ipv4', 1, 'component-type'],
    ['03000000', 'ipv6', 1, 'component-type'],
    ['0b0118c00002048106038119', 'ipv4', 9, 'component-order'],
    ['06038106038111', 'ipv4', 4, 'component-order'],
    ['0b0118c00002038106040119', 'ipv4', 12, 'truncated'],
    ['050118c00002', 'ipv6', 3, 'prefix-offset'],
    ['0301810001', 'ipv6', 2, 'prefix-length'],
    ['0301202000', 'ipv6', 3, 'prefix-offset'],
    ['03010001', 'ipv6', 3, 'prefix-offset'],
    ['050118c000', 'ipv4', 0, 'truncated'],
    ['040118c000', 'ipv4', 5, 'truncated'],
    ['0609a000000002', 'ipv4', 2, 'operand-width'],
    ['040b91002e', 'ipv4', 2, 'operand-width'],
    ['040c910002', 'ipv4', 2, 'operand-width'],
    ['03 03 8x 06', 'ipv4', 2, 'not-hex'],
    ['03038', 'ipv4', 2, 'not-hex'],
  ];
  for (const [hex, family, octet, code] of cases) {
    assert.throws(
      () => decodeNlri(hex, family),
      (error) => {
        assert.ok(error instanceof FlowspecError, hex);
        assert.deepEqual(
          [error.octet, error.code, error.kind],
          [octet, `flowspec/${code}`, 'malformed'],
          `${hex}: ${error.message}`,
        );
        return error.message.startsWith(`Octet ${octet}: `);
      },
    );
  }
});

test('what has no NLRI is refused', () => {
  const refused = (components: Component[], family: Family, code: string): void => {
    assert.throws(() => encodeNlri(components, family), { name: 'FlowspecError', code: `flowspec/${code}` });
  };
  const to: Component = { type: 1, prefix: prefix('192.0.2.0/24') };
  refused([], 'ipv4', 'empty');
  refused([to, to], 'ipv4', 'component-twice');
  refused([to], 'ipv6', 'family');
  refused([{ type: 13, anyOf: [[{ op: '=', value: 1 }]] }], 'ipv4', 'family');
  refused([{ type: 3, anyOf: [] }], 'ipv4', 'empty-list');
  refused([{ type: 3, anyOf: [[]] }], 'ipv4', 'empty-list');
  refused([{ type: 11, anyOf: [[{ op: '=', value: 64 }]] }], 'ipv4', 'operand');
  refused([{ type: 3, anyOf: [[{ op: '=', value: -1 }]] }], 'ipv4', 'operand');
  refused([{ type: 3, anyOf: [[{ op: '=', value: 1.5 }]] }], 'ipv4', 'operand');
  refused([{ type: 3, anyOf: [[{ op: '=', value: '18446744073709551616' }]] }], 'ipv4', 'operand');
  refused([{ type: 9, anyOf: [[{ not: false, match: true, value: 0x10000 }]] }], 'ipv4', 'operand');
  refused([{ type: 12, anyOf: [[{ not: false, match: true, value: 16 }]] }], 'ipv4', 'operand');
  refused([{ type: 12, anyOf: [[{ not: false, match: true, value: 1 }]] }], 'ipv6', 'operand');
});

test('every action is written as other tools write it, and read back', (t) => {
  for (const vector of vectors(t)) {
    const communities = vector.extcomm_hex.match(/.{16}/g) ?? [];
    assert.equal(communities.map((hex) => encodeAction(decodeAction(hex))).join(''), vector.extcomm_hex, vector.name);
    for (const [index, action] of vector.rule.actions.entries())
      assert.equal(decodeAction(communities[index] ?? '').kind, action.type);
  }
});

test('actions in octets', () => {
  const cases: [Action, string][] = [
    [{ kind: 'traffic-rate-bytes', as: 0, rate: 0 }, '8006000000000000'],
    [{ kind: 'traffic-rate-bytes', as: 64500, rate: 9600 }, '8006fbf446160000'],
    [{ kind: 'traffic-rate-packets', as: 0, rate: 1000 }, '800c0000447a0000'],
    [{ kind: 'traffic-action', sample: true, terminal: true }, '8007000000000003'],
    [{ kind: 'rt-redirect', form: 'as2', administrator: 65000, value: 100 }, '8008fde800000064'],
    [{ kind: 'rt-redirect', form: 'ipv4', administrator: 0xc0000201, value: 100 }, '8108c00002010064'],
    [{ kind: 'rt-redirect', form: 'as4', administrator: 4200000000, value: 100 }, '8208fa56ea000064'],
    [{ kind: 'rt-redirect-ipv6', address: '2001:db8::1', value: 100 }, '000d20010db80000000000000000000000010064'],
    [{ kind: 'traffic-marking', dscp: 46 }, '800900000000002e'],
  ];
  for (const [action, hex] of cases) {
    assert.equal(encodeAction(action), hex);
    assert.deepEqual(decodeAction(hex), action);
  }
});

test('actions that cannot be are refused; what must be ignored is', () => {
  assert.throws(() => encodeAction({ kind: 'traffic-rate-bytes', as: 0, rate: -1 }), FlowspecError);
  assert.throws(() => encodeAction({ kind: 'traffic-rate-bytes', as: 0, rate: Number.NaN }), FlowspecError);
  assert.throws(() => encodeAction({ kind: 'traffic-rate-bytes', as: 0, rate: 1e39 }), FlowspecError);
  assert.throws(() => encodeAction({ kind: 'traffic-marking', dscp: 64 }), FlowspecError);
  assert.throws(
    () => encodeAction({ kind: 'rt-redirect', form: 'as2', administrator: 65536, value: 1 }),
    FlowspecError,
  );
  assert.throws(() => encodeAction({ kind: 'rt-redirect-ipv6', address: '192.0.2.1', value: 1 }), FlowspecError);
  assert.throws(() => decodeAction('0002fde800000064'), { code: 'flowspec/action-type', octet: 0 });
  assert.throws(() => decodeAction('8006'), { code: 'flowspec/action-length', octet: 2 });
  assert.throws(() => decodeAction('800600007fc00000'), { code: 'flowspec/action-value', octet: 4 });
  assert.deepEqual(decodeAction('80060000c2c80000'), { kind: 'traffic-rate-bytes', as: 0, rate: 0 });
  assert.deepEqual(decodeAction('8007fffffffffffe'), { kind: 'traffic-action', sample: true, terminal: false });
  assert.deepEqual(decodeAction('80090000000000ee'), { kind: 'traffic-marking', dscp: 46 });
});

test('route targets in text', () => {
  for (const text of ['65000:100', '4200000000:100', '192.0.2.1:100', '[2001:db8::1]:100', '0:4294967295']) {
    const action = parseRouteTarget(text);
    assert.equal(action !== undefined && 'value' in action && routeTargetText(action), text);
  }
  assert.deepEqual(parseRouteTarget('64086.59904:100'), parseRouteTarget('4200000000:100'));
  for (const text of [
    '',
    '65000',
    '65000:',
    ':1',
    '65000:4294967296',
    '70000:65536',
    'a:1',
    '4294967296:1',
    '1.2:3:4',
    '[2001:db8::1]:65536',
    '1.70000:1',
  ]) {
    assert.equal(parseRouteTarget(text), undefined, text);
  }
});

test('addresses and prefixes are read by hand and written as RFC 5952 recommends', () => {
  const same: [string, string][] = [
    ['192.0.2.10/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['2001:DB8:0:0:0:0:0:1/128', '2001:db8::1/128'],
    ['::/0', '::/0'],
    ['::1/128', '::1/128'],
    ['2001:db8:0:1:1:1:1:1/128', '2001:db8:0:1:1:1:1:1/128'],
    ['2001:0:0:1:0:0:0:1/128', '2001:0:0:1::1/128'],
    ['2001:db8::1:0:0:1/128', '2001:db8::1:0:0:1/128'],
    ['::ffff:192.0.2.1/128', '::ffff:c000:201/128'],
    ['1:2:3:4:5:6:7::/112', '1:2:3:4:5:6:7:0/112'],
  ];
  for (const [text, canonical] of same) assert.equal(formatPrefix(prefix(text)), canonical);
  for (const text of [
    '192.0.2.0',
    '192.0.2/24',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/024',
    '192.0.02.0/24',
    '256.0.2.0/24',
    '1.2.3.4.5/8',
    '/24',
    '192.0.2.0/',
    '2001:db8:/32',
    '2001:db8::/129',
    '::1::/64',
    '1:2:3:4:5:6:7:8:9/64',
    '2001:db8::12345/128',
    '1:2:3:4:5:6:7/64',
    '192.0.2.1::/64',
    '::192.0.2.1:1/64',
    'fe80::1%eth0/64',
    ' ::/0',
    'x/1',
    `${':'.repeat(5000)}/1`,
  ]) {
    assert.equal(parseNetwork(text), undefined, text);
  }
  assert.deepEqual(parseAddress('::'), new Array(16).fill(0));
  assert.equal(formatAddress([192, 0, 2, 1]), '192.0.2.1');
});
