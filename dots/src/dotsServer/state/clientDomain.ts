import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { domainNameProblem } from '#dots/model/domainName';
import { child } from '#dots/model/pointer';
import { covers, mappedIpv4, parsePrefix, type Prefix } from '#dots/model/prefix';
import type { Client } from './clients';

/** The addresses of a name; none where they are unknown. */
export type NameResolver = (name: string) => Promise<readonly string[]>;

/** Resolves no name. */
export const nothingKnown: NameResolver = () => Promise.resolve([]);

/** A target or destination that a client may not name. */
export interface OutsideTarget {
  /** In the value that was checked. */
  pointer: string;
  /** A sentence with the reason. */
  sentence: string;
}

/** What a document says it protects, or filters the way to. */
interface Destination {
  pointer: string;
  text: string;
  /** How the text is read. */
  kind: 'prefix' | 'name' | 'uri';
}

const kinds: Readonly<Record<string, Destination['kind']>> = {
  'target-prefix': 'prefix',
  'target-fqdn': 'name',
  'target-uri': 'uri',
  'destination-ipv4-network': 'prefix',
  'destination-ipv6-network': 'prefix',
};

/**
 * The first of the targets and destinations in a request that is outside of the prefixes of its client (RFC 9132
 * section 4.4.1.1, RFC 8783 sections 6.1 and 7.2, RFC 9244 sections 7.3 and 8.1); undefined where there is none. A name
 * is as far inside as all of its addresses. What cannot be read is passed over: it is refused for its form.
 */
export async function outsideDomain(
  { ownPrefixes }: Pick<Client, 'ownPrefixes'>,
  value: JsonValue,
  resolve: NameResolver,
): Promise<OutsideTarget | undefined> {
  if (ownPrefixes === undefined) return undefined;
  const reasons = await Promise.all(
    destinationsIn(value).map(async ({ pointer, text, kind }) => {
      const reason = await objectionTo(kind === 'uri' ? hostOf(text) : text, kind, { ownPrefixes, resolve });
      return reason === undefined ? undefined : { pointer, sentence: `${JSON.stringify(text)} ${reason}.` };
    }),
  );
  return reasons.find((reason) => reason !== undefined);
}

interface Domain {
  ownPrefixes: readonly Prefix[];
  resolve: NameResolver;
}

/** Why a prefix or a host may not be named, for the end of a sentence. */
async function objectionTo(
  text: string,
  kind: Destination['kind'],
  { ownPrefixes, resolve }: Domain,
): Promise<string | undefined> {
  const isInside = (address: string): boolean => {
    const prefix = parsePrefix(address);
    const packets = prefix && (mappedIpv4(prefix) ?? prefix);
    return packets !== undefined && ownPrefixes.some((own) => covers(own, packets));
  };
  if (parsePrefix(text) !== undefined) return isInside(text) ? undefined : "is outside of this client's prefixes";
  if (kind === 'prefix' || domainNameProblem(text) !== undefined) return undefined;
  const addresses = await resolve(text);
  if (addresses.length === 0)
    return "has no address that is known to this server, so it may be outside of this client's prefixes";
  const outside = addresses.find((address) => !isInside(address));
  return outside && `has the address ${outside}, which is outside of this client's prefixes`;
}

/** @param name of a member, with or without its module */
function kindOf(name: string): Destination['kind'] | undefined {
  const local = name.slice(name.indexOf(':') + 1);
  return Object.hasOwn(kinds, local) ? kinds[local] : undefined;
}

/** Every destination in a value, wherever it is. */
function destinationsIn(value: JsonValue, pointer = '', kind?: Destination['kind']): Destination[] {
  if (typeof value === 'string') return kind === undefined ? [] : [{ pointer, text: value, kind }];
  if (Array.isArray(value)) return value.flatMap((item, index) => destinationsIn(item, child(pointer, index), kind));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => destinationsIn(item, child(pointer, name), kindOf(name)));
}

const families = ['ipv4', 'ipv6'] as const;

/**
 * Whether an entry of an ACL names its destination; one that does not applies to its client's prefixes (RFC 8783
 * section 7.2).
 */
export function hasDestination({ matches }: JsonObject): boolean {
  return families.some((family) => {
    const header = isObject(matches) ? matches[family] : undefined;
    return isObject(header) && header[`destination-${family}-network`] !== undefined;
  });
}

/** The host of a URI, without the brackets of IPv6 (RFC 3986 section 3.2.2). */
function hostOf(uri: string): string {
  const host = /^[^:/?#]+:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/.exec(uri)?.[1] ?? '';
  return host.replace(/^\[|\]$/g, '');
}
