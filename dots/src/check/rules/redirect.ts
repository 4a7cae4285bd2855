import type { Fault } from '../../model/finding';
import { domainNameProblem } from '../../model/domainName';
import type { JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import { rfcFault } from './fault';

const callHome = 'ietf-dots-call-home:alt-ch-client';

/**
 * A redirect names either another DOTS server or another Call Home DOTS client (RFC 9132 section 4.6, RFC 9066 section
 * 5.2.2).
 */
export function redirectFaults(body: JsonObject, pointer: string): Fault[] {
  return [
    ...namedFaults(body, pointer),
    ...nameFaults(body, 'alt-server', pointer, '9132 4.6'),
    ...nameFaults(body, callHome, pointer, '9066 5.2.2'),
  ];
}

/** The new peer is authenticated by its name, so an address does not do. */
function nameFaults(body: JsonObject, member: string, pointer: string, rfc: string): Fault[] {
  const { [member]: name } = body;
  const problem = typeof name === 'string' && name !== '' ? domainNameProblem(name) : undefined;
  if (problem === undefined) return [];
  return [
    rfcFault(
      'redirect-name',
      child(pointer, member),
      rfc,
      `This name ${problem}: write the domain name by which the new peer is authenticated, and its addresses in "${member}-record".`,
    ),
  ];
}

function namedFaults(body: JsonObject, pointer: string): Fault[] {
  const ofCallHome = [
    'ietf-dots-call-home:alt-ch-client',
    'ietf-dots-call-home:alt-ch-client-record',
    'ietf-dots-call-home:ttl',
  ].filter((name) => Object.hasOwn(body, name));
  const ofServer = ['alt-server', 'alt-server-record'].filter((name) => Object.hasOwn(body, name));
  const [stray] = ofCallHome;
  if (stray !== undefined && ofServer.length > 0)
    return [
      rfcFault(
        'redirect-both',
        child(pointer, stray),
        '9066 5.2.2',
        `A redirect is for the base signal channel or for Call Home, never both: "${stray}" and "${ofServer[0] ?? ''}" exclude each other.`,
        { atName: true },
      ),
    ];
  if (Object.hasOwn(body, 'alt-server') || Object.hasOwn(body, callHome)) return [];
  return [
    rfcFault(
      'redirect-missing',
      pointer,
      '9132 4.6',
      `A redirect must name the new server: add "alt-server", or "${callHome}" in Call Home.`,
    ),
  ];
}
