import { isObject, type JsonValue } from '#dots/model/json';
import { maximumDepth } from './inspect';

/**
 * Whether a quick check rules out everything that a full one (`inspect`) could report: as many names in the text as
 * members in the value, so that there are no duplicates; no `__proto__`, no number that may have lost digits or a
 * fraction, little depth. False only means: run the full check.
 * @param plain JSON without backslashes and surrogates (`isPlain`)
 * @param value what `JSON.parse` makes of it
 */
export function isUnremarkable(plain: string, value: JsonValue): boolean {
  return (
    !plain.includes('"__proto__"') &&
    !written.test(plain) &&
    isShort(value) &&
    countNames(plain) === countMembers(value, 0)
  );
}

/**
 * A number with a fraction or an exponent: its value does not show whether it is as written. Or a text that looks like
 * one.
 */
const written = /[:,[]\s*-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)\s*[,\]}]/;

/**
 * A quote before a colon ends a name, or begins a string, which makes the count too large and leads to the full check.
 */
function countNames(plain: string): number {
  let count = 0;
  for (let offset = plain.indexOf(':'); offset >= 0; offset = plain.indexOf(':', offset + 1)) {
    let before = offset - 1;
    while (isBlank(plain.charCodeAt(before))) before -= 1;
    if (plain.charCodeAt(before) === 0x22) count += 1;
  }
  return count;
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/**
 * Members of all objects in a value; not a number where it is nested too deep, or contains a number that may have lost
 * digits.
 */
function countMembers(value: JsonValue, depth: number): number {
  if (depth >= maximumDepth) return NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (const entry of value) {
      if (typeof entry === 'object' && entry !== null) count += countMembers(entry, depth + 1);
      else if (!isShort(entry)) return NaN;
    }
  } else if (isObject(value)) {
    for (const name in value) {
      const member = value[name] as JsonValue;
      count += 1;
      if (typeof member === 'object' && member !== null) count += countMembers(member, depth + 1);
      else if (!isShort(member)) return NaN;
    }
  }
  return count;
}

/** Whether a value is not a number with so many digits that it may differ from the written one. */
const isShort = (value: JsonValue): boolean => typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
