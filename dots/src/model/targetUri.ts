import { parseAddress } from './prefix';
import { domainNameProblem } from './domainName';

/** Longer texts are refused before they are read, characters. */
const longestUri = 8192;

/** Characters that a URI may contain besides percent-encoded ones (RFC 3986 section 2). */
const illegal = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/u;

/** Scheme, authority, and the rest. */
const parts = /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/([^/?#]*)(.*))?/;

/**
 * Why a text is not a URI with a host, as the end of a sentence; undefined if it is one. RFC 9132 section 4.4.1.1
 * needs scheme, host and port of a target-uri, so a URI without an authority (RFC 3986 section 3.2) is not a target.
 */
export function targetUriProblem(text: string): string | undefined {
  if (text.length > longestUri) return `is longer than ${longestUri} characters`;
  const stray = illegal.exec(text)?.[0];
  if (stray !== undefined) return `contains ${JSON.stringify(stray)}, which a URI must percent-encode`;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return 'has a "%" without two hexadecimal digits after it';
  const read = parts.exec(text);
  if (read === null) return 'has no scheme, such as "https:"';
  const [, authority, rest = ''] = read;
  if (authority === undefined) return 'has no host: after the scheme come "//" and the host';
  return authorityProblem(authority) ?? restProblem(rest);
}

/** `[user@]host[:port]` */
function authorityProblem(authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  if (/[@[\]]/.test(authority.slice(0, Math.max(at, 0)))) return 'has more than one "@" or a bracket before the host';
  const hostport = authority.slice(at + 1);
  const [, literal, name, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(hostport) ?? [];
  if (literal === undefined && name === undefined)
    return hostport.includes(':') ? unbracketed : 'has a misplaced bracket';
  if (port !== undefined && name !== undefined && port.includes(':')) return unbracketed;
  if (port !== undefined && !/^\d*$/.test(port))
    return `has a port that is not a number: ${JSON.stringify(port.slice(0, 20))}`;
  if (port !== undefined && Number(port) > 65_535)
    return `has the port ${port.slice(0, 20)}; the largest port is 65535`;
  return literal === undefined ? hostProblem(name ?? '') : literalProblem(literal);
}

const unbracketed = 'has an IPv6 address without brackets around it';

function literalProblem(literal: string): string | undefined {
  return parseAddress(literal)?.length === 16 ? undefined : 'has brackets around what is not an IPv6 address';
}

function hostProblem(host: string): string | undefined {
  if (host === '') return 'has no host';
  if (parseAddress(host)?.length === 4) return undefined;
  if (host.includes('%')) return 'has a percent-encoded host; DNS names are not percent-encoded';
  const problem = domainNameProblem(host);
  return problem && `has a host that ${problem}`;
}

/** Brackets belong to the host, and "#" appears once (RFC 3986 sections 3.3 to 3.5). */
function restProblem(rest: string): string | undefined {
  if (/[[\]]/.test(rest)) return 'has a bracket outside the host, which a URI must percent-encode';
  return rest.split('#').length > 2 ? 'has more than one "#"' : undefined;
}
