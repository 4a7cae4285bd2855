import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { translate } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { at } from '#dots/model/pointer';
import { validationService } from '#service/validationService';
import { mutate } from '../../support/mutate';
import { Random } from '../../support/random';
import { needShared, root } from '../../support/shared';

const runs = Number(process.env.DOTS_MUTATIONS ?? 3000);

/** The documents of a folder that parse. */
function documentsIn(folder: string): JsonObject[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject];
      } catch {
        return [];
      }
    });
}

/** Whether one place is in the other, or is the same. */
function meets(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

/**
 * What a document that validation accepts can still have as an error: what Flowspec cannot express, what other
 * documents must say, and empty lists in what a server wrote.
 */
const beyondValidation = new Set(
  'alias-unknown empty-list length needs-resolution no-destination not-expressible not-resolved outside-domain ports-not-visible too-long too-many-rules'
    .split(' ')
    .map((name) => `flowspec/${name}`),
);

/**
 * An empty container says nothing in YANG (RFC 7950 section 7.5.1); where a port is expected it is no source of rules.
 */
function isEmptyContainer(value: JsonObject, { pointer }: { pointer: string }): boolean {
  return JSON.stringify(at(value, pointer)) === '{}';
}

function demand(value: JsonObject): void {
  const text = JSON.stringify(value);
  const { rules, findings, equivalence, counts } = translate([{ file: 'x', value }], { domain: ['192.0.2.0/24'] });
  const errors = findings.filter(({ severity }) => severity === 'error');
  const refused = validationService.validate(text).findings.filter(({ severity }) => severity === 'error');
  assert.ok(rules.length > 0 || findings.length > 0, `nothing came of ${text}`);
  assert.ok(!errors.some(({ code }) => code === 'flowspec/internal'), `something was lost of ${text}`);
  for (const { given, rules: with_, errors: failed, excluded } of Object.values(counts))
    assert.equal(given, with_ + failed + excluded, text);
  if (refused.length === 0) {
    const disputed = errors.filter((one) => !beyondValidation.has(one.code) && !isEmptyContainer(value, one));
    assert.deepEqual(disputed, [], `validation accepts ${text}`);
    return;
  }
  assert.ok(errors.length > 0, `validation refuses ${text}: ${refused[0]?.message ?? ''}`);
  assert.equal(equivalence.proved === true, false, text);
  for (const { source } of rules)
    for (const { pointer, message } of refused)
      assert.ok(!meets(pointer, source.pointer), `a rule comes from ${source.pointer} of ${text}: ${message}`);
}

function mutateAll(bases: readonly JsonObject[], what: string): void {
  const seed = Number(process.env.DOTS_SEED ?? Date.now() % 2 ** 31);
  for (const one of [20260101, seed]) {
    const random = new Random(one);
    for (let count = 0; count < runs / 2; count++) demand(mutate(random.pick(bases), random));
  }
  console.log(`mutated ${what}: ${runs} documents, seeds 20260101 and ${seed}`);
}

test('no rule comes from what validation refuses, and nothing disappears: mutated examples', () => {
  mutateAll(documentsIn(join(root, 'examples')), 'examples');
});

test('no rule comes from what validation refuses, and nothing disappears: mutated documents of the RFCs', (t) => {
  const corpus = needShared(t, 'corpus');
  if (corpus !== undefined) mutateAll(documentsIn(corpus), 'corpus');
});
