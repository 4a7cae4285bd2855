import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostTargets } from '#dots/model/lostTargets';

const prefixes = (...all: string[]): { 'target-prefix': string[] } => ({ 'target-prefix': all });

const cases: [name: string, before: object[], after: object[], lost: object | undefined][] = [
  ['the same', [prefixes('192.0.2.0/24')], [prefixes('192.0.2.0/24')], undefined],
  ['a wider one', [prefixes('192.0.2.0/25')], [prefixes('192.0.2.0/24')], undefined],
  ['both halves', [prefixes('192.0.2.0/24')], [prefixes('192.0.2.0/25'), prefixes('192.0.2.128/25')], undefined],
  ['one half', [prefixes('192.0.2.0/24')], [prefixes('192.0.2.0/25')], prefixes('192.0.2.128/25')],
  ['a hole', [prefixes('2001:db8::/126')], [prefixes('2001:db8::1')], prefixes('2001:db8::/128', '2001:db8::2/127')],
  ['others', [prefixes('192.0.2.0/24')], [prefixes('2001:db8::/32')], prefixes('192.0.2.0/24')],
  [
    'names are compared without case, and an alias by its name, not by its targets',
    [{ 'target-fqdn': ['A.example.net'], 'alias-name': ['web'] }],
    [{ 'target-fqdn': ['a.EXAMPLE.net'], 'target-prefix': ['192.0.2.0/24'] }],
    { 'alias-name': ['web'] },
  ],
];

for (const [name, before, after, lost] of cases)
  test(`the targets that are lost: ${name}`, () => {
    assert.deepEqual(lostTargets(before as never, after as never), lost);
  });
