import type { Fault } from '../model/finding';
import { isObject, type JsonValue } from '../model/json';
import { child } from '../model/pointer';

/** More entries in one list are not judged: each may have several faults, and all of them would be held in memory. */
const mostEntries = 100_000;

/** The fault of a document with a list too long to be judged, or undefined. */
export function limitFault(document: JsonValue): Fault | undefined {
  const pointer = longList(document, 0);
  if (pointer === undefined) return undefined;
  return {
    code: 'json/too-many-entries', class: 'json', severity: 'error', rfc: '8259 9', pointer,
    message: `This list has more than ${mostEntries} entries, so nothing of the document was judged: split it.`,
  };
}

/** Deeper than any DOTS document: what is nested further is not looked into. */
const deepest = 64;

function longList(value: JsonValue, depth: number): string | undefined {
  if (depth > deepest) return undefined;
  if (Array.isArray(value)) {
    if (value.length > mostEntries) return '';
    for (let index = 0; index < value.length; index++) {
      const inner = longList(value[index] as JsonValue, depth + 1);
      if (inner !== undefined) return child('', index) + inner;
    }
  } else if (isObject(value)) {
    for (const name in value) {
      const inner = longList(value[name] as JsonValue, depth + 1);
      if (inner !== undefined) return child('', name) + inner;
    }
  }
  return undefined;
}
