import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, formatPrefix, overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';

const texts: [text: string, canonical: string | undefined][] = [
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['192.0.2.77/24', '192.0.2.0/24'],
  ['192.0.2.1', '192.0.2.1/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:DB8::/32', '2001:db8::/32'],
  ['2001:db8:0:0:1:0:0:1/128', '2001:db8::1:0:0:1/128'],
  ['::/0', '::/0'],
  ['::1', '::1/128'],
  ['2001:db8::192.0.2.1/128', '2001:db8::c000:201/128'],
  ['1:2:3:4:5:6:7:8/128', '1:2:3:4:5:6:7:8/128'],
  ['1::8/127', '1::8/127'],
  ['192.0.2.0/33', undefined],
  ['192.0.2/24', undefined],
  ['192.0.02.0/24', undefined],
  ['256.0.0.0/8', undefined],
  ['2001:db8::/129', undefined],
  ['1:2:3:4:5:6:7::8:9/64', undefined],
  ['1::2::3/64', undefined],
  ['', undefined],
  ['/24', undefined],
  ['192.0.2.0/', undefined],
  [':1/64', undefined],
  ['12345::/16', undefined],
  ['192.0.2.1::/64', undefined],
  ['192.0.2.0/024', undefined],
  ['::ffff:192.0.2.1/128', '::ffff:c000:201/128'],
  ['2001:db8::/08', '2000::/8'],
  ['::/00', '::/0'],
  ['2001:db8::/008', undefined],
  ['192.0.2.0/08', undefined],
  ['192.0.2.0/8', '192.0.0.0/8'],
];

for (const [text, canonical] of texts) {
  test(`prefix: ${text || '(empty)'}`, () => {
    const prefix = parsePrefix(text);
    assert.equal(prefix && formatPrefix(prefix), canonical);
  });
}

test('prefix: covering and overlapping', () => {
  const [wide, narrow, other, six] = ['192.0.2.0/24', '192.0.2.128/25', '198.51.100.0/24', '::/0'].map(
    (text) => parsePrefix(text) as Prefix,
  ) as [Prefix, Prefix, Prefix, Prefix];
  assert.ok(covers(wide, narrow) && !covers(narrow, wide) && covers(wide, wide));
  assert.ok(overlaps(narrow, wide) && !overlaps(wide, other) && !covers(six, wide));
});
