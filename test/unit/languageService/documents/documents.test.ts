import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cursorAt } from '#service/documents/cursor';
import { maximumLength, parseBytes, parseDocument } from '#service/documents/document';
import { Lines } from '#service/documents/lines';
import { textIn, withCaret } from '../../../support/caret';

const codes = (text: string, relaxed = false): string[] =>
  parseDocument(text, { relaxed }).problems.map(({ code }) => code);

const problems: [name: string, text: string, expected: [code: string, place: string][]][] = [
  ['nothing', '', [['json/empty', '']]],
  ['blanks', ' \r\n\t', [['json/empty', '']]],
  ['a byte order mark', '\ufeff{}', [['json/byte-order-mark', '\ufeff']]],
  ['an unclosed object', '{"a": 1\n', [['json/syntax', '1']]],
  ['an unclosed array', '{"a": [1', [['json/syntax', '1']]],
  ['an unclosed string', '{"a": "b\n}', [['json/syntax', '"b']]],
  ['single quotes', "{'a': 1}", [['json/syntax', "'a'"]]],
  ['typographic quotes', '{“a”: 1}', [['json/syntax', '“a”']]],
  ['a bare name', '{a: 1}', [['json/syntax', 'a']]],
  ['a capital literal', '{"a": True}', [['json/syntax', 'True']]],
  ['a leading zero', '{"a": 01}', [['json/syntax', '01']]],
  ['an unfinished number', '{"a": 1.}', [['json/syntax', '1.']]],
  ['a lone minus', '{"a": -}', [['json/syntax', '-']]],
  ['a missing colon', '{"a" 1}', [['json/syntax', '1']]],
  ['a missing value', '{"a": }', [['json/syntax', '}']]],
  ['a missing element', '[1,,2]', [['json/syntax', ',']]],
  ['two documents', '{} {}', [['json/syntax', '{']]],
  ['an unknown escape', '{"a": "\\x"}', [['json/syntax', '"\\x"']]],
  ['a short unicode escape', '{"a": "\\u12"}', [['json/syntax', '"\\u12"']]],
  ['a control character', '{"a": "\u0000"}', [['json/syntax', '"\u0000"']]],
  ['a missing comma', '{"a": 1 "b": 2}', [['json/comma-missing', '1']]],
  ['a missing comma in an array', '[1 2]', [['json/comma-missing', '1']]],
  [
    'trailing commas',
    '{"a": [1,],}',
    [
      ['json/trailing-comma', ','],
      ['json/trailing-comma', ','],
    ],
  ],
  [
    'comments',
    '{ // one\n /* two */ "a": 1}',
    [
      ['json/comment', '// one'],
      ['json/comment', '/* two */'],
    ],
  ],
  ['a member twice', '{"a": 1, "b": 2, "a": 3}', [['json/duplicate-member', '"a"']]],
  ['a member twice, with a blank before its colon', '{"a" : 1, "a": 3}', [['json/duplicate-member', '"a"']]],
  ['a colon that begins a string', '{"a": ":", "b": ":x"}', []],
  ['a fraction of five hundred digits', `{"a": 0.${'1'.repeat(500)}}`, []],
  ['a member twice by an escape', '{"a": 1, "\\u0061": 2}', [['json/duplicate-member', '"\\u0061"']]],
  [
    'a member twice among many',
    `{${Array.from({ length: 20 }, (_, index) => `"m${index % 19}": 1`).join(',')}}`,
    [['json/duplicate-member', '"m0"']],
  ],
  ['equal names in two objects', '[{"a": 1}, {"a": {"a": 2}}]', []],
  ['a name that is also a value', '{"a": "b", "b": "a"}', []],
  ['__proto__', '{"__proto__": {"a": 1}}', [['json/forbidden-name', '"__proto__"']]],
  ['__proto__ by an escape', '{"\\u005f_proto__": 1}', [['json/forbidden-name', '"\\u005f_proto__"']]],
  [
    'the largest uint64 as a number',
    '{"a": 18446744073709551615}',
    [['json/number-too-large', '18446744073709551615']],
  ],
  ['a number beyond 64 bits', '{"a": -99999999999999999999}', [['json/number-too-large', '-99999999999999999999']]],
  ['a number beyond all bounds', '{"a": 1e999}', [['json/number-too-large', '1e999']]],
  ['a long number that is exact', '{"a": 9007199254740992}', []],
  ['an exponent that is exact', '{"a": 1e3}', []],
  ['a fraction of zeros', '{"a": 4294967295.00000000}', []],
  ['a fraction that is moved before the point', '{"a": 0.00000000000005e14}', []],
  ['nought in many digits', '{"a": -0.00000000000000e-400}', []],
  ['a fraction that is lost', '{"a": 5.00000000000000001}', [['json/number-too-large', '5.00000000000000001']]],
  ['a number that becomes nought', '{"a": 1e-400}', [['json/number-too-large', '1e-400']]],
  ['digits lost beside an exponent', '{"a": 9007199254740993e0}', [['json/number-too-large', '9007199254740993e0']]],
  ['a fraction in DOTS of no member', '{"a": 1.50000000000000001}', []],
  ['a lone surrogate by an escape', '{"a": "\\ud83d"}', [['json/lone-surrogate', '"\\ud83d"']]],
  ['a lone surrogate', '{"a": "\ud83d"}', [['json/lone-surrogate', '"\ud83d"']]],
  ['a whole astral character', '{"a": "\u{1f642}\\ud83d\\ude42"}', []],
  ['64 levels', '['.repeat(64) + ']'.repeat(64), []],
  ['65 levels', '['.repeat(65) + ']'.repeat(65), [['json/too-deep', '[']]],
  ['a hundred thousand levels', '{"a":['.repeat(100_000), [['json/too-deep', '{']]],
];

