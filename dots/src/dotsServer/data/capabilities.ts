import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { fail } from './failure';

type Fields = Readonly<Record<string, boolean>>;

/** The fields that RFC 8783 table 1 requires of every server, and those that Flowspec can express in addition. */
const ipv4: Fields = {
  dscp: true,
  ecn: false,
  length: true,
  ttl: false,
  protocol: true,
  ihl: false,
  flags: false,
  offset: false,
  identification: false,
  'source-prefix': true,
  'destination-prefix': true,
  fragment: true,
};
const ipv6: Fields = {
  dscp: true,
  ecn: false,
  length: true,
  hoplimit: false,
  protocol: true,
  'destination-prefix': true,
  'source-prefix': true,
  'flow-label': true,
  fragment: true,
};
const tcp: Fields = {
  'sequence-number': false,
  'acknowledgement-number': false,
  'data-offset': false,
  reserved: false,
  flags: true,
  'window-size': false,
  'urgent-pointer': false,
  options: false,
  'flags-bitmask': true,
  'source-port': true,
  'destination-port': true,
  'port-range': true,
};
const udp: Fields = { length: true, 'source-port': true, 'destination-port': true, 'port-range': true };
const icmp: Fields = { type: true, code: true, 'rest-of-header': false };

/** What this server can filter by: RFC 8783 section 7.1. */
export const capabilities: JsonObject = {
  'address-family': ['ipv4', 'ipv6'],
  'forwarding-actions': ['drop', 'accept'],
  'rate-limit': true,
  'transport-protocols': [1, 6, 17, 58],
  ipv4: { ...ipv4 },
  ipv6: { ...ipv6 },
  tcp: { ...tcp },
  udp: { ...udp },
  icmp: { ...icmp },
};

const supported: Readonly<Record<string, Fields>> = { ipv4, ipv6, tcp, udp, icmp };

/** Match fields with another name in the capabilities. */
const capabilityOf: Readonly<Record<string, string>> = { ttl: 'hoplimit' };

/**
 * Throws a RestconfError (400) for an ACL that matches on a field which this server does not filter by: RFC 8783
 * section 7.2.
 */
export function refuseUnsupported(acl: JsonObject): void {
  const aces = isObject(acl.aces) ? itemsOf(acl.aces.ace).filter(isObject) : [];
  for (const { name, matches } of aces) {
    for (const [header, fields] of Object.entries(isObject(matches) ? matches : {})) {
      for (const field of Object.keys(isObject(fields) ? fields : {})) {
        if (isUnsupported(header, field))
          throw fail(
            400,
            'unknown-element',
            `ACE ${JSON.stringify(name)} matches on "${field}" of ${header}, which this server does not support: see its capabilities.`,
          );
      }
    }
  }
}

function isUnsupported(header: string, field: string): boolean {
  const fields = supported[header];
  return fields !== undefined && (fields[field] ?? fields[capabilityOf[field] ?? '']) === false;
}
