import type { Fault } from '../model/finding';
import type { JsonObject, JsonValue } from '../model/json';
import { child, tokens } from '../model/pointer';

/**
 * Most list entries of a document that is validated: each may have several faults, and all of them are kept in memory.
 */
const mostEntries = 100_000;

/** Deeper than any DOTS document. */
const deepest = 64;

/** Most faults that are reported one by one. */
export const mostFaults = 5_000;

/** The final fault of a document with more faults than that. */
export const tooManyFaults: Fault = {
  code: 'json/too-many-faults',
  class: 'json',
  severity: 'error',
  rfc: '8259 9',
  pointer: '',
  message: `This document has more than ${mostFaults} faults; the rest is not shown. Fix these first, or check whether it is a DOTS document at all.`,
};

/** Counts the entries of one document's lists, and walks values that no schema describes. */
export class Measure {
  private entries = 0;

  /**
   * Counts the entries of a list; the fault of too many of them, or undefined.
   * @param place its pointer, made only when there is a fault
   */
  list(count: number, place: () => string): Fault | undefined {
    this.entries += count;
    if (this.entries <= mostEntries) return undefined;
    return limit(
      'too-many-entries',
      place(),
      `With this list the document has more than ${mostEntries} entries, so it was not validated: split it.`,
    );
  }

  /** The fault of a value that is too deep or has too many entries, or undefined; `pointer` leads to it. */
  unknown(value: JsonValue, pointer: string): Fault | undefined {
    return this.inside(value, pointer, tokens(pointer).length);
  }

  private inside(value: JsonValue, pointer: string, depth: number): Fault | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > deepest)
      return limit(
        'too-deep',
        pointer,
        `This is nested more than ${deepest} levels deep, so the document was not validated.`,
      );
    const tooMany = Array.isArray(value) ? this.list(value.length, () => pointer) : undefined;
    if (tooMany !== undefined) return tooMany;
    for (const name in value) {
      const found = this.inside((value as JsonObject)[name] as JsonValue, child(pointer, name), depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function limit(code: string, pointer: string, message: string): Fault {
  return { code: `json/${code}`, class: 'json', severity: 'error', rfc: '8259 9', pointer, message };
}