for (const [name, text, expected] of problems) {
  test(`the JSON of ${name}`, () => {
    const document = parseDocument(text);
    assert.deepEqual(
      document.findings().map(({ code, range }) => [code, textIn(text, range)]),
      expected,
    );
    assert.ok(document.findings().every(({ message, class: of }) => of === 'json' && /[.?]$/.test(message)));
  });
}

test('comments and trailing commas are allowed in .jsonc, and nothing else', () => {
  assert.deepEqual(codes('{ // one\n "a": [1,], /* two */ }', true), []);
  assert.deepEqual(codes('{ "a": 1, "a": 2 /* }', true), ['json/duplicate-member', 'json/syntax']);
});

test('both places of a duplicate member are reported', () => {
  const text = '{"x": {"lifetime": 1,\n "lifetime": 2}}';
  const [finding] = parseDocument(text).findings();
  assert.deepEqual(finding?.range.start, { line: 1, character: 1 });
  assert.deepEqual(
    finding?.related?.map(({ range }) => range.start),
    [{ line: 0, character: 7 }],
  );
  assert.equal(finding?.pointer, '/x/lifetime');
});

test('of two equal members the last counts, for the value and for its place', () => {
  const document = parseDocument('{"a": 1, "a": 22}');
  assert.deepEqual(document.value, { a: 22 });
  assert.deepEqual(document.locate('/a')?.start, { line: 0, character: 14 });
});

test('__proto__ changes no object', () => {
  for (const text of ['{"__proto__": {"b": 1}, "a": 2}', '{"__proto__": {"b": 1}, "a": 2,}']) {
    assert.deepEqual(Object.getOwnPropertyNames(parseDocument(text).value), ['a']);
    assert.equal(Object.getPrototypeOf(parseDocument(text).value), Object.prototype);
  }
});

test('a text beyond the limit is not read', () => {
  const document = parseDocument(' '.repeat(maximumLength + 1));
  assert.deepEqual(
    document.problems.map(({ code }) => code),
    ['json/too-long'],
  );
  assert.equal(document.pointerAt(5), '');
});

test('values are found by pointer, in broken texts too', () => {
  const text = '{"a/b": [{"~": 1}, {\n"c": "\\u0064",\n// x\n"e": [true]}], "f": ';
  const document = parseDocument(text);
  const found = (pointer: string, atName?: boolean): string | undefined => {
    const range = document.locate(pointer, atName);
    return range === undefined ? undefined : textIn(text, range);
  };
  assert.equal(found('/a~1b/0/~0'), '1');
  assert.equal(found('/a~1b/0'), '{"~": 1}');
  assert.equal(found('/a~1b/1'), '{');
  assert.equal(found('/a~1b'), '"a/b"');
  assert.equal(found('/a~1b/1/c', true), '"c"');
  assert.equal(found('/a~1b/1/e/0'), 'true');
  assert.equal(found('/a~1b/2'), undefined);
  assert.equal(found(''), '{');
});

test('the pointer at a place is that of the innermost member or element', () => {
  const at = (marked: string): string => {
    const { text, offset } = withCaret(marked);
    return parseDocument(text).pointerAt(offset);
  };
  assert.equal(at('{"a": {"|b": 1}}'), '/a/b');
  assert.equal(at('{"a": {"b": |1}}'), '/a/b');
  assert.equal(at('{"a": [1, "|x"]}'), '/a/1');
  assert.equal(at('{"a": |[1]}'), '/a');
  assert.equal(at('{"a": [1] | }'), '');
  assert.equal(at('{"a": [{"b": 1}, {"|c'), '/a/1/c');
});

