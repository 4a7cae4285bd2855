import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { validationService } from '#service/validationService';
import deviations from '../../schemas/deviations.json';
import { needShared } from '../support/shared';
import { needTool } from '../support/tools';
import { judged, typeCases, typeKey, type JudgedCase, type TypeCase } from '../support/yangTypes/cases';
import { differencesOf, knownDifferences } from '../support/yangTypes/known';
import type { Judgement } from '../support/yangTypes/yanglint';

let memo: JudgedCase[] | undefined;

/** All cases with yanglint's judgements, or undefined where there is no judge. */
function judgedCases(t: TestContext): JudgedCase[] | undefined {
  const oracle = needShared(t, 'yang-oracle');
  if (oracle === undefined || !needTool(t, 'yanglint', 'libyang-tools')) return undefined;
  return (memo ??= judged(oracle, typeCases()));
}

/** What is found in the text of a document by JSON and YANG, without what the RFCs say in prose. */
function ours({ document }: TypeCase): string[] {
  return validationService
    .validate(document)
    .findings.filter(({ class: of, severity }) => (of === 'yang' || of === 'json') && severity === 'error')
    .map(({ code, pointer }) => `${code} ${pointer}`);
}

const theirs = (judgement: Judgement): 'valid' | 'invalid' => ('canonical' in judgement ? 'valid' : 'invalid');

test('every value at a border of a type is valid exactly where yanglint says so', (t) => {
  const cases = judgedCases(t);
  if (cases === undefined) return;
  const used = new Set<unknown>();
  const wrong: unknown[] = [];
  const accepted = new Set<unknown>();
  for (const one of cases) {
    const found = ours(one);
    const verdict = found.length === 0 ? 'valid' : 'invalid';
    if (verdict === 'valid') accepted.add(one.place);
    if (one.judgement === undefined || theirs(one.judgement) === verdict) continue;
    const known = differencesOf(one, verdict);
    for (const difference of known) used.add(difference);
    if (known.length === 0) wrong.push({ document: one.document, ours: found, theirs: one.judgement });
  }
  assert.deepEqual(wrong.slice(0, 20), []);
  const places = new Set(cases.map(({ place }) => place));
  const never = [...places].filter((place) => !accepted.has(place)).map(({ path }) => path.join('/'));
  assert.deepEqual(never, [], 'places of which no value is valid');
  assert.deepEqual(
    knownDifferences.filter((difference) => !used.has(difference)),
    [],
    'differences that no value shows any more',
  );
  const crashed = cases.filter(({ judgement }) => judgement === undefined).length;
  assert.ok(crashed < cases.length / 100, `yanglint crashed on ${crashed} documents`);
  const types = new Set([...places].map(typeKey)).size;
  console.log(
    `${types} types at ${places.size} places, ${cases.length} documents, ${crashed} on which yanglint crashed`,
  );
});

test('each known difference has its reason in deviations.json', () => {
  const ids = new Set(deviations.map(({ id }) => id));
  assert.deepEqual(
    knownDifferences.filter(({ id }) => !ids.has(id)),
    [],
  );
});
