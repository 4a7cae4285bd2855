import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { check } from '#dots/check/check';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import type { JsonObject } from '#dots/model/json';
import { validationService } from '#service/validationService';
import deviations from '../../schemas/deviations.json';
import { openData } from '../support/protocol/dataScene';
import { openSession, startOrchestrator } from '../support/protocol/scene';
import { needShared } from '../support/shared';
import { needTool } from '../support/tools';
import { judged, typeCases, typeKey, type JudgedCase, type TypeCase } from '../support/yangTypes/cases';
import { throughData, throughSignal, type Outcome } from '../support/yangTypes/atServer';
import { acceptedBy, complete, isAnotherForm, meaning, rulesOf, type Accepted } from '../support/yangTypes/carried';
import { feedsFlowspec, type Place } from '../support/yangTypes/places';
import { differencesOf, isReadAsOctal, knownDifferences } from '../support/yangTypes/known';
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

let acceptedMemo: Accepted[] | undefined;

/** The cases that are valid for both. */
function accepted(t: TestContext): Accepted[] {
  const cases = judgedCases(t);
  return cases === undefined ? [] : (acceptedMemo ??= acceptedBy(cases, (one) => ours(one).length === 0));
}

/**
 * Names of hosts are compared without case, which yanglint leaves as it is (RFC 6991 section 4, RFC 3986 section
 * 6.2.2.1).
 */
const withoutCase = new Set(['ietf-inet-types:domain-name', 'ietf-inet-types:uri']);

test('texts are one value for the checker exactly where they are one for yanglint', (t) => {
  const texts = new Map<string, string>();
  for (const one of accepted(t)) {
    if (isReadAsOctal(one)) continue;
    const own = meaning(one.place, one.value);
    const canonical = JSON.stringify(one.canonical);
    assert.equal(own, meaning(one.place, one.canonical), `${one.document} is ${canonical}`);
    const key = `${one.place.path.join('/')} ${own}`;
    if (!withoutCase.has(one.place.type.name ?? '')) assert.equal(texts.get(key) ?? canonical, canonical, one.document);
    texts.set(key, canonical);
  }
});

test('every value is the same after CBOR, in its one form there', (t) => {
  for (const { place, value, document } of accepted(t).filter(({ place: { kind } }) => kind !== 'dots-data')) {
    const bytes = encodeDocument(value);
    const back = decodeDocument(bytes);
    assert.equal(meaning(place, back), meaning(place, value), document);
    assert.deepEqual(encodeDocument(back), bytes, document);
    const faults = check(back, { level: 'strict' }).faults.filter(({ class: of }) => of === 'yang');
    assert.deepEqual(faults, [], document);
  }
});

/** The forms of values that become rules, in complete documents, each beside its canonical form. */
function forms(t: TestContext): { place: Place; own: JsonObject; form: JsonObject }[] {
  return accepted(t)
    .filter((one) => feedsFlowspec(one.place) && isAnotherForm(one))
    .map(({ place, value, canonical }) => ({ place, own: complete(value), form: complete(canonical) }));
}

test('every value gives the Flowspec rules of its canonical form', (t) => {
  const all = forms(t);
  const withRules = all.filter(({ own, form }) => {
    const { rules, errors } = rulesOf(own);
    assert.deepEqual({ rules, errors }, rulesOf(form), JSON.stringify(own));
    return rules.length > 0;
  });
  if (all.length === 0) return;
  assert.ok(withRules.length > 100, `only ${withRules.length} forms have rules`);
  console.log(`${all.length} values that are not in canonical form, ${withRules.length} of them with rules`);
});

test('a server stores every value as its canonical form', async (t) => {
  const all = forms(t);
  if (all.length === 0) return;
  const orchestrator = await startOrchestrator(t, {
    policy: { ...defaultPolicy, limits: { ...defaultPolicy.limits, requestsPerSecond: Infinity } },
  });
  const [signal, data] = [await openSession(t, orchestrator.signal), await openData(t, orchestrator)];
  const count = { signal: 0, data: 0, refused: 0 };
  let mid = 0;
  for (const { place, own, form } of all) {
    const channel = place.kind === 'mitigation-scope' ? 'signal' : 'data';
    const send = (document: JsonObject): Promise<Outcome> =>
      channel === 'signal'
        ? throughSignal(signal, orchestrator, document, ++mid)
        : throughData(data, orchestrator, document);
    const [one, other] = [comparable(await send(own), place), comparable(await send(form), place)];
    assert.deepEqual(one, other, JSON.stringify(own));
    count['refused' in one ? 'refused' : channel] += 1;
  }
  console.log('values that are not in canonical form, at a server:', count);
  assert.ok(count.signal > 10 && count.data > 100, JSON.stringify(count));
});

function comparable(outcome: Outcome, place: Place): object {
  return 'stored' in outcome ? { ...outcome, stored: meaning(place, outcome.stored) } : outcome;
}
