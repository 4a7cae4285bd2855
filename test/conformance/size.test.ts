import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLanguageService, type LocatedFinding } from '#service/service';
import { largeAclText } from '../support/largeAcl';

const service = createLanguageService();

/** The findings of a text, and the texts that those of a code are at. */
function judge(text: string): { found: LocatedFinding[]; textsAt: (code: string) => string[] } {
  const document = service.parse(text);
  const found = service.validate(document).findings;
  const textsAt = (code: string): string[] =>
    found
      .filter((finding) => finding.code === code)
      .map(({ range }) => text.slice(document.offsetAt(range.start), document.offsetAt(range.end)));
  return { found, textsAt };
}

/** A document of many entries, the last of which has a fault. */
const faultAtEnd = (entries: number): string => largeAclText(entries).replace(/"drop"(?=[^"]*$)/, '"dorp"');

test('50 MB are judged to the last entry', () => {
  const large = faultAtEnd(66_000);
  assert.ok(large.length > 49_000_000 && large.length < 51_000_000, `${large.length}`);
  const { found, textsAt } = judge(large);
  assert.deepEqual(
    found.map(({ code, pointer }) => [code, pointer]),
    [['yang/invalid-value', '/ietf-dots-data-channel:acls/acl/0/aces/ace/65999/actions/forwarding']],
  );
  assert.deepEqual(textsAt('yang/invalid-value'), ['"dorp"']);
});

test('megabytes with byte order mark, CRLF, astral characters, half characters and NUL have right ranges', () => {
  const odd = `\ufeff${faultAtEnd(10_000)}`
    .replace(/\n/g, '\r\n')
    .replace('drop-amplification-3"', 'drop-\u{1f600}-\\ud800"')
    .replace('drop-amplification-4"', 'drop-\u{1f601}-\ud800"');
  const { found, textsAt } = judge(odd);
  assert.deepEqual(
    found.map(({ code }) => code),
    ['json/byte-order-mark', 'json/lone-surrogate', 'json/lone-surrogate', 'yang/invalid-value'],
  );
  assert.deepEqual(textsAt('json/lone-surrogate'), ['"drop-\u{1f600}-\\ud800"', '"drop-\u{1f601}-\ud800"']);
  assert.deepEqual(textsAt('yang/invalid-value'), ['"dorp"']);
  const broken = odd.replace('"dorp"', '"dorp"\0');
  const atNul = judge(broken);
  assert.deepEqual(atNul.textsAt('json/syntax'), ['\0']);
  assert.deepEqual(atNul.textsAt('yang/invalid-value'), ['"dorp"']);
});

test('50 MB of brackets, and megabytes of quotes or of one name, end in a sentence', () => {
  const codes = (text: string): string[] => [...new Set(judge(text).found.map(({ code }) => code))];
  assert.deepEqual(codes('['.repeat(25_000_000) + ']'.repeat(25_000_000)), ['json/too-deep']);
  assert.deepEqual(codes('{"a":'.repeat(10_000_000)), ['json/too-deep']);
  assert.deepEqual(codes('"'.repeat(4_000_000)), ['json/syntax', 'json/not-an-object']);
  assert.deepEqual(codes(`{${'"a":1,'.repeat(1_000_000)}"b":2}`), ['json/duplicate-member', 'json/unknown-document']);
});

test('more than the limit is refused with its reason, as text and as bytes', () => {
  const text = ' '.repeat(64 * 1024 * 1024 + 1);
  for (const given of [text, new Uint8Array(3 * 64 * 1024 * 1024 + 1)]) {
    const {
      findings: [finding, ...others],
    } = service.validate(service.parse(given));
    assert.equal(finding?.code, 'json/too-long');
    assert.match(finding.message, /Split it\.$/);
    assert.deepEqual(others, []);
  }
});