test('positions count UTF-16 units, and CRLF, LF and CR end lines', () => {
  const lines = Lines.of('a\r\nb\u{1f642}c\rd\ne');
  assert.deepEqual(lines.positionAt(6), { line: 1, character: 3 });
  assert.deepEqual(lines.positionAt(8), { line: 2, character: 0 });
  assert.deepEqual(lines.positionAt(99), { line: 3, character: 1 });
  assert.equal(lines.offsetAt({ line: 1, character: 99 }), 7);
  assert.equal(lines.offsetAt({ line: 99, character: 0 }), 11);
  assert.equal(lines.offsetAt({ line: -1, character: 0 }), 0);
});

test('bytes that are not UTF-8 are placed', () => {
  const bytes = (text: string, ...wrong: number[]): Uint8Array =>
    new Uint8Array([...new TextEncoder().encode(text), ...wrong, 0x7d]);
  const cases: [Uint8Array, RegExp, number][] = [
    [bytes('{"\u00e9": "', 0xff), /byte 8 \(0xff\)/, 7],
    [bytes('{', 0xc0, 0x80), /byte 1 \(0xc0\)/, 1],
    [bytes('{', 0xed, 0xa0, 0x80), /byte 1 \(0xed\)/, 1],
    [bytes('{', 0xf4, 0x90, 0x80, 0x80), /byte 1 \(0xf4\)/, 1],
    [bytes('{', 0xe2, 0x82), /byte 1 \(0xe2\)/, 1],
    [new Uint8Array([0xff, 0xfe, 0x7b, 0]), /UTF-16/, 0],
  ];
  for (const [input, message, character] of cases) {
    const [finding, ...others] = parseBytes(input).findings();
    assert.equal(finding?.code, 'json/encoding');
    assert.match(finding?.message ?? '', message);
    assert.deepEqual([finding?.range.start.character, others.length], [character, 0]);
  }
  assert.deepEqual(parseBytes(new TextEncoder().encode('{"\u{1f642}\u0800\u00ff": 1}')).problems, []);
});

test('the cursor knows what fits in half-typed text', () => {
  const roles: [marked: string, role: string, path: string, token: string | undefined][] = [
    ['|', 'document', '', undefined],
    ['{|', 'name', '', undefined],
    ['{"a": |', 'value', '', 'a'],
    ['{"a": 1, "b|', 'name', '', 'b'],
    ['{"a": {"b": [1, |', 'value', 'a/b', '1'],
    ['{"a": [{"b": 1}, {|}]}', 'name', 'a/1', undefined],
    ['{"x": {"a": [1, 2 }, "b": {|', 'name', 'b', undefined],
    ['{"a" |', 'none', '', undefined],
    ['{"a": |\n "b": 1}', 'value', '', 'a'],
    ['{"a": "x"| }', 'value', '', 'a'],
  ];
  for (const [marked, role, path, token] of roles) {
    const { text, offset } = withCaret(marked);
    const cursor = cursorAt(text, offset);
    assert.deepEqual([cursor.role, cursor.path.join('/'), cursor.token], [role, path, token], marked);
  }
});

/** Texts made of what JSON is made of, in any order. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        '\\',
        '\n',
        ' ',
        '//',
        '/*',
        '*/',
        '"a"',
        '"b": ',
        '1',
        '-',
        'true',
        '\ufeff',
        '\ud83d',
        '\u0000',
        '\u00a0',
        '\u2028',
        '01',
        '1e5',
      ),
      fc.string(),
    ),
  )
  .map((parts) => parts.join(''));

test('any text becomes a value or a problem, never an exception, and JSON.parse agrees', () => {
  fc.assert(
    fc.property(anyText, fc.nat(), (text, at) => {
      const document = parseDocument(text);
      const findings = document.findings();
      document.places(['', '/a', '/a/0/b']);
      cursorAt(text, at % (text.length + 1));
      assert.ok(
        findings.every(
          ({ range: { start, end } }) =>
            start.line < end.line || (start.line === end.line && start.character <= end.character),
        ),
      );
      assert.equal(
        isJson(text.replace(/^\ufeff/, '')),
        !findings.some(({ code }) => /syntax|comma|comment|empty/.test(code)),
        text,
      );
    }),
    { numRuns: 3000 },
  );
});

test('mismatched brackets never nest deeper than is counted', () => {
  const brackets = fc
    .array(fc.constantFrom('{', '}', '[', ']', ',', '"a":', '1', 'x'), { minLength: 500, maxLength: 3000 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(brackets, (text) => depthOf(parseDocument(text).value) <= 64),
    { numRuns: 100 },
  );
  for (const piece of ['[},', '{"a":[},', '[{"a":1],', '{]', '{"a":{],']) parseDocument(piece.repeat(100_000));
});

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
