import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv';
import { check } from '#dots/check/check';
import { documentTypeOf } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';
import { schemas, type SchemaNode } from '#schemas/index';
import { mutate } from '../../support/mutate';
import { Random } from '../../support/random';
import { root, sharedPath } from '../../support/shared';

/** What JSON Schema says of a document; the rest of class `yang` is what it cannot say. */
const structural = new Set(['yang/unknown-member', 'yang/missing-member', 'yang/wrong-type', 'yang/invalid-value']);

function documents(): JsonObject[] {
  const folders = [join(root, 'examples'), sharedPath('corpus')].filter((folder) => folder !== undefined);
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        try {
          return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject];
        } catch {
          return [];
        }
      }),
  );
}

test('documents that the generated JSON Schemas refuse have a fault of structure, and the other way round', () => {
  // Equal entries, bounds of numbers in strings and characters are judged by the annotations, more exactly than JSON
  // Schema does.
  const ajv = new Ajv({ allErrors: false, strict: false }).removeKeyword('uniqueItems');
  const random = new Random(7);
  const bases = documents().filter((document) => documentTypeOf(document) !== undefined);
  for (let run = 0; run < 1500; run++) {
    const document = mutate(random.pick(bases), random);
    const { type, faults } = check(document);
    if (type === undefined || faults.some(({ rfc }) => rfc === '7950 9.4')) continue;
    const refused = !ajv.validate(schemas[type.kind] as object, document);
    const reported = faults
      .filter(({ code, rfc }) => structural.has(code) && rfc !== '7950 9.2')
      .map(({ code, pointer }) => `${code} ${pointer}`);
    assert.equal(
      reported.length > 0,
      refused,
      `${JSON.stringify(document)}: ${ajv.errorsText()} beside ${reported.join(', ')}`,
    );
  }
});

test('the choices of an object fit in the bits that the walk keeps: few cases, no member in two', () => {
  const walk = (node: SchemaNode): void => {
    const names = (node['x-yang']?.choices ?? []).flatMap(({ cases }) => Object.values(cases).flat());
    assert.equal(new Set(names).size, names.length);
    assert.ok((node['x-yang']?.choices ?? []).reduce((count, { cases }) => count + Object.keys(cases).length, 0) < 31);
    for (const inner of [
      ...Object.values(node.properties ?? {}),
      ...Object.values(node.definitions ?? {}),
      ...(node.items === undefined ? [] : [node.items]),
    ])
      walk(inner);
  };
  Object.values(schemas).forEach(walk);
});
