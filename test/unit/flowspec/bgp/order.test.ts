import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Family } from '#dots/model/prefix';
import { decodeNlri, encodeNlri } from '#dots/flowspec/bgp/nlri';
import { compareKeys, compareRules, nlriKey, sortRules } from '#dots/flowspec/bgp/order';
import { rule, similar } from '../../../support/flowspec/arbitraries';
import { vectorText, type OrderVector } from '../../../support/flowspec/rules';

/** Every run takes the same way; a failure prints the seed and the counterexample. */
const runs = { seed: 20260727, numRuns: 3000 };

/** Negative when the first NLRI is tested first. */
function compare(first: string, second: string, family: Family = 'ipv4'): number {
  return Math.sign(compareRules(decodeNlri(first, family), decodeNlri(second, family)));
}

for (const family of ['ipv4', 'ipv6'] as const) {
  test(`the ${family} order vectors are right from any start`, (t) => {
    const text = vectorText(t, `flowspec-order-${family}.json`);
    if (text === undefined) return;
    const vectors = JSON.parse(text) as OrderVector[];
    assert.deepEqual(
      [...vectors].reverse().sort((a, b) => compareKeys(nlriKey(a.nlri_hex, family), nlriKey(b.nlri_hex, family))),
      vectors,
    );
    const ranked = vectors.map((vector) => ({ ...vector, family, components: decodeNlri(vector.nlri_hex, family) }));
    for (const start of [[...ranked].reverse(), [...ranked].sort((a, b) => a.name.localeCompare(b.name))]) {
      assert.deepEqual(
        sortRules(start).map(({ rank }) => rank),
        ranked.map(({ rank }) => rank),
      );
    }
  });
}

test('the order is of octets, not of how specific a match is', () => {
  assert.equal(compare('040595' + '03ff', '040596' + '01bb'), -1, 'dst port <= 1023 before dst port != 443');
  assert.equal(compare('03058150', '0405910050'), 0, 'written by us, =80 is one rule');
  assert.ok(
    compareKeys(nlriKey('03058150', 'ipv4'), nlriKey('0405910050', 'ipv4')) < 0,
    'as received, the operand of 1 octet comes first',
  );
});

test('a component that the other has not comes first, whatever follows', () => {
  assert.equal(
    compare('0b0118c0000203811105' + '8135', '080118c000020c8006'),
    -1,
    'fig. 34: udp and port before fragment',
  );
  assert.equal(compare('050118c00002', '080118c00002038111'), 1);
});

test('IPv6: the lower offset comes first', () => {
  assert.equal(compare('0901300020010db80001', '08016840123456789a', 'ipv6'), -1);
  assert.equal(compare('08016840123456789a', '0301' + '0000', 'ipv6'), 1);
});

test('reading what was written returns the same rule', () => {
  fc.assert(
    fc.property(rule, ({ family, components }) => {
      const hex = encodeNlri(components, family);
      assert.deepEqual(decodeNlri(hex, family), components);
      assert.equal(encodeNlri([...components].reverse(), family), hex);
    }),
    runs,
  );
});

test('any octets are read or refused with a place, and reading is stable', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Family>('ipv4', 'ipv6'),
      rule,
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }),
      (family, { family: own, components }, patches) => {
        const octets = encodeNlri(components, own).match(/../g) ?? [];
        for (const [at, octet] of patches) octets[at % octets.length] = octet.toString(16).padStart(2, '0');
        try {
          const hex = encodeNlri(decodeNlri(octets.join(''), family), family);
          assert.equal(encodeNlri(decodeNlri(hex, family), family), hex);
        } catch (error) {
          assert.match(String(error), /^FlowspecError: Octet \d+: /);
        }
      },
    ),
    runs,
  );
});

test('the comparator is a total order, and only equal rules are equal', () => {
  fc.assert(
    fc.property(similar, ({ family, rules: [a = [], b = [], c = []] }) => {
      assert.equal(Math.sign(compareRules(a, b)), -Math.sign(compareRules(b, a)) + 0);
      assert.equal(compareRules(a, b) === 0, encodeNlri(a, family) === encodeNlri(b, family));
      if (compareRules(a, b) <= 0 && compareRules(b, c) <= 0) assert.ok(compareRules(a, c) <= 0);
    }),
    { ...runs, numRuns: 10_000 },
  );
});
