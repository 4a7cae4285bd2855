import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needShared, root } from '../support/shared';
import { acls, dots, folder, request } from '../support/dots';

const hex = dots(['encode', '-'], request).out.trim();

test('encode writes one line of hex digits', () => {
  const run = dots(['encode', '-'], request);
  assert.equal(run.status, 0);
  assert.match(run.out, /^a101[0-9a-f]+\n$/);
});

test('encode writes the bytes, diagnostic notation, and all as JSON', () => {
  assert.equal(dots(['encode', '-', '--format', 'bin'], request).bytes.toString('hex'), hex);
  assert.match(dots(['encode', '-', '--format', 'diag'], request).out, /192\.0\.2\.0\/24/);
  const report = JSON.parse(dots(['encode', '-', '--format', 'json'], request).out) as Record<string, unknown>;
  assert.deepEqual([report.kind, report.hex, report.octets], ['mitigation-scope', hex, hex.length / 2]);
});

test('decode reads hex from an option, and hex or bytes from a file or standard input', (t) => {
  const bytes = Buffer.from(hex, 'hex');
  const path = folder(t, { 'a.hex': `${hex.toUpperCase().replace(/../g, '$& ')}\n`, 'a.cbor': bytes });
  const runs = [
    dots(['decode', '--hex', hex]),
    dots(['decode', join(path, 'a.hex')]),
    dots(['decode', join(path, 'a.cbor')]),
    dots(['decode', '-'], bytes),
    dots(['decode'], `${hex}\n`),
  ];
  for (const run of runs) assert.deepEqual([run.status, JSON.parse(run.out)], [0, JSON.parse(request)]);
});

test('what is encoded comes back for every signal channel example', () => {
  for (const file of readdirSync(join(root, 'examples')).filter(
    (name) => name.endsWith('.dots.json') && name !== 'first-draft.dots.json',
  )) {
    const run = dots(['encode', join('examples', file)]);
    if (run.status === 2) continue;
    assert.deepEqual(
      JSON.parse(dots(['decode', '--hex', run.out.trim()]).out),
      JSON.parse(readFileSync(join(root, 'examples', file), 'utf8')),
      file,
    );
  }
});

test('a body beyond 64 KiB goes through a pipe and back', () => {
  const prefixes = Array.from({ length: 8000 }, (_, n) => `"192.0.2.${n % 256}/32"`).join();
  const large = request.replace('"192.0.2.0/24"', prefixes);
  const run = dots(['encode', '-'], large);
  assert.ok(run.out.length > 2 * 65_536);
  const back = dots(['decode'], run.out);
  assert.deepEqual([back.status, back.err, JSON.parse(back.out)], [0, '', JSON.parse(large)]);
  for (const format of ['diag', 'json'])
    assert.deepEqual([dots(['encode', '-', '--format', format], large).status, format], [0, format]);
});

test('nothing of a document reaches the terminal as a control character, and the JSON keeps its meaning', () => {
  const hostile = request.replace('"192.0.2.0/24"', '"\u009b31m\u202e\u2028"');
  const sent = dots(['encode', '-'], hostile).out;
  const back = dots(['decode'], sent).out;
  assert.deepEqual([/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(back), JSON.parse(back)], [false, JSON.parse(hostile)]);
  assert.doesNotMatch(dots(['encode', '-', '--format', 'diag'], hostile).out, /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test('the CBOR of RFC 9132 figure 8 is read', (t) => {
  const vector = needShared(t, 'vectors', 'rfc9132-fig08.cbor');
  if (vector === undefined) return;
  assert.equal(dots(['decode', vector]).status, 0);
});

const failures: [name: string, words: string[], input: string | Uint8Array, status: number, message: RegExp][] = [
  ['a data channel document', ['encode', '-'], acls, 2, /no CBOR form/],
  ['a document that is not JSON', ['encode', '-'], '{', 1, /json\/syntax/],
  ['a document of no known kind', ['encode', '-'], '{"a": 1}', 1, /json\/unknown-document/],
  ['a member without a CBOR key', ['encode', '-'], request.replace('lifetime', 'lifetim'), 1, /lifetim/],
  ['a document that is not UTF-8', ['encode', '-'], new Uint8Array([0xff]), 2, /not UTF-8/],
  ['a file that is not there', ['encode', 'nowhere.json'], '', 2, /no such file/],
  ['two files', ['encode', 'a', 'b'], '', 2, /one file/],
  ['no file', ['encode'], '', 2, /one file/],
  ['a folder', ['decode', 'examples'], '', 2, /it is a folder/],
  ['truncated CBOR', ['decode', '--hex', hex.slice(0, -2)], '', 1, /./],
  ['CBOR of no DOTS document', ['decode', '--hex', 'a10102'], '', 1, /./],
  ['nothing', ['decode', '-'], '', 1, /./],
  ['text that is no hex', ['decode', '-'], 'hello', 1, /neither CBOR nor/],
  ['an option that is no hex', ['decode', '--hex', 'xyz'], '', 2, /hexadecimal/],
  ['a file and an option', ['decode', 'a', '--hex', 'a0'], '', 2, /not both/],
];

for (const [name, words, input, status, message] of failures) {
  test(`${words[0] ?? ''} of ${name}: exit ${status} and a sentence`, () => {
    const run = dots(words, input);
    assert.deepEqual([run.status, run.out], [status, '']);
    assert.match(run.err, message);
    assert.doesNotMatch(run.err, /\n\s+at |Internal error/);
  });
}

const misuse: [words: string[], message: RegExp][] = [
  [['encode', '-', '--mid', 'x'], /--mid must be a whole number from 0 to 4294967295, not "x"/],
  [['encode', '-', '--mid', '4294967296'], /--mid must be a whole number/],
  [['encode', '-', '--mid', '-1'], /--mid has no value; what follows it starts with a dash\. Write .* --mid=-1/],
  [['encode', '-', '--mid', '--format', 'bin'], /--mid has no value/],
  [['encode', '-', '--mid=-1'], /not "-1"/],
];

for (const [words, message] of misuse) {
  test(`an option with an unusable value is an error that names it: ${words.slice(2).join(' ')}`, () => {
    const run = dots(words, request);
    assert.deepEqual([run.status, run.out], [2, '']);
    assert.match(run.err, message);
  });
}

test('decoding nothing says that there is nothing', () => {
  assert.match(dots(['decode', '-'], '').err, /There is no data/);
});
