import { createHash } from 'node:crypto';
import { isObject, type JsonValue } from '#dots/model/json';
import type { JournalChange } from './journal';

/** The first line of a journal: what it is, and the version of its form. */
export const journalHead = Buffer.from('dots journal 1\n');

/** The hash that the first record continues. */
export const firstHash = '';

const hashDigits = 16;
const lineEnd = 0x0a;

/** An entry as the last record that names it has it. */
export interface JournalValue {
  change: JournalChange;
  /** Where the line of that record begins, bytes. */
  offset: number;
}

/** What a journal contains. */
export interface JournalContent {
  /** By `entryKey`. */
  values: Map<string, JournalValue>;
  /** The hash of the last whole record. */
  hash: string;
  /** Where the last whole record ends, bytes. */
  length: number;
  /** What follows it, a record that was cut off, bytes. */
  cutOff: number;
}

/** Bytes that no server has written, or that have changed since. */
export class JournalDamage extends Error {
  constructor(
    /** Where the first damaged line begins, bytes. */
    readonly offset: number,
    readonly reason: string,
  ) {
    super(`Damaged at byte ${offset}: ${reason}.`);
    this.name = 'JournalDamage';
  }
}

/** Names an entry among those of all tables. */
export const entryKey = ([table, key]: JournalChange): string => `${table} ${key}`;

/**
 * The lines of records, one for each request: 16 hexadecimal digits, a space, and the changes as JSON. The digits are a
 * hash of the JSON and of the digits of the record before, so that a record that is changed, missing or in another
 * place is noticed.
 */
export function recordLines(
  requests: readonly (readonly JournalChange[])[],
  previous: string,
): { text: string; hash: string } {
  let hash = previous;
  const lines = requests.map((changes) => {
    const json = JSON.stringify(changes);
    hash = hashOf(hash, json);
    return `${hash} ${json}\n`;
  });
  return { text: lines.join(''), hash };
}

/** Reads a journal. Throws a JournalDamage. */
export function readJournal(bytes: Buffer): JournalContent {
  if (!bytes.subarray(0, journalHead.length).equals(journalHead))
    throw new JournalDamage(0, bytes.length === 0 ? 'it is empty' : 'it does not begin as a journal does');
  const content: JournalContent = { values: new Map(), hash: firstHash, length: journalHead.length, cutOff: 0 };
  for (let end = bytes.indexOf(lineEnd, content.length); end >= 0; end = bytes.indexOf(lineEnd, content.length)) {
    readLine(content, bytes.subarray(content.length, end));
    content.length = end + 1;
  }
  const rest = bytes.subarray(content.length);
  // A record that is whole but for its last octet was not cut off there: the octet has changed.
  if (isRecord(content.hash, rest.subarray(0, -1)))
    throw new JournalDamage(content.length, 'the record does not end with a line end');
  content.cutOff = rest.length;
  return content;
}

/** Whether a line, without its end, continues the record that has this hash. */
function isRecord(previous: string, line: Buffer): boolean {
  const hash = hashOf(previous, line.subarray(hashDigits + 1));
  return line.subarray(0, hashDigits + 1).toString('latin1') === `${hash} `;
}

function readLine(content: JournalContent, line: Buffer): void {
  const { length: offset, values } = content;
  if (!isRecord(content.hash, line)) throw new JournalDamage(offset, 'the checksum of the record is wrong');
  for (const change of changesIn(line.subarray(hashDigits + 1), offset)) {
    const key = entryKey(change);
    values.delete(key);
    if (change[2] !== null) values.set(key, { change, offset });
  }
  content.hash = line.subarray(0, hashDigits).toString('latin1');
}

function changesIn(text: Buffer, offset: number): JournalChange[] {
  try {
    const changes = JSON.parse(text.toString()) as JsonValue;
    if (Array.isArray(changes) && changes.every(isChange)) return changes as unknown as JournalChange[];
  } catch {
    // Answered below.
  }
  throw new JournalDamage(offset, 'the record is not a list of changes');
}

function isChange(value: JsonValue): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [table, key, content] = value;
  return typeof table === 'string' && typeof key === 'string' && (content === null || isObject(content));
}

function hashOf(previous: string, text: string | Buffer): string {
  return createHash('sha256').update(previous).update(text).digest('hex').slice(0, hashDigits);
}
