import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate, httpDate } from '#dots/dotsServer/data/httpDate';
import { outcomeOf, preconditionsOf, type Outcome, type Version } from '#dots/dotsServer/data/preconditions';

const now = Date.UTC(2026, 10, 30);
const [before, at, after] = [-1000, 0, 1000].map((ms) => httpDate(now + ms));
/** Changed within the second that the header field shows. */
const version: Version = { tag: '"b,2"', modified: now + 999 };

type Row = [headers: IncomingHttpHeaders, change: Outcome, read: Outcome, absentChange: Outcome, absentRead: Outcome];
const go = 'proceed';
const rows: Row[] = [
  [{}, go, go, go, go],
  [{ 'if-match': '"b,2"' }, go, go, 'failed', 'failed'],
  [{ 'if-match': '"a", "b,2"' }, go, go, 'failed', 'failed'],
  [{ 'if-match': ', "a" ,, "b,2",' }, go, go, 'failed', 'failed'],
  [{ 'if-match': '"a", "c"' }, 'failed', 'failed', 'failed', 'failed'],
  [{ 'if-match': 'W/"b,2"' }, 'failed', 'failed', 'failed', 'failed'],
  [{ 'if-match': '"b"' }, 'failed', 'failed', 'failed', 'failed'],
  [{ 'if-match': '""' }, 'failed', 'failed', 'failed', 'failed'],
  [{ 'if-match': '*' }, go, go, 'failed', 'failed'],
  [{ 'if-none-match': '*' }, 'failed', 'not-modified', go, go],
  [{ 'if-none-match': '"b,2"' }, 'failed', 'not-modified', go, go],
  [{ 'if-none-match': 'W/"b,2"' }, 'failed', 'not-modified', go, go],
  [{ 'if-none-match': '"a"' }, go, go, go, go],
  [{ 'if-unmodified-since': before }, 'failed', 'failed', go, go],
  [{ 'if-unmodified-since': at }, go, go, go, go],
  [{ 'if-unmodified-since': after }, go, go, go, go],
  [{ 'if-unmodified-since': 'yesterday' }, go, go, go, go],
  [{ 'if-modified-since': before }, go, go, go, go],
  [{ 'if-modified-since': at }, go, 'not-modified', go, go],
  [{ 'if-modified-since': after }, go, 'not-modified', go, go],
  // The order of RFC 9110 section 13.2.2: a tag decides, and the date beside it is ignored.
  [{ 'if-match': '"b,2"', 'if-unmodified-since': before }, go, go, 'failed', 'failed'],
  [{ 'if-match': '"a"', 'if-unmodified-since': after }, 'failed', 'failed', 'failed', 'failed'],
  [{ 'if-none-match': '"a"', 'if-modified-since': after }, go, go, go, go],
  [{ 'if-none-match': '"b,2"', 'if-modified-since': before }, 'failed', 'not-modified', go, go],
  [{ 'if-match': '"a"', 'if-none-match': '"b,2"' }, 'failed', 'failed', 'failed', 'failed'],
  [{ 'if-match': '"b,2"', 'if-none-match': '"b,2"' }, 'failed', 'not-modified', 'failed', 'failed'],
  [{ 'if-unmodified-since': before, 'if-none-match': '"b,2"' }, 'failed', 'failed', go, go],
];

test('conditions are evaluated in the order of RFC 9110 section 13.2.2', () => {
  for (const [headers, ...expected] of rows) {
    const conditions = preconditionsOf(headers, now);
    const outcomes = [version, undefined].flatMap((each) =>
      [false, true].map((isRead) => outcomeOf(conditions, each, isRead)),
    );
    assert.deepEqual(outcomes, expected, JSON.stringify(headers));
  }
});

test('a date says nothing of a resource whose time of change is unknown', () => {
  for (const name of ['if-unmodified-since', 'if-modified-since'])
    assert.equal(outcomeOf(preconditionsOf({ [name]: before }, now), { tag: '"a"' }, true), 'proceed');
});

test('a list of tags that cannot be read is refused', () => {
  for (const name of ['if-match', 'if-none-match'])
    for (const text of ['', ',', 'b', '"b', 'b"', '"a" "b"', '*, "a"', '"a", *', 'w/"a"', 'W/ "a"', '"a\u0000"'])
      assert.throws(() => preconditionsOf({ [name]: text }, now), { status: 400 }, `${name}: ${text}`);
});

test('dates are read in all three forms, and in no other', () => {
  const moment = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (const text of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])
    assert.equal(parseHttpDate(text, now), moment, text);
  assert.equal(httpDate(moment + 999), 'Sun, 06 Nov 1994 08:49:37 GMT');
  for (const text of [
    '',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  ])
    assert.equal(parseHttpDate(text, now), undefined, text);
});

test('a year of two digits is at most 50 years ahead', () => {
  const yearOf = (digits: string): number =>
    new Date(parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, now) ?? 0).getUTCFullYear();
  assert.deepEqual(['26', '76', '77', '99', '00'].map(yearOf), [2026, 2076, 1977, 1999, 2000]);
});
