import type { JsonValue } from '#dots/model/json';
import { maximumDepth } from './inspect';

/** A number that may lose digits, or a text that looks like one. */
const longNumber = /\d{15}|\d[eE]/;

/**
 * Whether a quick look sees nothing that a thorough one (`inspect`) could report: as many names in the text as members in
 * the value, so that none stands twice; no `__proto__`, short numbers, little depth. False only means: look thoroughly.
 * @param plain JSON without backslashes and surrogates (`isPlain`)
 * @param value what `JSON.parse` makes of it
 */
export function isUnremarkable(plain: string, value: JsonValue): boolean {
  if (plain.includes('"__proto__"') || longNumber.test(plain)) return false;
  return countNames(plain) === countMembers(value, 0);
}

/** In plain text `":` ends a name, or begins a string with a colon, which makes the count too large and the look thorough. */
function countNames(plain: string): number {
  let count = 0;
  for (let offset = plain.indexOf('":'); offset >= 0; offset = plain.indexOf('":', offset + 2)) count += 1;
  return count;
}

/** Members of all objects in a value; not a number where it is nested too deep. */
function countMembers(value: JsonValue, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= maximumDepth) return NaN;
  let count = 0;
  if (Array.isArray(value)) for (const entry of value) count += countMembers(entry, depth + 1);
  else for (const name in value) count += 1 + countMembers(value[name] as JsonValue, depth + 1);
  return count;
}
