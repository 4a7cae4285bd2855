import { check } from '#dots/check/check';
import { isLegalText } from '#dots/check/legalText';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';

/** Whether a member has a value that a server stores; undefined: it is missing. */
export type IsValid = (value: JsonValue | undefined) => boolean;

/** The first member of a stored value that is not valid, in words; undefined: all are. */
export function faultOfMembers(value: JsonValue, members: Readonly<Record<string, IsValid>>): string | undefined {
  if (!isObject(value)) return 'it is not an object';
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(members, name));
  if (unknown !== undefined) return `the member ${JSON.stringify(unknown)} is unknown`;
  const invalid = Object.entries(members).find(([name, isValid]) => !isValid(value[name]));
  return invalid && `the member "${invalid[0]}" is missing or invalid`;
}

/** The first error of the checker in a document that a client has sent; undefined: there is none. */
export function faultOfDocument(document: JsonObject): string | undefined {
  const error = check(document, { direction: 'request' }).faults.find(({ severity }) => severity === 'error');
  return error && `${error.code} at ${error.pointer}: ${error.message}`;
}

export const isCuid: IsValid = (value) => isName(value) && value !== '';
export const isCdid: IsValid = (value) => value === undefined || isName(value);
/** `Security.identity`; that of a pre-shared key may have any characters. */
export const isOwner: IsValid = (value) => value === undefined || (typeof value === 'string' && value !== '');
export const isUint32: IsValid = (value) => isWhole(value) && value <= 0xffff_ffff;

/** Milliseconds, of a moment or of a duration. */
export const isTime: IsValid = (value) => typeof value === 'number' && value >= 0 && value <= 8.64e15;

/** Requests with other characters in their names are refused, so none is stored. */
const isName = (value: JsonValue | undefined): value is string => typeof value === 'string' && isLegalText(value);

const isWhole = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;
