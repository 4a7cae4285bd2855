import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { sharedTargets } from '#dots/model/sharedTargets';
import { TargetIndex } from '#dots/dotsServer/signal/targetIndex';
import { Random } from '../../../support/random';

/** A scope whose targets often meet those of others: prefixes of every length in few networks, and few names. */
function scope(random: Random): JsonObject {
  const octet = (): number => random.pick([0, 1, 2, 127, 128, 255]);
  const v4 = (): string => `10.${octet()}.${octet()}.${octet()}/${random.below(33)}`;
  const v6 = (): string => `2001:db8:${octet().toString(16)}::${octet().toString(16)}/${random.below(129)}`;
  const name = (): string => random.pick(['a.example', 'A.example', 'b.example', 'c.example']);
  const some = (make: () => string): string[] => Array.from({ length: random.below(3) }, make);
  return {
    'target-prefix': [...some(v4), ...some(v6)],
    'target-fqdn': some(name),
    'target-uri': some(() => `https://${name()}/`),
  };
}

test('what the index finds is what a comparison with each scope finds, while scopes come, change and go', () => {
  const random = new Random(7);
  const index = new TargetIndex();
  const scopes = new Map<string, JsonObject>();
  for (let step = 0; step < 1000; step++) {
    const key = `k${random.below(60)}`;
    const next = random.below(3) === 0 ? undefined : scope(random);
    index.set(key, next);
    if (next === undefined) scopes.delete(key);
    else scopes.set(key, next);
    const asked = scope(random);
    const expected = [...scopes].filter(([, other]) => sharedTargets(asked, other) !== undefined).map(([name]) => name);
    assert.deepEqual([...new Set(index.overlapping(asked))].sort(), expected.sort(), JSON.stringify(asked));
  }
});
