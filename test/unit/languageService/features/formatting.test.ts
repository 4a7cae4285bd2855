import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { applied } from '../../../support/edits';
import { root } from '../../../support/shared';
import { createLanguageService } from '#service/service';
import { Lines } from '#service/documents/lines';
import { tokenList } from '#service/documents/tokenList';

const service = createLanguageService();
const options = { tabSize: 2, insertSpaces: true };
const formatted = (text: string): string => applied(text, service.format(text, options));
const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.json$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(root, 'examples', name), 'utf8') }));

/** The text without blanks outside of tokens. */
const tokensOf = (text: string): string[] => {
  const { starts, ends } = tokenList(text);
  return starts.map((start, index) => text.slice(start, ends[index]));
};

for (const { name, text } of examples)
  test(`${name} is formatted already`, () => {
    assert.equal(formatted(text), text);
  });

test('a text on one line becomes lines; short lists stay on one', () => {
  const text = '{"a":{"list":[1,2,3],"ranges":[{"lower-port":80},{"lower-port":443}],"none":[],"empty":{}},"b":true}';
  assert.equal(
    formatted(text),
    '{\n  "a": { "list": [1, 2, 3], "ranges": [{ "lower-port": 80 }, { "lower-port": 443 }], "none": [], "empty": {} },\n  "b": true\n}',
  );
});

test('a list that is longer than a line has one entry on each', () => {
  const text = JSON.stringify({ prefixes: Array.from({ length: 12 }, (_, index) => `192.0.2.${index}/32`) });
  assert.match(formatted(text), /^\{\n {2}"prefixes": \[\n {4}"192\.0\.2\.0\/32",\n {4}"192/);
});

test('comments, line ends and one blank line between members are kept', () => {
  const text = '// first\r\n{\r\n"a":1, // after\r\n\r\n\r\n/* before */\r\n"b":[1,// in\r\n2]\r\n}\r\n';
  assert.equal(
    formatted(text),
    '// first\r\n{\r\n  "a": 1, // after\r\n\r\n  /* before */\r\n  "b": [\r\n    1, // in\r\n    2\r\n  ]\r\n}\r\n',
  );
});

test('tabs, a byte order mark, and a text that is not closed', () => {
  const tabs = service.format('\ufeff {"a":[{"b":1,', { tabSize: 4, insertSpaces: false });
  assert.equal(applied('\ufeff {"a":[{"b":1,', tabs), '\ufeff{\n\t"a": [\n\t\t{\n\t\t\t"b": 1,');
});

test('formatting keeps all tokens of every prefix, and formatting twice changes nothing more', () => {
  const text = readFileSync(join(root, 'examples', 'filter-control.dots.json'), 'utf8');
  for (let end = 0; end <= text.length; end++) {
    const once = formatted(text.slice(0, end));
    assert.deepEqual(tokensOf(once), tokensOf(text.slice(0, end)), `prefix of ${end}`);
    assert.equal(formatted(once), once, `prefix of ${end}`);
  }
});

test('a range is formatted alone, and on type what the bracket closes', () => {
  const text = '{\n"a": [1,2],\n"b": [3,4]\n}';
  const range = Lines.of(text).range(14, 25);
  assert.equal(applied(text, service.format(text, options, range)), '{\n"a": [1,2],\n  "b": [3, 4]\n}');
  const position = Lines.of(text).positionAt(12);
  assert.equal(applied(text, service.formatClosed(text, options, position)), '{\n"a": [1, 2],\n"b": [3,4]\n}');
});
