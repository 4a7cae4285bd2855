import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocument } from '#service/documents/document';
import { readEdited } from '#service/documents/edited';
import { largeAclText } from '../../../support/largeAcl';
import { operationsOf } from '../../../support/operations';
import { Random } from '../../../support/random';

const text = largeAclText(10, 2);

/** Characters that are typed, and those that break something. */
const typed = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '/',
  '//',
  '/*',
  '\n',
  ' ',
  'a',
  '1',
  '00',
  '-',
  'true',
  '"x": 1',
  '"a" {"b": 1}',
  '"__proto__": 1,',
  '1e3',
  '\ud800',
  '12345678901234567890',
];

/** A text after one to three edits close to each other, as typing makes them. */
function edited(random: Random): string {
  let after = text;
  const at = random.below(text.length);
  for (let edits = 1 + random.below(3); edits > 0; edits--) {
    const start = Math.min(after.length, at + random.below(40));
    const end = Math.min(after.length, start + (random.below(2) === 0 ? 0 : random.below(12)));
    after = after.slice(0, start) + (random.below(4) === 0 ? '' : random.pick(typed)) + after.slice(end);
  }
  return after;
}

for (const relaxed of [false, true]) {
  test(`an edited object is read as the whole text is (${relaxed ? 'comments allowed' : 'strict'})`, () => {
    const random = new Random(20261201);
    let inParts = 0;
    for (let run = 0; run < 800; run++) {
      const after = edited(random);
      const part = isJson(after) ? undefined : readEdited(after, text, relaxed);
      if (part === undefined) continue;
      inParts += 1;
      const whole = parseDocument(after, { relaxed });
      const { value, certainUntil } = part;
      const problems = [...part.problems].sort((one, other) => one.start - other.start);
      assert.deepEqual(
        { value, problems, certainUntil },
        { value: whole.value, problems: whole.problems, certainUntil: whole.certainUntil },
        around(after),
      );
    }
    assert.ok(inParts > 100, `only ${inParts} of 800 texts were read in parts`);
  });
}

/** The edited lines, for the report of a failure. */
function around(after: string): string {
  const known = new Set(text.split('\n'));
  return JSON.stringify(after.split('\n').filter((line) => !known.has(line)));
}

function isJson(after: string): boolean {
  try {
    JSON.parse(after);
    return true;
  } catch {
    return false;
  }
}

test('of a long broken text only the edited object is read tolerantly, also from one broken text to the next', async () => {
  const long = largeAclText(400);
  const name = '"drop-amplification-200",';
  const at = long.indexOf(name);
  const half = (written: string): string => `${long.slice(0, at)}${written}${long.slice(at + name.length)}`;
  const [one, two] = [half('"dr'), half('"dro')];
  const whole = await operationsOf(() => Promise.resolve(parseDocument(two)));
  const part = await operationsOf(() => Promise.resolve(parseDocument(two, { before: one })));
  assert.deepEqual(parseDocument(two, { before: one }), parseDocument(two));
  assert.ok(part * 4 < whole, `${part} operations instead of ${whole}`);
});

test('a name that objects of JavaScript have by themselves is no value that is meant', () => {
  const [problem] = parseDocument('{"a": constructor}').problems;
  assert.equal(problem?.message, '"constructor" is not a JSON value; names and strings are in double quotes.');
});
