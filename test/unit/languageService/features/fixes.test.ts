import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mitigation, target } from '../../../support/checkCases';
import { applied } from '../../../support/edits';
import { findingExamples, judged, unreadCodes, type FindingExample, type Judged } from '../../../support/findings';
import { createLanguageService, type LocatedFinding } from '#service/service';
import type { JsonValue } from '#dots/model/json';
import { findingCodes } from '#dots/workspace/findingCodes';

const service = createLanguageService();

const errorsOf = ({ findings }: Judged): LocatedFinding[] => findings.filter(({ severity }) => severity === 'error');

const keyOf = ({ code, pointer }: LocatedFinding): string => `${code} ${pointer}`;

/** Each error has a fix, and one of its fixes removes it. */
function everyErrorHasAFix(example: FindingExample): void {
  const before = judged(example);
  assert.ok(
    before.findings.some(({ code }) => code === example.code),
    `${example.code} is not among ${before.findings.map(({ code }) => code).join(', ')}`,
  );
  // Of thousands of equal errors one is enough.
  for (const error of errorsOf(before).slice(0, 20)) {
    const fixes = service.fixes(before.document, error);
    assert.notEqual(fixes.length, 0, `no fix for ${keyOf(error)}`);
    const removes = fixes.some(({ edits }) => {
      const after = judged(example, applied(before.document.text, edits));
      return !errorsOf(after).some((other) => keyOf(other) === keyOf(error));
    });
    assert.ok(removes, `no fix removes ${keyOf(error)}: ${fixes.map(({ title }) => title).join('; ')}`);
  }
}

for (const example of findingExamples)
  test(`${example.code}: each error has a fix that removes it: ${JSON.stringify(Object.values(example.files)[0]).slice(0, 120)}`, () => {
    everyErrorHasAFix(example);
  });

test('every code of a finding is tried above, but for files that an editor does not open', () => {
  const tried = new Set([...findingExamples.map(({ code }) => code), ...Object.keys(unreadCodes)]);
  const untried = findingCodes.filter((code) => !tried.has(code));
  assert.deepEqual(untried, []);
});

test('an error before a syntax error offers to fix the syntax first', () => {
  const text = '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"lifetime": "3600"}, {"lifetime": ]}}';
  const document = service.parse(text);
  const { findings } = service.validate(document);
  const wrongType = findings.find(({ code }) => code === 'yang/wrong-type');
  assert.deepEqual(wrongType && service.fixes(document, wrongType).map(({ title }) => title), [
    'Fix the JSON syntax: insert null}',
  ]);
});

const syntaxCases: readonly [code: string, text: string, value: JsonValue][] = [
  ['json/comma-missing', '{"a": [1 2] "b": 3}', { a: [1, 2], b: 3 }],
  ['json/trailing-comma', '{"a": [1, 2,], }', { a: [1, 2] }],
  ['json/comment', '// note\n{"a": 1 /* one */}', { a: 1 }],
  ['json/byte-order-mark', '\ufeff{"a": 1}', { a: 1 }],
  ['json/syntax', '{"a": [{"b": 1} "c": 2}', { a: [{ b: 1 }], c: 2 }],
  ['json/syntax', '{"a": {"b": [1, 2', { a: { b: [1, 2] } }],
  ['json/syntax', '{"a": [1, 2}}', { a: [1, 2] }],
  ['json/syntax', "{'a': 'b', c: True}", { a: 'b', c: true }],
  ['json/syntax', '{"a" 1, "b": 007}', { a: 1, b: 7 }],
  ['json/syntax', '{"a": "b,\n"c": 1}', { a: 'b', c: 1 }],
  ['json/syntax', '{"a": 1}]', { a: 1 }],
  ['json/syntax', '{"p": 192.0.2.0/24}', { p: '192.0.2.0/24' }],
  ['json/syntax', '{"a": [1, 2, "b": 3}', { a: [1, 2], b: 3 }],
  ['json/syntax', '{"a": "b": 1}}', { a: { b: 1 } }],
  ['json/syntax', '{"a": ["b": 1}]}', { a: [{ b: 1 }] }],
  ['json/syntax', '{\n  a": [\n    1\n  ]\n}', { a: [1] }],
  ['json/syntax', '{\n  "a: "b"\n}', { a: 'b' }],
  ['json/syntax', '{\n  "a": b",\n  "c": 1\n}', { a: 'b', c: 1 }],
  ['json/syntax', '{"a": , "b"}', { a: null, b: null }],
  ['json/syntax', '{"a": "b\\q\tc"}', { a: 'b\\q\tc' }],
];

for (const [code, text, value] of syntaxCases)
  test(`${code}: ${JSON.stringify(text)} is repaired`, () => {
    const document = service.parse(text);
    const finding = document.findings().find((each) => each.code === code);
    const [fix] = finding === undefined ? [] : service.fixes(document, finding);
    assert.ok(
      fix,
      `no fix among ${document
        .findings()
        .map((each) => each.code)
        .join(', ')}`,
    );
    assert.deepEqual(JSON.parse(applied(text, fix.edits)), value);
    assert.ok(fix.keepsMeaning);
  });

test('Fix all takes only what keeps the meaning', () => {
  const document = mitigation({ 'target-prefix': ['192.0.2.7/24'], 'target-protocol': 'UDP', 'target-port': [] });
  const text = JSON.stringify(document);
  const parsed = service.parse(text);
  const after = applied(text, service.certainEdits(parsed, service.validate(parsed).findings));
  assert.deepEqual(
    JSON.parse(after),
    mitigation({ 'target-prefix': ['192.0.2.0/24'], 'target-protocol': ['UDP'], 'target-port-range': [] }),
  );
});

test('two scopes: disjoint ones become two documents, of others a merge says what it widens', () => {
  const scopes = (second: object): string =>
    JSON.stringify(
      mitigation([
        { ...target, 'target-protocol': [6] },
        { lifetime: 60, ...second },
      ]),
    );
  const titles = (text: string): string[] => {
    const parsed = service.parse(text);
    const finding = service.validate(parsed).findings.find(({ code }) => code === 'rfc/one-scope');
    return finding === undefined ? [] : service.fixes(parsed, finding).map(({ title }) => title);
  };
  assert.equal(
    titles(scopes({ 'target-prefix': ['198.51.100.0/24'] }))[0],
    'Write one request for each scope, in 2 files',
  );
  const [merge] = titles(scopes({ 'target-prefix': ['192.0.2.1/32'], 'target-protocol': [17] }));
  assert.equal(merge, 'Merge into one scope: widens to every combination of target-prefix and target-protocol');
});
