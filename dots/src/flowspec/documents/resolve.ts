import { domainNameProblem } from '#dots/model/domainName';
import { formatAddress, hostPrefix, parseAddress, type Octets } from '#dots/model/prefix';
import { targetUriProblem } from '#dots/model/targetUri';
import type { Context } from './context';
import { tcp, udp } from '../bgp/protocolNames';
import type { ResolvedPrefix } from './prefixes';
import { asString, malformed, quote, type Located } from './values';

/** The target of a URI: the addresses of its host, and the protocol and port of its scheme. */
export interface UriTarget {
  given: ResolvedPrefix[];
  protocol: number | undefined;
  port: number;
  place: Located;
}

/** Protocol and default port of schemes (IANA); another scheme needs an explicit port. */
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

/**
 * The addresses of a name, with a finding that states when it was resolved; undefined after reporting that there are
 * none.
 */
function lookUp(name: string, place: Located, { report, resolve }: Context): ResolvedPrefix[] | undefined {
  if (resolve === undefined) {
    report.error(
      place,
      'flowspec/needs-resolution',
      '9132 4.4.1.1',
      `${quote(place.value)} is a name, and names are resolved only on request (--resolve): it has no rule. Add its addresses to target-prefix, or resolve it.`,
    );
    return undefined;
  }
  const resolution = resolve(name);
  const octets = (resolution?.addresses ?? []).map(parseAddress).filter((address) => address !== undefined);
  if (resolution === undefined || octets.length === 0) {
    report.error(
      place,
      'flowspec/not-resolved',
      '9132 4.4.1.1',
      `${quote(name)} has no address${resolution === undefined ? '' : ` (${resolution.at})`}, so it has no rule.`,
    );
    return undefined;
  }
  report.information(
    place,
    'flowspec/resolved',
    '9132 4.4.1.1',
    `${quote(name)} had ${octets.length === 1 ? 'the address' : 'the addresses'} ${octets.map(formatAddress).join(', ')} (${resolution.at}). The rules are for these addresses only: resolve it again when they change.`,
  );
  return octets.map((list) => host(list, place));
}

/** The addresses of an entry of target-fqdn; none after reporting why. */
export function fqdnTargets(place: Located, context: Context): ResolvedPrefix[] {
  const name = asString(place, context.report);
  const problem = name === undefined ? undefined : domainNameProblem(name);
  if (problem !== undefined) malformed(place, problem, context.report);
  return name === undefined || problem !== undefined ? [] : (lookUp(name, place, context) ?? []);
}

/** Scheme, host and port of a URI that names a host; user information, path, query and fragment do not matter. */
const uriParts = /^([^:]+):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)(?::(\d*))?/;

/** The target of an entry of target-uri; undefined after reporting why there is none. */
export function uriTarget(place: Located, context: Context): UriTarget | undefined {
  const text = asString(place, context.report);
  if (text === undefined) return undefined;
  const [, scheme = '', name = '', digits = ''] = uriParts.exec(text) ?? [];
  const known = Object.hasOwn(schemes, scheme.toLowerCase()) ? schemes[scheme.toLowerCase()] : undefined;
  const port = digits === '' ? known?.port : Number(digits);
  const problem =
    targetUriProblem(text) ?? (port === undefined ? 'has a scheme without a known port: write the port' : undefined);
  if (problem !== undefined || port === undefined) {
    malformed(place, problem ?? '', context.report);
    return undefined;
  }
  const literal = parseAddress(name.replace(/^\[|\]$/g, ''));
  const given = literal === undefined ? lookUp(name, place, context) : [host(literal, place)];
  return given && { given, protocol: known?.protocol, port, place };
}
