import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ace, acl, alias, mitigation, pipe, target } from '../../../support/checkCases';
import { applied } from '../../../support/edits';
import { rfcRules } from '../../../support/rfcRules';
import { createLanguageService, type LocatedFinding } from '#service/service';
import type { JsonValue } from '#dots/model/json';
import { findingCodes } from '#dots/workspace/findingCodes';

const service = createLanguageService();

interface Options {
  level?: 'practice' | 'strict';
  direction?: 'request' | 'status' | undefined;
  file?: string;
}

const errorsOf = (text: string, options: Options): LocatedFinding[] =>
  service.validate(service.parse(text, options.file), options).findings.filter(({ severity }) => severity === 'error');

const keyOf = ({ code, pointer }: LocatedFinding): string => `${code} ${pointer}`;

/** Each error has a fix, and one of its fixes removes it. */
function everyErrorHasAFix(text: string, expected: string, options: Options = {}): void {
  const document = service.parse(text, options.file);
  const errors = errorsOf(text, options);
  assert.ok(
    errors.some(({ code }) => code === expected),
    `${expected} is not among ${errors.map(({ code }) => code).join(', ')}`,
  );
  for (const error of errors) {
    const fixes = service.fixes(document, error);
    assert.notEqual(fixes.length, 0, `no fix for ${keyOf(error)}`);
    const removes = fixes.some(({ edits }) => {
      const after = errorsOf(applied(text, edits), options);
      return !after.some((other) => keyOf(other) === keyOf(error));
    });
    assert.ok(removes, `no fix removes ${keyOf(error)}: ${fixes.map(({ title }) => title).join('; ')}`);
  }
}

const udpAce = (members: object): object => acl(ace({ ipv4: { protocol: 17 }, udp: members }));

/** One document for each code of class yang. */
const yangCases: readonly [code: string, document: object, options?: Options][] = [
  ['yang/unknown-member', udpAce({ 'source-port': { operator: 'eq', port: 53 } })],
  ['yang/unknown-member', mitigation({ ...target, mid: 1, colour: 'red' })],
  ['yang/wrong-type', mitigation({ ...target, lifetime: '3600' })],
  ['yang/wrong-type', mitigation({ ...target, 'target-protocol': ['udp'] })],
  ['yang/wrong-type', mitigation({ ...target, 'target-protocol': 17 })],
  ['yang/wrong-type', pipe(100 as never)],
  ['yang/invalid-value', mitigation({ ...target, 'target-prefix': ['192.0.2.1'] })],
  ['yang/invalid-value', mitigation({ ...target, 'target-prefix': ['192.0.2.0/33'] })],
  ['yang/invalid-value', acl(ace({ ipv4: {} }), { type: 'ipv4' })],
  ['yang/missing-member', mitigation({ ...target, 'target-port-range': [{ 'upper-port': 80 }] })],
  ['yang/must', mitigation({ ...target, 'target-port-range': [{ 'lower-port': 443, 'upper-port': 80 }] })],
  ['yang/choice', udpAce({ 'source-port-range-or-operator': { operator: 'eq', port: 53, 'lower-port': 1 } })],
  ['yang/double-entry', alias({ 'target-prefix': ['192.0.2.0/24', '192.0.2.0/24'] })],
  ['yang/bare-identity', acl(ace({ ipv4: {} }, { forwarding: 'drop' })), { level: 'strict' }],
  ['yang/not-wire-form', pipe('0100'), { level: 'strict' }],
  ['yang/not-allowed-here', acl(ace({ ipv6: {} }), { type: 'ipv4-acl-type' })],
];

for (const [code, document, options] of yangCases)
  test(`${code}: each error has a fix that removes it: ${JSON.stringify(document).slice(0, 120)}`, () => {
    everyErrorHasAFix(JSON.stringify(document, null, 2), code, options);
  });

for (const { code, rule, violates, direction } of rfcRules) {
  const codes = errorsOf(JSON.stringify(violates), { direction }).map((error) => error.code);
  if (codes.includes(`rfc/${code}`))
    test(`rfc/${code}: each error has a fix that removes it: ${rule}`, () => {
      everyErrorHasAFix(JSON.stringify(violates, null, 2), `rfc/${code}`, { direction });
    });
}

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

test('every code of the classes yang and rfc that can be an error is tried above', () => {
  const tried = new Set([...yangCases.map(([code]) => code), ...rfcRules.map(({ code }) => `rfc/${code}`)]);
  const untried = findingCodes.filter((code) => /^(?:yang|rfc)\//.test(code) && !tried.has(code));
  assert.deepEqual(untried, []);
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
    const finding = errorsOf(text, {}).find(({ code }) => code === 'rfc/one-scope');
    return finding === undefined ? [] : service.fixes(parsed, finding).map(({ title }) => title);
  };
  assert.equal(
    titles(scopes({ 'target-prefix': ['198.51.100.0/24'] }))[0],
    'Write one request for each scope, in 2 files',
  );
  const [merge] = titles(scopes({ 'target-prefix': ['192.0.2.1/32'], 'target-protocol': [17] }));
  assert.equal(merge, 'Merge into one scope: widens to every combination of target-prefix and target-protocol');
});
