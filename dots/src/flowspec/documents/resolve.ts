import { hostPrefix, parseAddress, type Octets, type Prefix } from '#dots/model/prefix';
import type { Context } from './context';
import { tcp, udp } from '../bgp/protocolNames';
import { asString, malformed, quote, type Located } from './values';

/** What a name stood for when it was looked up; the lookup itself is not done here. */
export interface Resolution {
  /** IPv4 and IPv6 addresses as text; empty when there were none. */
  addresses: readonly string[];
  /** When, as people read it. */
  at: string;
}

/** A prefix with what named it. */
export interface ResolvedPrefix {
  prefix: Prefix;
  place: Located;
}

/** What a URI aims at: the addresses of its host, and the protocol and port of its scheme. */
export interface UriTarget {
  given: ResolvedPrefix[];
  protocol: number | undefined;
  port: number;
  place: Located;
}

/** Protocol and default port of schemes (IANA); another scheme needs a port of its own. */
const schemes: Record<string, { protocol: number; port: number }> = {
  http: { protocol: tcp, port: 80 },
  https: { protocol: tcp, port: 443 },
  ws: { protocol: tcp, port: 80 },
  wss: { protocol: tcp, port: 443 },
  ftp: { protocol: tcp, port: 21 },
  coap: { protocol: udp, port: 5683 },
  coaps: { protocol: udp, port: 5684 },
};

/** The prefix of a single address. */
function host(octets: Octets, place: Located): ResolvedPrefix {
  return { prefix: hostPrefix(octets), place };
}

/** The addresses of a name, with a finding that says since when; undefined after reporting that there are none. */
function lookUp(name: string, place: Located, { report, resolve }: Context): ResolvedPrefix[] | undefined {
  if (resolve === undefined) {
    report.error(
      place,
      'flowspec/needs-resolution',
      '9132 4.4.1.1',
      `${quote(place.value)} has to be resolved to addresses first, which is done only when asked for: it gives no rule. Name the addresses in target-prefix, or have it resolved (--resolve).`,
    );
    return undefined;
  }
  const resolution = resolve(name);
  const octets = (resolution?.addresses ?? [])
    .flatMap((address) => [parseAddress(address) ?? []])
    .filter((list) => list.length > 0);
  if (resolution === undefined || octets.length === 0) {
    report.error(
      place,
      'flowspec/not-resolved',
      '9132 4.4.1.1',
      `${quote(name)} has no address${resolution === undefined ? '' : ` (${resolution.at})`}, so it gives no rule.`,
    );
    return undefined;
  }
  report.information(
    place,
    'flowspec/resolved',
    '9132 4.4.1.1',
    `${quote(name)} had ${octets.length === 1 ? 'the address' : 'the addresses'} ${resolution.addresses.join(', ')} (${resolution.at}). The rules are for these only: resolve it again when they change.`,
  );
  return octets.map((list) => host(list, place));
}

/** The addresses of an entry of target-fqdn; none after reporting why. */
export function fqdnTargets(place: Located, context: Context): ResolvedPrefix[] {
  const name = asString(place, context.report);
  return name === undefined ? [] : (lookUp(name, place, context) ?? []);
}

/** Scheme, host and port of a URI (RFC 3986 section 3); user information, path, query and fragment do not matter. */
const uriParts = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]/]*\]|[^/?#:[\]]+)(?::(\d{0,5}))?(?:[/?#]|$)/i;

/** What an entry of target-uri aims at; undefined after reporting why nothing. */
export function uriTarget(place: Located, context: Context): UriTarget | undefined {
  const text = asString(place, context.report);
  if (text === undefined) return undefined;
  const [, scheme = '', name = '', digits = ''] = uriParts.exec(text) ?? [];
  const known = Object.hasOwn(schemes, scheme.toLowerCase()) ? schemes[scheme.toLowerCase()] : undefined;
  const port = digits === '' ? known?.port : Number(digits);
  if (name === '' || port === undefined || port > 65535) {
    malformed(
      place,
      name === '' || (port ?? 0) > 65535
        ? 'is no URI with a host and a port that could be'
        : 'has a scheme without a known port, so that it must name one',
      context.report,
    );
    return undefined;
  }
  const literal = parseAddress(name.startsWith('[') ? name.slice(1, -1) : name);
  const given = literal === undefined ? lookUp(name, place, context) : [host(literal, place)];
  return given && { given, protocol: known?.protocol, port, place };
}
