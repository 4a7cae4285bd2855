import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '#dots/check/check';
import type { JsonObject } from '#dots/model/json';
import { mutate } from '../support/mutate';
import { Random } from '../support/random';
import { needShared } from '../support/shared';
import { needTool } from '../support/tools';

const runs = Number(process.env.DOTS_MUTATIONS ?? 2000);

/** The documents of the corpus that parse. */
function originals(corpus: string): JsonObject[] {
  return readdirSync(corpus)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(corpus, name), 'utf8')) as JsonObject];
      } catch {
        return [];
      }
    });
}

/**
 * What yanglint says of each document: `valid`, the reason why not, or nothing where it crashed (2.1.30 does on an
 * empty container in a choice).
 */
function yanglint(oracle: string, documents: JsonObject[], perturb?: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'dots-mutations-'));
  const files = documents.map((document, index) => {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify(document));
    return file;
  });
  const run = spawnSync('node', [join(oracle, 'yang-verdict'), ...files], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...(perturb !== undefined && { MALLOC_PERTURB_: perturb }) },
  });
  rmSync(folder, { recursive: true });
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => (line.startsWith('valid\t') ? 'valid' : (line.split('\t')[2] ?? 'invalid')));
}

/** What freed memory is filled with, byte by byte (glibc): a program that never reads it does not notice. */
const fillings = ['1', '85', '170', '255'];

/**
 * Whether yanglint says the same again whatever freed memory holds: 2.1.30 reads an empty container that it has freed,
 * and then says now this, now that.
 */
function isSteady(oracle: string, document: JsonObject, verdict: string): boolean {
  return [undefined, ...fillings]
    .flatMap((filling) => yanglint(oracle, [document, document], filling))
    .every((again) => again !== '' && (again === 'valid') === (verdict === 'valid'));
}

/** What deviations.json lists: conflict causes that were registered after the module was published. */
const later = /"conflict-cause":"(request-rejected-legitimate-traffic|overlapping-pipes)"/;

test('verdicts on mutated documents are those of yanglint', (t) => {
  const corpus = needShared(t, 'corpus');
  const oracle = needShared(t, 'yang-oracle');
  if (corpus === undefined || oracle === undefined || !needTool(t, 'yanglint', 'libyang-tools')) return;
  const bases = originals(corpus);
  const seeds = [20260101, Number(process.env.DOTS_SEED ?? Date.now() % 2 ** 31)];
  const documents = seeds
    .flatMap((seed) => {
      const random = new Random(seed);
      return Array.from({ length: runs / 2 }, () => mutate(random.pick(bases), random));
    })
    .filter((document) => !later.test(JSON.stringify(document)));
  const verdicts = yanglint(oracle, documents);
  const all = documents.flatMap((document, index) => {
    const { type, faults } = check(document);
    const ours =
      type === undefined
        ? 'no known kind'
        : faults
            .filter((fault) => fault.class === 'yang')
            .map((fault) => `${fault.code} ${fault.pointer}`)
            .join('; ') || 'valid';
    const theirs = verdicts[index] as string;
    return theirs === '' || (ours === 'valid') === (theirs === 'valid') ? [] : [{ ours, theirs, document }];
  });
  const disagreements = all.filter(({ theirs, document }) => isSteady(oracle, document, theirs));
  console.log(
    `mutated documents, seeds ${seeds.join(' and ')}: ${documents.length} documents, ${verdicts.filter((verdict) => verdict === 'valid').length} valid, ${verdicts.filter((verdict) => verdict === '').length} on which yanglint crashed, ${all.length - disagreements.length} on which it contradicts itself, ${disagreements.length} disagreements`,
  );
  assert.ok(
    verdicts.filter((verdict) => verdict === '').length < documents.length / 50,
    'yanglint crashed too often to be a judge',
  );
  assert.deepEqual(
    disagreements.slice(0, 20).map((one) => ({ ...one, document: JSON.stringify(one.document) })),
    [],
  );
});
