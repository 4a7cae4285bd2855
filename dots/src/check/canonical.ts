import { isObject, type JsonObject, type JsonValue } from '../model/json';
import { formatPrefix, parsePrefix } from '../model/prefix';

/**
 * A text that is equal for parts of documents with the same meaning: the order of members and of list entries is
 * ignored, a prefix counts as what it matches, host names have no case, and a range without an end is one number.
 * @param member the name of the member that holds the value
 */
export function canonical(value: JsonValue, member = ''): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map((entry) => canonical(entry, member)))].sort().join()}]`;
  if (!isObject(value)) return JSON.stringify(typeof value === 'string' ? spelled(value, member) : value);
  const whole = { ...rangeEnds(value), ...value };
  return `{${Object.keys(whole)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(whole[name] ?? null, name)}`)
    .join()}}`;
}

function spelled(text: string, member: string): string {
  if (/-(?:prefix|network)$/.test(member)) return canonicalPrefix(text);
  if (member === 'target-fqdn') return text.toLowerCase().replace(/\.$/, '');
  return member === 'target-uri' ? canonicalUri(text) : text;
}

/** The text of a prefix as it is written by RFC 5952, without host bits; another text as it is. */
export function canonicalPrefix(text: string): string {
  const prefix = parsePrefix(text);
  return prefix === undefined ? text : formatPrefix(prefix);
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
