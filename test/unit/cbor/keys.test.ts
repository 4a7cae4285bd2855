import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cborKeys, isComprehensionRequired, keyOf, nameOf } from '#dots/cbor/keys';
import { documentTypes, type DocumentKind } from '#dots/model/documents';
import { resolve, schemaOf, type SchemaNode } from '#dots/model/schema';

test('each of the 150 parameters has one key, and each key one parameter', () => {
  assert.equal(cborKeys.length, 150);
  assert.equal(new Set(cborKeys.map(({ key }) => key)).size, 150);
  assert.equal(new Set(cborKeys.map(({ name }) => name)).size, 150);
  for (const { name, key } of cborKeys) assert.deepEqual([keyOf(name), nameOf(key)], [key, name]);
});

test('the comprehension of each key is that of its range', () => {
  for (const { key, comprehension } of cborKeys)
    assert.equal(isComprehensionRequired(key), comprehension === 'required', String(key));
  const borders = [
    [127, true],
    [128, false],
    [255, false],
    [256, true],
    [16_383, true],
    [16_384, false],
    [65_535, false],
  ] as const;
  for (const [key, required] of borders) assert.equal(isComprehensionRequired(key), required, String(key));
});

test('plain and prefixed members of one name have different keys', () => {
  const twins = [
    ['acl-list', 'ietf-dots-signal-control', 22, 53],
    ['total-traffic', 'ietf-dots-telemetry', 145, 204],
    ['source-prefix', 'ietf-dots-call-home', 185, 32768],
    ['attack-detail', 'ietf-dots-telemetry', 162, 207],
  ] as const;
  for (const [name, module, plain, prefixed] of twins)
    assert.deepEqual([keyOf(name), keyOf(`${module}:${name}`)], [plain, prefixed]);
  assert.equal(keyOf('ietf-dots-telemetry:acl-list'), undefined);
});

/** Every member name that a schema knows, at any depth. */
function memberNames(root: SchemaNode, node: SchemaNode): string[] {
  const here = resolve(root, node);
  const below = Object.entries(here.properties ?? {}).flatMap(([name, member]) => [name, ...memberNames(root, member)]);
  return here.items === undefined ? below : [...below, ...memberNames(root, here.items)];
}

const signalKinds = documentTypes.filter(({ channel }) => channel === 'signal').map(({ kind }) => kind);

test('every member of a signal channel or telemetry document has a key', () => {
  const names = (kind: DocumentKind) => memberNames(schemaOf(kind), schemaOf(kind));
  assert.deepEqual(
    signalKinds.flatMap(names).filter((name) => keyOf(name) === undefined),
    [],
  );
});
