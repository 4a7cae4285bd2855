import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import type { DocumentContext, DocumentSet } from '#dots/workspace/documentSet';
import { factsOf } from '#dots/workspace/facts';
import { crossFaults } from '#dots/workspace/rules/cross';
import { operationsOf } from '../../../support/operations';

const prefixOf = (index: number): string => `2001:db8:0:${index.toString(16)}::/64`;
const scope = (index: number, more: JsonObject = {}): JsonObject => ({
  'ietf-dots-signal-channel:mitigation-scope': {
    scope: [{ 'target-prefix': [prefixOf(index)], lifetime: 3600, ...more }],
  },
});
const acl = (index: number): JsonObject => ({
  'ietf-dots-data-channel:acls': {
    acl: [{ name: `acl-${index}`, 'activation-type': 'deactivate', aces: { ace: [] } }],
  },
});
const aliases = (index: number): JsonObject => ({
  'ietf-dots-data-channel:aliases': { alias: [{ name: `alias-${index}`, 'target-prefix': [prefixOf(index)] }] },
});

/** A set of four documents for each number: a request, its efficacy update, and an alias and an ACL that it names. */
function setOf(size: number): DocumentSet {
  const member = (file: string, value: JsonObject, mid: number): DocumentSet['members'][number] => {
    const context: DocumentContext = {
      cuid: 'client',
      mid,
      direction: 'request',
      ownPrefixes: ['2001:db8::/32'],
      quirks: [],
    };
    return { file, facts: factsOf(value), context, certain: true };
  };
  const members = Array.from({ length: size }, (_, index) => {
    const named = {
      'alias-name': [`alias-${index}`],
      'ietf-dots-signal-control:acl-list': [{ 'acl-name': `acl-${index}`, 'activation-type': 'immediate' }],
    };
    return [
      member(`request-${index}`, scope(index, named), index),
      member(`efficacy-${index}`, scope(index, { ...named, 'attack-status': 'under-attack' }), index),
      member(`alias-${index}`, aliases(index), index),
      member(`acl-${index}`, acl(index), index),
    ];
  }).flat();
  return { members, complete: true };
}

test('twice the documents take about twice the operations of the rules between them', async () => {
  const counts = [];
  for (const size of [100, 200]) {
    const set = setOf(size);
    counts.push(
      await operationsOf(() => {
        assert.deepEqual([...crossFaults(set)], []);
        return Promise.resolve();
      }),
    );
  }
  const [once = 0, twice = 0] = counts;
  assert.ok(twice < 2.2 * once, `${once} operations for 400 documents, ${twice} for 800`);
});
