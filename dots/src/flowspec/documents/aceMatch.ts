import { isObject, type JsonObject } from '#dots/model/json';
import type { Family } from '#dots/model/prefix';
import { l3Readers } from './l3';
import { l4Names, l4Readers } from './l4';
import { readMembers, type Match, type MemberReaders } from './match';
import { icmpProtocol, tcp, udp } from '../bgp/protocolNames';
import { foreignIcmp } from './protocols';
import { asObject, member, members, type Located } from './values';
import type { Component } from '../bgp/rule';

/** Members that exclude each other by RFC 8783 section 4.2, because both match the same bits. */
const exclusive: Record<string, readonly [string, string]> = {
  ipv4: ['fragment', 'flags'],
  tcp: ['flags-bitmask', 'flags'],
};

const l3Names = ['ipv4', 'ipv6'] as const;

/** Reports the second of several members of which at most one is allowed. */
function atMostOne(names: readonly string[], object: Located<JsonObject>, match: Match): void {
  const present = names.filter((name) => Object.hasOwn(object.value, name));
  const second = present[1] === undefined ? undefined : member(object, present[1]);
  if (second !== undefined)
    match.fail(second, 'flowspec/exclusive', '8783 4.2', `${present.join(' and ')} must not be used together.`, true);
}

function readContainer(name: string, located: Located, readers: MemberReaders, match: Match): void {
  const object = asObject(located, match.report);
  if (object === undefined) {
    match.failed = true;
    return;
  }
  atMostOne(exclusive[name] ?? [], object, match);
  readMembers(members(object), readers, match);
}

function readL3(matches: Located<JsonObject>, match: Match): void {
  for (const name of l3Names) {
    const located = member(matches, name);
    if (located === undefined) continue;
    if (name === match.family) readContainer(name, located, l3Readers[name], match);
    else match.fail(located, 'flowspec/family', '8783 4.2', `${name} does not match the type of the ACL.`, true);
  }
}

function readL4(matches: Located<JsonObject>, match: Match): void {
  for (const name of l4Names) {
    const located = member(matches, name);
    if (located === undefined) continue;
    match.demandProtocol(located, { tcp, udp, icmp: icmpProtocol(match.family) }[name], name);
    readContainer(name, located, l4Readers[name], match);
  }
}

/** What an ACE matches in one family. */
export interface AceMatch {
  family: Family;
  components: Component[];
  /** false: the components match more than the ACE does. */
  exact: boolean;
  /** false: its match contradicts itself, so that no packet matches. */
  possible: boolean;
}

/**
 * The components for `matches` of an ACE in one family, in the order of their types; without `matches` none. Each
 * member that cannot be expressed exactly has a finding.
 */
export function readMatches(matches: Located<JsonObject> | undefined, match: Match): AceMatch {
  if (matches !== undefined) readAll(matches, match);
  const { family, components, failed, possible } = match;
  return { family, components, exact: !failed, possible };
}

function readAll(matches: Located<JsonObject>, match: Match): void {
  for (const [name, located] of members(matches)) {
    if (name === 'eth') match.cannot(located, name);
    else if (!Object.hasOwn(l4Readers, name) && !Object.hasOwn(l3Readers, name)) match.unknown(located, name);
  }
  atMostOne(l3Names, matches, match);
  atMostOne(l4Names, matches, match);
  readL3(matches, match);
  readL4(matches, match);
  noteForeignIcmp(matches, match);
}

/** Reports the protocol number that ICMP has in the other family. */
function noteForeignIcmp(matches: Located<JsonObject>, { family, possible, report }: Match): void {
  const located = member(matches, family);
  const l3 = located && isObject(located.value) ? (located as Located<JsonObject>) : undefined;
  const protocol = l3 && member(l3, 'protocol');
  const foreign = icmpProtocol(family === 'ipv4' ? 'ipv6' : 'ipv4');
  if (possible && protocol?.value === foreign)
    report.warning(protocol, 'flowspec/icmp-family', '8783 4.2', foreignIcmp(family));
}
