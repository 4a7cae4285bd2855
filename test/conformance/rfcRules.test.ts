import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '#dots/check/check';
import type { Fault } from '#dots/model/finding';
import type { JsonObject } from '#dots/model/json';
import { findingCodes } from '#dots/workspace/findingCodes';
import { rfcRules, type RfcRule } from '../support/rfcRules';

const faultsOf = (document: JsonObject, { direction = 'request' }: RfcRule): Fault[] =>
  check(document, { direction }).faults;

for (const rule of rfcRules)
  test(`RFC ${rule.section}: ${rule.rule}`, () => {
    const code = `rfc/${rule.code}`;
    const [fault] = faultsOf(rule.violates, rule).filter((one) => one.code === code);
    assert.ok(fault, `${code} is not found in ${JSON.stringify(rule.violates)}`);
    assert.equal(fault.rfc, rule.section);
    assert.deepEqual(
      faultsOf(rule.keeps, rule).filter(({ severity }) => severity === 'error'),
      [],
      JSON.stringify(rule.keeps),
    );
  });

test('the list: section, rule, document that violates it', () => {
  const lines = rfcRules.map(({ section, rule, code, violates }) => [
    section,
    rule,
    `rfc/${code}`,
    JSON.stringify(violates),
  ]);
  console.log(lines.map((cells) => cells.join('  ')).join('\n'));
  assert.ok(lines.length > 40);
});

test('every finding of class rfc is in the list, and the list has no other', () => {
  const codes = findingCodes.filter((code) => code.startsWith('rfc/')).map((code) => code.slice(4));
  assert.deepEqual(rfcRules.map(({ code }) => code).sort(), [...codes].sort());
});
