import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '#dots/check/check';
import { needShared } from '../support/shared';

/** One row of the corpus: a document and what an independent YANG validator says of it. */
interface Row {
  file: string;
  verdict: string;
}

function readRows(corpus: string): Row[] {
  const lines = readFileSync(join(corpus, 'MANIFEST.tsv'), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => line.split('\t')).map((cells) => ({ file: cells[0] ?? '', verdict: cells[4] ?? '' }));
}

/** `valid` or `invalid` by the JSON and by the faults of class `yang` alone. */
function verdictOf(path: string): string {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return 'invalid';
  }
  const { type, faults } = check(value);
  return type === undefined || faults.some((fault) => fault.class === 'yang') ? 'invalid' : 'valid';
}

test('the verdict on every document of the corpus is the one of yanglint', (t) => {
  const corpus = needShared(t, 'corpus');
  if (corpus === undefined) return;
  const rows = readRows(corpus);
  assert.ok(rows.length > 50);
  const disagreements = rows
    .filter(({ file, verdict }) => verdictOf(join(corpus, file)) !== verdict)
    .map(({ file }) => file);
  assert.deepEqual(disagreements, []);
});
