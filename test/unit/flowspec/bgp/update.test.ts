import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowspecError } from '#dots/flowspec/bgp/error';
import { encodeNlri } from '#dots/flowspec/bgp/nlri';
import { translate } from '#dots/flowspec/translate';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { decodeUpdate, encodeAnnouncements, encodeWithdrawals } from '#dots/flowspec/bgp/update';
import { scopeDocument } from '../../../support/flowspec/rules';

const request = { 'target-prefix': ['192.0.2.10/32', '2001:db8::10/128'], 'target-protocol': [17] };

function rulesFor(rt?: string): FlowspecRule[] {
  return translate(
    [{ file: 'x', value: scopeDocument(request) }],
    rt === undefined ? {} : { action: { kind: 'redirect', rt } },
  ).rules;
}

const marker = 'ff'.repeat(16);

test('an announcement: MP_REACH_NLRI first and without a next hop, origin, path, preference, communities', () => {
  const [ipv4, ipv6] = encodeAnnouncements(rulesFor());
  assert.equal(
    ipv4,
    `${marker}0047` +
      '02' +
      '0000' +
      '0030' +
      '900e000f' +
      '00018500' +
      '00' +
      '090120c000020a038111' +
      '5001000100' +
      '50020000' +
      '5005000400000064' +
      'd01000088006000000000000',
  );
  assert.match(ipv6 ?? '', /^f{32}....020000....900e.{4}0002850000/);
  const outside = encodeAnnouncements(rulesFor(), { as: 4200000000 })[0] ?? '';
  assert.match(outside, /500200060201fa56ea00d010/, 'one AS of 4 octets, and no preference between ASes');
});

test('a withdrawal is MP_UNREACH_NLRI alone', () => {
  assert.equal(
    encodeWithdrawals(rulesFor())[0],
    `${marker}0028` + '02' + '0000' + '0011' + '900f000d' + '000185' + '090120c000020a038111',
  );
});

test('what was written is read back, IPv6 route targets included', () => {
  const rules = rulesFor('[2001:db8::1]:100');
  const read = encodeAnnouncements(rules).map(decodeUpdate);
  assert.deepEqual(
    read.flatMap(({ announced }) => announced),
    rules.map(({ family, components, nlri }) => ({ family, components, nlri })),
  );
  assert.deepEqual(
    read.map(({ ipv6ExtendedCommunities }) => ipv6ExtendedCommunities),
    rules.map((rule) => rule.ipv6ExtendedCommunities),
  );
  assert.deepEqual(
    encodeWithdrawals(rules)
      .map(decodeUpdate)
      .flatMap(({ withdrawn }) => withdrawn.map(({ nlri }) => nlri)),
    rules.map(({ nlri }) => nlri),
  );
});

test('many rules fill messages of at most 4096 octets, rules of other actions have their own', () => {
  const [first] = rulesFor() as [FlowspecRule];
  const many = Array.from({ length: 1000 }, (_, index): FlowspecRule => {
    const components: FlowspecRule['components'] = [
      ...first.components,
      { type: 10, anyOf: [[{ op: '=', value: 1000 + index }]] },
    ];
    return { ...first, components, nlri: encodeNlri(components, 'ipv4') };
  });
  const messages = encodeAnnouncements(many);
  assert.equal(messages.length, 4);
  assert.ok(messages.every((hex) => hex.length <= 2 * 4096));
  assert.deepEqual(
    messages.flatMap((hex) => decodeUpdate(hex).announced.map(({ nlri }) => nlri)),
    many.map(({ nlri }) => nlri),
  );
  assert.equal(encodeAnnouncements([...rulesFor(), ...rulesFor('65000:1')]).length, 4);
  assert.deepEqual(encodeAnnouncements([]), []);
});

test('a rule too long for a message is refused', () => {
  const [first] = rulesFor() as [FlowspecRule];
  assert.throws(() => encodeAnnouncements([{ ...first, nlri: `ffff${'00'.repeat(4095)}` }]), {
    code: 'flowspec/too-long',
  });
});

test('malformed messages name the octet', () => {
  const [good = ''] = encodeAnnouncements(rulesFor());
  const cases: [hex: string, octet: number, code: string][] = [
    ['', 0, 'truncated'],
    [`00${good.slice(2)}`, 0, 'marker'],
    [`${good}00`, 16, 'message-length'],
    [good.replace(/^(f{32}....)02/, '$104'), 18, 'message-type'],
    [good.replace('00000030', '00000031'), 71, 'truncated'],
    [good.replace('900e000f', '900e00ff'), 71, 'truncated'],
    [good.replace('038111', '018111'), 39, 'component-order'],
  ];
  for (const [hex, octet, code] of cases) {
    assert.throws(
      () => decodeUpdate(hex),
      (error) => {
        assert.ok(error instanceof FlowspecError);
        assert.deepEqual([error.octet, error.code], [octet, `flowspec/${code}`], error.message);
        return true;
      },
    );
  }
});

test('other families and attributes are passed over', () => {
  const other =
    `${marker}002a` + '02' + '0000' + '0013' + '400304c0000201' + '800f030001' + '01' + '400101' + '00' + '';
  const length = (other.length / 2).toString(16).padStart(4, '0');
  const attributes = (other.length / 2 - 23).toString(16).padStart(4, '0');
  const fixed = `${marker}${length}020000${attributes}${other.slice(46)}`;
  assert.deepEqual(decodeUpdate(fixed), {
    announced: [],
    withdrawn: [],
    extendedCommunities: [],
    ipv6ExtendedCommunities: [],
  });
});
