import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findingLines } from '../../../cli/src/findings';
import type { LocatedFinding } from '#service/service';
import { oneLine, printable, safeJson } from '#dots/model/text';

const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test('a line of foreign text: no control characters, no bidi marks, no half characters, of bounded length', () => {
  assert.equal(oneLine('a\n\u001b[2Jb\u2028\u202e'), 'a [2Jb');
  assert.equal(oneLine('\u009b31mred'), '31mred');
  assert.equal(oneLine('x'.repeat(3000), 80).length, 80);
  assert.equal(oneLine('ab\u{1F600}', 3), 'ab');
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !harmful.test(oneLine(text))));
});

test('a foreign name is shown in one line, and two names never look the same for what is hidden in them', () => {
  assert.equal(printable('a\n\u001b]0;x\u0007\u202e\u2028\ud800b'), 'a\\u000a\\u001b]0;x\\u0007\\u202e\\u2028\\ud800b');
  assert.equal(printable('a\u034fb\u115f\u3164\uffa0'), 'a\\u034fb\\u115f\\u3164\\uffa0');
  assert.equal(printable('⚠\ufe0f'), '⚠\ufe0f');
  assert.equal(printable('Grüße/設定 (1).dots.json'), 'Grüße/設定 (1).dots.json');
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => !harmful.test(printable(name))));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => printable(printable(name)) === printable(name)));
});

test('JSON to be shown escapes them instead, and means the same', () => {
  assert.equal(safeJson({ a: '\u009b\u202e\u{E0001}' }), '{"a":"\\u009b\\u202e\\udb40\\udc01"}');
  assert.equal(safeJson(['a'], 2), '[\n  "a"\n]');
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const shown = safeJson([value, text], 2);
      assert.doesNotMatch(shown.replaceAll('\n', ''), harmful);
      assert.equal(JSON.stringify(JSON.parse(shown)), JSON.stringify([value, text]));
    }),
  );
});

test('a finding quotes a document without its control characters, also where it points elsewhere', () => {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
  const finding: LocatedFinding = {
    code: 'yang/x',
    class: 'yang',
    severity: 'error',
    message: 'a\u009bb',
    rfc: '9132 4.4.1',
    pointer: '',
    range,
    related: [{ pointer: '', range, message: 'c\u001b[2Jd' }],
  };
  assert.deepEqual(findingLines('a\n\u202eb.dots.json', finding), [
    'a\\u000a\\u202eb.dots.json:1:1 error a b (yang/x, RFC 9132 section 4.4.1)',
    '  a\\u000a\\u202eb.dots.json:1:1 c [2Jd',
  ]);
});
