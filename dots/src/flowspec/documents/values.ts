import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { bitsIn } from '#dots/model/lexicalForms';
import { child } from '#dots/model/pointer';
import type { Place } from '../bgp/rule';
import type { Findings } from './findings';

/** A value with its place in a document. */
export interface Located<T = JsonValue> extends Place {
  value: T;
}

/** The member with this name, or undefined if there is none. */
export function member(object: Located<JsonObject>, name: string): Located | undefined {
  if (!Object.hasOwn(object.value, name)) return undefined;
  return { file: object.file, pointer: child(object.pointer, name), value: object.value[name] as JsonValue };
}

/** All members, in the order of the document. */
export function members(object: Located<JsonObject>): [name: string, member: Located][] {
  return Object.keys(object.value).map((name) => [name, member(object, name) as Located]);
}

/** Whether all members are known; an unknown one may be intended to change the rules. */
export function onlyKnown(
  object: Located<JsonObject>,
  known: readonly string[],
  label: string,
  report: Findings,
): boolean {
  const unknown = members(object).filter(([name]) => !known.includes(name));
  for (const [name, located] of unknown) {
    report.error(
      located,
      'flowspec/unknown-member',
      '7951 4',
      `"${name}" is not known here; ${label} has no rule.`,
      true,
    );
  }
  return unknown.length === 0;
}

/** The entries of a list; anything else is a malformed value. */
export function entries(list: Located | undefined, report: Findings): Located[] {
  if (list === undefined) return [];
  if (!Array.isArray(list.value)) {
    malformed(list, 'must be a list', report);
    return [];
  }
  return itemsOf(list.value).map((value, index) => ({ file: list.file, pointer: child(list.pointer, index), value }));
}

/**
 * The entries of a list that limits a request; undefined after reporting one that is not a list, or that is empty,
 * which makes a request invalid (RFC 9132 section 4.4.1.1).
 */
export function filledEntries(list: Located | undefined, report: Findings): Located[] | undefined {
  const found = entries(list, report);
  if (list === undefined || found.length > 0) return found;
  if (Array.isArray(list.value))
    report.error(
      list,
      'flowspec/empty-list',
      '9132 4.4.1.1',
      'This list is empty; a rule without it could match more than intended, so there is none.',
    );
  return undefined;
}

/** The value as an object; anything else is reported. */
export function asObject(located: Located, report: Findings): Located<JsonObject> | undefined {
  if (isObject(located.value)) return located as Located<JsonObject>;
  malformed(located, 'must be an object', report);
  return undefined;
}

/** The entries of a list of objects. */
export function objects(list: Located | undefined, report: Findings): Located<JsonObject>[] {
  return entries(list, report).flatMap((entry) => asObject(entry, report) ?? []);
}

/** The value as a whole number within bounds; anything else is reported. */
export function asNumber(located: Located, most: number, report: Findings, least = 0): number | undefined {
  const { value } = located;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  malformed(located, `must be a whole number from ${least} to ${most}`, report);
  return undefined;
}

/** The value as a string; anything else is reported. */
export function asString(located: Located, report: Findings): string | undefined {
  if (typeof located.value === 'string') return located.value;
  malformed(located, 'must be a string', report);
  return undefined;
}

/** The value as a set of named bits (RFC 7951 section 6.5), each of which must be known. */
export function asBits(located: Located, known: readonly string[], report: Findings): Set<string> | undefined {
  const text = asString(located, report);
  if (text === undefined) return undefined;
  const bits = bitsIn(text);
  const unknown = bits.find((bit) => !known.includes(bit));
  if (unknown === undefined) return new Set(bits);
  malformed(located, `has the unknown bit ${quote(unknown)}; known are ${known.join(', ')}`, report);
  return undefined;
}

/** Reports an invalid value; what depends on it is omitted. */
export function malformed(located: Located, what: string, report: Findings): void {
  report.error(located, 'flowspec/value', '7951 6', `${quote(located.value)} ${what}, so there is no rule.`);
}

/** A value for a sentence, truncated if it is long. */
export function quote(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
