import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalChange } from '#dots/dotsServer/state/journal';
import { firstHash, JournalDamage, journalHead, readJournal, recordLines } from '#dots/dotsServer/state/journalRecords';

const changes: JournalChange[] = ['first', 'last'].map((key) => ['entry', key, { text: `the ${key} one, 192.0.2.1` }]);
const records = recordLines(
  changes.map((change) => [change]),
  firstHash,
).text;
const journal = Buffer.concat([journalHead, Buffer.from(records)]);
/** Where the last record begins. */
const last = journal.lastIndexOf(0x0a, journal.length - 2) + 1;

test('a changed octet anywhere in the last record is damage, its end included, and never a record that was cut off', () => {
  for (let at = last; at < journal.length; at++)
    for (let octet = 0; octet < 256; octet++) {
      if (journal[at] === octet) continue;
      const changed = Buffer.from(journal);
      changed[at] = octet;
      const damage = (error: unknown): boolean => error instanceof JournalDamage && error.offset === last;
      assert.throws(() => readJournal(changed), damage, `octet ${at - last} of the record is ${octet}`);
    }
});

test('a last record that is shorter than it was written is cut off at every length', () => {
  for (let end = last; end < journal.length; end++) {
    const { values, cutOff, length } = readJournal(journal.subarray(0, end));
    assert.deepEqual({ cutOff, length, values: values.size }, { cutOff: end - last, length: last, values: 1 });
  }
  assert.equal(readJournal(journal).cutOff, 0);
});
