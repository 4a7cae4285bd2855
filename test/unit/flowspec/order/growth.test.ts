import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translate, type Translation } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { aclDocument } from '../../../support/flowspec/rules';
import { operationsOf } from '../../../support/operations';

const drop = { forwarding: 'drop' };
const accept = { forwarding: 'accept' };
const fragments = { fragment: { type: 'isf' } };

const to = (network: string, more: JsonObject = {}): JsonObject => ({ 'destination-ipv4-network': network, ...more });
const host = (index: number): string => `198.18.${index >> 8}.${index & 255}/32`;
const dns = { udp: { 'destination-port-range-or-operator': { port: 53 } } };

type Ace = { matches: JsonObject; actions: JsonObject };

const made = (length: number, ace: (index: number) => Ace): Translation =>
  translate([{ file: 'x', value: aclDocument(Array.from({ length }, (_, index) => ace(index))) }]);

const inputs: Record<string, (index: number) => Ace> = {
  'an ACE for each host': (index) => ({
    matches: { ipv4: to(host(index)), ...dns },
    actions: index % 2 === 0 ? drop : accept,
  }),
  'every tenth ACE in conflict with the next': (index) =>
    index % 10 === 0
      ? { matches: { ipv4: to(host(index), fragments) }, actions: drop }
      : { matches: { ipv4: to(host(index % 10 === 1 ? index - 1 : index)), ...dns }, actions: accept },
  'one ACE in conflict with all others': (index) =>
    index === 0
      ? { matches: { ipv4: to('198.18.0.0/16', fragments) }, actions: drop }
      : { matches: { ipv4: to(host(index)), ...dns }, actions: accept },
};

for (const [name, ace] of Object.entries(inputs)) {
  test(`twice the ACEs take about twice the operations: ${name}`, async () => {
    made(100, ace);
    const counts = [];
    for (const length of [400, 800]) {
      counts.push(
        await operationsOf(() => {
          assert.deepEqual(made(length, ace).equivalence, { proved: true });
          return Promise.resolve();
        }),
      );
    }
    const [once = 0, twice = 0] = counts;
    assert.ok(twice < 2.3 * once, `${once} operations for 400 ACEs, ${twice} for 800`);
  });
}

/** Rules that all overlap: a port range each in one network. */
const nested = (index: number, actions: JsonObject): Ace => ({
  matches: {
    ipv4: to('198.51.100.0/24'),
    udp: { 'destination-port-range-or-operator': { 'lower-port': 0, 'upper-port': 1 + index } },
  },
  actions,
});

test('thousands of overlapping rules with one action have no order, whatever they overlap', () => {
  assert.deepEqual(made(4000, (index) => nested(index, drop)).equivalence, { proved: true });
  const one = { matches: { ipv4: to('198.51.100.0/24'), ...dns }, actions: accept };
  const { equivalence } = made(3000, (index) => (index === 0 ? one : nested(index, drop)));
  assert.equal(equivalence.proved, false, 'one accepting ACE before them, tested last by routers, is a difference');
});
