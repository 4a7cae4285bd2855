import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedTargets } from '#dots/model/sharedTargets';

const prefixes = (...list: string[]) => ({ 'target-prefix': list });

const overlaps: [
  string,
  ReturnType<typeof prefixes> | Record<string, string[]>,
  Record<string, string[]>,
  Record<string, string[]> | undefined,
][] = [
  ['equal prefixes', prefixes('192.0.2.0/24'), prefixes('192.0.2.0/24'), prefixes('192.0.2.0/24')],
  [
    'a prefix inside another',
    prefixes('192.0.2.1/32', '198.51.100.1/32'),
    prefixes('192.0.2.0/24'),
    prefixes('192.0.2.1/32'),
  ],
  ['a prefix around another', prefixes('2001:db8::/32'), prefixes('2001:db8:1::1/128'), prefixes('2001:db8::/32')],
  ['neighbours', prefixes('192.0.2.0/25'), prefixes('192.0.2.128/25'), undefined],
  ['families', prefixes('0.0.0.0/0'), prefixes('::/0'), undefined],
  [
    'names in any case',
    { 'target-fqdn': ['WWW.example.com'] },
    { 'target-fqdn': ['www.example.com'] },
    { 'target-fqdn': ['WWW.example.com'] },
  ],
  [
    'URIs',
    { 'target-uri': ['https://example.com/'] },
    { 'target-uri': ['https://example.com/', 'x:y'] },
    { 'target-uri': ['https://example.com/'] },
  ],
  ['aliases', { 'alias-name': ['web'] }, { 'alias-name': ['web'] }, { 'alias-name': ['web'] }],
  [
    'ports alone',
    { ...prefixes('192.0.2.0/24'), 'target-protocol': ['6'] },
    { ...prefixes('198.51.100.0/24'), 'target-protocol': ['6'] },
    undefined,
  ],
];
for (const [what, one, other, shared] of overlaps) {
  test(`overlap by ${what}`, () => assert.deepEqual(sharedTargets(one, other), shared));
}

test('two thousand prefixes are compared in linear time', () => {
  const many = (third: number): string[] =>
    Array.from({ length: 2000 }, (_, index) => `10.${third}.${index >> 8}.${index & 255}/32`);
  assert.equal(sharedTargets(prefixes(...many(1)), prefixes(...many(2))), undefined);
  assert.equal(sharedTargets(prefixes(...many(1)), prefixes('10.1.0.0/16'))?.['target-prefix'] !== undefined, true);
});
