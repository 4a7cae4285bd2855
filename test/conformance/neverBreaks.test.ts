import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLanguageService } from '#service/service';
import { needShared, root } from '../support/shared';

const service = createLanguageService();

/** Judges a text and demands findings that lie in it. */
function judge(text: string, what: string): void {
  const lines = text.split(/\r\n|\r|\n/);
  for (const { range, code, rfc, message } of service.validate(text).findings) {
    const last = lines[range.end.line];
    assert.ok(last !== undefined && range.end.character <= last.length, `${what}: ${code} ends outside of the text`);
    assert.ok(
      range.start.line < range.end.line || range.start.character <= range.end.character,
      `${what}: ${code} ends before it starts`,
    );
    assert.ok(rfc !== '' && message !== '', `${what}: ${code}`);
  }
}

/** Every beginning of a text, and the text without each of its characters. */
function judgeAll(folder: string, name: string): number {
  const text = readFileSync(join(folder, name), 'utf8');
  for (let length = 0; length < text.length; length++) {
    judge(text.slice(0, length), `${name}, first ${length} characters`);
    judge(text.slice(0, length) + text.slice(length + 1), `${name} without character ${length}`);
  }
  return 2 * text.length;
}

test('every beginning and every one-character deletion of the examples has findings, never an exception', () => {
  const folder = join(root, 'examples');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) judgeAll(folder, name);
});

test('every beginning and every one-character deletion of the corpus has findings, never an exception', (t) => {
  const folder = needShared(t, 'corpus');
  if (folder === undefined) return;
  const texts = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .reduce((count, name) => count + judgeAll(folder, name), 0);
  console.log(`broken texts judged: ${texts}`);
});

test('odd texts keep right ranges', () => {
  const request =
    '{"ietf-dots-signal-channel:mitigation-scope":{"scope":[{"target-prefix":["192.0.2.0/24"],"lifetime":0}]}}';
  const texts = [
    request.replace(/,/g, ',\r\n'),
    `\ufeff${request}`,
    request.replace('lifetime', 'li\u{1f600}fetime'),
    request.replace('lifetime', 'life\u0000time'),
    request.replace('lifetime', '\\ud800'),
    request.replace('192', '\ud800192'),
    '\u0000',
    '\ud800',
    '',
    ' ',
    'null',
    '[]',
    '0',
    '"x"',
    '{',
    '}',
    '{"__proto__":{"scope":1}}',
  ];
  for (const text of texts) judge(text, JSON.stringify(text.slice(0, 40)));
});

test('depth and size end in a sentence', () => {
  const codes = (text: string): string[] => service.validate(text).findings.map(({ code }) => code);
  assert.ok(codes(`${'['.repeat(100_000)}${']'.repeat(100_000)}`).includes('json/too-deep'));
  assert.ok(codes(`{"a":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`).includes('json/too-deep'));
  assert.ok(
    codes(`{"ietf-dots-data-channel:aliases":{"alias":[${'{},'.repeat(200_000)}{}]}}`).includes(
      'json/too-many-entries',
    ),
  );
});
