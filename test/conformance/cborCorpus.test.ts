import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { diagnose } from 'cbor2';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { diagnostic } from '#dots/cbor/diagnostic';
import { cborKeys } from '#dots/cbor/keys';
import { documentTypeOf } from '#dots/model/documents';
import { isObject, type JsonObject } from '#dots/model/json';
import { needShared } from '../support/shared';

/** The RFCs' examples that have a CBOR form and that YANG accepts, by file name. */
function signalDocuments(t: TestContext): [name: string, document: JsonObject][] {
  const corpus = needShared(t, 'corpus');
  if (corpus === undefined) return [];
  const rows = readFileSync(join(corpus, 'MANIFEST.tsv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const verdict = rows[0]?.indexOf('yang_verdict') ?? -1;
  const valid = new Set(rows.filter((row) => row[verdict] === 'valid').map(([file]) => file));
  return readdirSync(corpus)
    .filter((file) => valid.has(file))
    .map((file): [string, unknown] => [file, JSON.parse(readFileSync(join(corpus, file), 'utf8'))])
    .filter(
      (entry): entry is [string, JsonObject] => isObject(entry[1]) && documentTypeOf(entry[1])?.channel === 'signal',
    );
}

test('figure 7 of RFC 9132 is encoded as its figure 8, and back', (t) => {
  const vector = needShared(t, 'vectors', 'rfc9132-fig08.hex');
  const figure = needShared(t, 'corpus', 'rfc9132-s4.4.1.1-fig07.json');
  if (vector === undefined || figure === undefined) return;
  const hex = readFileSync(vector, 'utf8').trim();
  const document = JSON.parse(readFileSync(figure, 'utf8')) as JsonObject;
  assert.equal(Buffer.from(encodeDocument(document)).toString('hex'), hex);
  assert.deepEqual(decodeDocument(Buffer.from(hex, 'hex')), document);
});

test('every valid example of the RFCs comes back from CBOR as it was', (t) => {
  const documents = signalDocuments(t);
  for (const [name, document] of documents) {
    assert.equal(JSON.stringify(decodeDocument(encodeDocument(document))), JSON.stringify(document), name);
  }
  if (documents.length > 0) t.diagnostic(`${documents.length} documents`);
});

test('another CBOR package reads the same values and would write the same bytes', async (t) => {
  const { decode, encode, Tagged } = await import('cborg');
  for (const [name, document] of signalDocuments(t)) {
    const bytes = encodeDocument(document);
    const value: unknown = decode(bytes, { useMaps: true, rejectDuplicateMapKeys: true, tags: Tagged.preserve(4) });
    assert.deepEqual(Buffer.from(encode(value, { mapSorter: () => 0 })), Buffer.from(bytes), name);
    assert.deepEqual(leaves(named(value)), leaves(document), name);
  }
});

test('the diagnostic notation is that of another printer', (t) => {
  for (const [name, document] of signalDocuments(t)) {
    const bytes = encodeDocument(document);
    assert.equal(diagnostic(bytes).replace(/\s/g, ''), diagnose(bytes).replace(/\s/g, '').replace(/_i/g, ''), name);
  }
});

test('the key table is that of the RFCs', (t) => {
  const path = needShared(t, 'reference', 'cbor-keys.tsv');
  if (path === undefined) return;
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
  const published = new Map(rows.map(([key, name, , , , comprehension]) => [Number(key), [name, comprehension]]));
  assert.deepEqual(new Map(cborKeys.map(({ key, name, comprehension }) => [key, [name, comprehension]])), published);
});

/** A decoded value with member names for keys, by the key table alone. */
function named(value: unknown): unknown {
  if (value instanceof Map)
    return Object.fromEntries(
      [...value].map(([key, entry]) => [cborKeys.find((row) => row.key === key)?.name ?? '?', named(entry)]),
    );
  return Array.isArray(value) ? value.map(named) : value;
}

/**
 * Every leaf as `path=number or text`, so that forms can be compared without a schema: 64-bit integers and decimals as
 * numbers, an enumeration as its path alone.
 */
function leaves(value: unknown, path = ''): string[] {
  if (isTagged(value)) return [`${path}=${Number(value.value[1]) * 10 ** Number(value.value[0])}`];
  if (Array.isArray(value)) return value.flatMap((entry, index) => leaves(entry, `${path}/${index}`));
  if (isObject(value)) return Object.entries(value).flatMap(([name, entry]) => leaves(entry, `${path}/${name}`));
  if (enumerated.test(path)) return [path];
  return [`${path}=${typeof value === 'string' && /^[\d.]+$/.test(value) ? Number(value) : String(value)}`];
}

const enumerated =
  /\/(status|attack-status|conflict-status|conflict-cause|activation-type|unit|attack-severity|measurement-interval|measurement-sample|supported-query-type\/\d+)$/;

function isTagged(value: unknown): value is { value: [number, number] } {
  return typeof value === 'object' && value !== null && 'tag' in value;
}
