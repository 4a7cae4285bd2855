import { canonicalText } from '../model/canonicalText';
import { canonicalName } from '../model/domainName';
import { isObject, type JsonObject, type JsonValue } from '../model/json';
import type { YangType } from '../model/schema';
import type { MemberPlan, ObjectPlan } from './plan';

/**
 * A text that is equal for parts of documents with the same meaning: the order of members and of list entries is
 * ignored, a value counts as what its type makes of its text, host names have no case, and a range without an end is
 * one number.
 * @param plan of the object, or of each entry where `value` is a list
 */
export function canonical(value: JsonValue, plan: ObjectPlan | undefined): string {
  return textOf(value, plan, undefined);
}

function textOf(value: JsonValue, plan: ObjectPlan | undefined, type: YangType | undefined): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map((entry) => textOf(entry, plan, type)))].sort().join()}]`;
  if (!isObject(value)) return JSON.stringify(typeof value === 'string' && type ? meaning(type, value) : value);
  const whole = { ...rangeEnds(value), ...value };
  return `{${Object.keys(whole)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${memberText(whole[name] ?? null, plan?.members.get(name))}`)
    .join()}}`;
}

function memberText(value: JsonValue, member: MemberPlan | undefined): string {
  return textOf(value, member?.object, member?.yang?.type);
}

function meaning(type: YangType, text: string): string {
  if (type.name === 'ietf-inet-types:domain-name') return canonicalName(text);
  return type.name === 'ietf-inet-types:uri' ? canonicalUri(text) : canonicalText(type, text);
}

/** The scheme and the host of a URI have no case (RFC 3986 section 6.2.2.1). */
function canonicalUri(text: string): string {
  return text.replace(
    /^([a-z][a-z0-9+.-]*:\/\/)([^/?#@]*@)?([^/?#]*)/i,
    (_whole, scheme: string, user: string | undefined, host: string) =>
      `${scheme.toLowerCase()}${user ?? ''}${host.toLowerCase()}`,
  );
}

/** The ends of ranges of which only the start is written (RFC 9132 section 4.4.1.1, RFC 9066 section 5.3.1). */
function rangeEnds(range: JsonObject): JsonObject {
  return Object.fromEntries(
    ['port', 'type'].flatMap((of) => {
      const { [`lower-${of}`]: low } = range;
      return low === undefined ? [] : [[`upper-${of}`, low]];
    }),
  );
}
