import type { Family, Prefix } from '#dots/model/prefix';
import { readFragment, readIpv4Flags } from './bitmask';
import { readPrefix } from './prefixes';
import { destination, equals, source } from '../packets/draft';
import { cannot, equal, type Match, type MemberReaders } from './match';
import { familyName } from '../bgp/nlri';
import { quote, type Located } from './values';
import type { Component } from '../bgp/rule';

/** A reader for a network of the container's family. */
function network(make: (prefix: Prefix) => Component): MemberReaders[string] {
  return (located, match) => {
    const prefix = readPrefix(located, match.report);
    if (prefix === undefined) match.failed = true;
    else if (prefix.family === match.family) match.set(make(prefix));
    else
      match.fail(
        located,
        'flowspec/family',
        '8783 4.2',
        `${quote(located.value)} is not an ${familyName(match.family)} prefix.`,
      );
  };
}

/** The longest payload for which header and payload fit into the two octets of a packet length in routers. */
const longestPayload = 65535 - 40;

/** `length` in IPv6 is the payload; Flowspec counts the header as well (RFC 8955 section 4.2.2.10). */
function ipv6Length(located: Located, match: Match): void {
  const value = match.number(located, 65535);
  if (value === undefined) return;
  if (value > longestPayload)
    match.fail(
      located,
      'flowspec/length',
      '8955 4.2.2.10',
      `With the IPv6 header of 40 octets the length would be ${value + 40}, more than routers can compare.`,
    );
  else match.set(equals(10, value + 40));
}

const ipReaders: MemberReaders = {
  protocol: equal(3, 255),
  dscp: equal(11, 63),
  fragment: readFragment,
  ecn: cannot('ecn'),
  ttl: cannot('ttl'),
};

/** The members of `ipv4` and `ipv6` (RFC 8519, RFC 8783 section 4.2). */
export const l3Readers: Record<Family, MemberReaders> = {
  ipv4: {
    ...ipReaders,
    'destination-ipv4-network': network(destination),
    'source-ipv4-network': network(source),
    length: equal(10, 65535),
    flags: readIpv4Flags,
    ihl: cannot('ihl'),
    offset: cannot('offset'),
    identification: cannot('identification'),
  },
  ipv6: {
    ...ipReaders,
    'destination-ipv6-network': network(destination),
    'source-ipv6-network': network(source),
    length: ipv6Length,
    'flow-label': equal(13, 0xfffff),
  },
};
