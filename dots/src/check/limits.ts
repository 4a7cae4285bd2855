import type { Fault } from '../model/finding';
import { isObject, type JsonValue } from '../model/json';
import { child } from '../model/pointer';

/** More list entries in one document are not judged: each may have several faults, and all of them would be held in memory. */
const mostEntries = 100_000;

/** Deeper than any DOTS document. */
const deepest = 64;

/** More faults than this are not told one by one. */
export const mostFaults = 5_000;

/** The last word on a document with more faults than that. */
export const tooManyFaults: Fault = {
  code: 'json/too-many-faults', class: 'json', severity: 'error', rfc: '8259 9', pointer: '',
  message: `This document has more than ${mostFaults} faults, so not all are told: mend these first, or check whether it is a DOTS document at all.`,
};

/** The fault of a document too deep or too long to be judged, or undefined. */
export function limitFault(document: JsonValue): Fault | undefined {
  return new Measure().fault(document, '', 0);
}

/** Counts entries on one walk. */
class Measure {
  private entries = 0;

  fault(value: JsonValue, pointer: string, depth: number): Fault | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > deepest) return limit('too-deep', pointer, `This is nested more than ${deepest} levels deep, so nothing of the document was judged`);
    if (Array.isArray(value)) return this.list(value, pointer, depth);
    return isObject(value) ? this.object(value, pointer, depth) : undefined;
  }

  private list(value: JsonValue[], pointer: string, depth: number): Fault | undefined {
    this.entries += value.length;
    if (this.entries > mostEntries) return limit('too-many-entries', pointer, `With this list the document has more than ${mostEntries} entries, so nothing of it was judged: split it`);
    for (let index = 0; index < value.length; index++) {
      const inner = value[index] as JsonValue;
      const found = typeof inner === 'object' ? this.fault(inner, child(pointer, index), depth + 1) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private object(value: { [member: string]: JsonValue }, pointer: string, depth: number): Fault | undefined {
    for (const name in value) {
      const inner = value[name] as JsonValue;
      const found = typeof inner === 'object' ? this.fault(inner, child(pointer, name), depth + 1) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function limit(code: string, pointer: string, message: string): Fault {
  return { code: `json/${code}`, class: 'json', severity: 'error', rfc: '8259 9', pointer, message: `${message}.` };
}
