import { itemsOf, type JsonObject } from '#dots/model/json';
import { bareName } from '#dots/model/lexicalForms';
import { formatPrefix, type Family } from '#dots/model/prefix';
import { prefixComponent, type Action } from '../bgp/rule';
import { destination, type Draft, type Entry } from '../packets/draft';
import { readMatches, type AceMatch } from './aceMatch';
import { checkDomain, noDestination, ownPrefixes, type Context } from './context';
import type { Findings, Remark } from './findings';
import { Match } from './match';
import { rateActions } from './rate';
import { asObject, asString, malformed, member, objects, onlyKnown, quote, type Located } from './values';

/** The families that an ACL type of RFC 8519 is for; Ethernet types have none. */
const aclTypes: Record<string, readonly Family[]> = {
  'ipv4-acl-type': ['ipv4'],
  'ipv6-acl-type': ['ipv6'],
  'mixed-eth-ipv4-acl-type': ['ipv4'],
  'mixed-eth-ipv6-acl-type': ['ipv6'],
  'mixed-eth-ipv4-ipv6-acl-type': ['ipv4', 'ipv6'],
};

const aclMembers = ['name', 'type', 'activation-type', 'pending-lifetime', 'aces'];
const aceMembers = ['name', 'matches', 'actions', 'statistics'];
const actionMembers = ['forwarding', 'rate-limit'];

function nameOf(object: Located<JsonObject>): string {
  return quote(object.value.name ?? null);
}

/** The translation of an ACL, entry by entry in its order; empty after reporting why. */
export function translateAcl(acl: Located<JsonObject>, context: Context): Entry[] {
  const { report } = context;
  const label = `ACL ${nameOf(acl)}`;
  const known = onlyKnown(acl, aclMembers, label, report);
  const families = aclFamilies(acl, report);
  const active = isActive(acl, label, context);
  const aces = member(acl, 'aces');
  const list = aces && asObject(aces, report);
  const listed = list === undefined || onlyKnown(list, ['ace'], label, report);
  if (!known || !listed || families === undefined || !active) return [];
  const entries = objects(list && member(list, 'ace'), report);
  if (aces === undefined || (entries.length === 0 && isEmpty(list)))
    report.exclude(acl, {
      code: 'flowspec/empty',
      severity: 'information',
      rfc: '8783 4.1',
      message: `${label} has no entries, so it has no rules.`,
    });
  return entries.flatMap((ace) => translateAce(ace, `ACE ${nameOf(ace)} of ${label}`, families, context));
}

/** Whether `aces` has no entry, other than malformed ones. */
function isEmpty(aces: Located<JsonObject> | undefined): boolean {
  return aces !== undefined && (aces.value.ace === undefined || itemsOf(aces.value.ace).length === 0);
}

/**
 * The families of an ACL: by its type, or all of them if it has none. Undefined for a type that Flowspec does not
 * support.
 */
function aclFamilies(acl: Located<JsonObject>, report: Findings): readonly Family[] | undefined {
  const located = member(acl, 'type');
  if (located === undefined) return ['ipv4', 'ipv6'];
  const type = asString(located, report);
  const name = type === undefined ? '' : bareName(type);
  if (Object.hasOwn(aclTypes, name)) return aclTypes[name];
  if (type !== undefined)
    report.error(
      located,
      'flowspec/acl-type',
      '8783 4.1',
      `Flowspec filters IPv4 and IPv6; an ACL of type ${quote(type)} has no rules.`,
    );
  return undefined;
}

/**
 * Whether the ACL is in force (or will be during a mitigation); a mitigation request that sets its activation takes
 * precedence.
 */
function isActive(acl: Located<JsonObject>, label: string, { report, activation }: Context): boolean {
  const located = member(acl, 'activation-type');
  const asked = typeof acl.value.name === 'string' ? activation.get(acl.value.name) : undefined;
  const own = located === undefined ? 'activate-when-mitigating' : located.value;
  const type = asked ?? own;
  if (type === 'immediate' || type === 'activate-when-mitigating') return true;
  if (type !== 'deactivate') malformed(located ?? acl, 'is not an activation type', report);
  else if (asked === undefined)
    report.exclude(acl, deactivated('8783 7.2', `${label} is deactivated, so it has no rules.`), located);
  else report.exclude(acl, deactivated('9133 3.2.1', `A mitigation request deactivates ${label}, so it has no rules.`));
  return false;
}

function deactivated(rfc: string, message: string): Remark {
  return { code: 'flowspec/deactivated', severity: 'information', rfc, message };
}

function translateAce(ace: Located<JsonObject>, label: string, families: readonly Family[], context: Context): Entry[] {
  const { report } = context;
  const source = { file: ace.file, pointer: ace.pointer };
  const known = onlyKnown(ace, aceMembers, label, report);
  const located = member(ace, 'matches');
  const matches = located && asObject(located, report);
  const actions = aceActions(ace, label, report);
  if (located !== undefined && matches === undefined) return [];
  const chosen = containerFamilies(matches, families);
  const lists = chosen.map((family) => readMatches(matches, new Match(family, report, label, source)));
  if (actions === undefined || !lists.some(({ possible }) => possible)) return [];
  const exact = known && lists.every((list) => list.exact);
  const drafts = lists.flatMap((list) => withDestinations(list, matches ?? ace, context));
  if (drafts.length === 0 && exact)
    report.error(
      matches ?? ace,
      'flowspec/no-destination',
      '8955 6',
      `${label} ${noDestination(chosen.length === 1 ? chosen[0] : undefined, context)}`,
    );
  if (drafts.length === 0) return [];
  const allowed = matches === undefined || lists.every((list) => isInDomain(list, matches, context));
  const leftOut = !exact || !allowed || context.errors.touching(ace) !== undefined;
  return [{ source, label, actions, drafts, leftOut }];
}

/** An ACL without a type, or for both families, leaves it to the container of the ACE. */
function containerFamilies(matches: Located<JsonObject> | undefined, families: readonly Family[]): readonly Family[] {
  if (matches === undefined || families.length === 1) return families;
  const named = families.filter((family) => Object.hasOwn(matches.value, family));
  return named.length === 0 ? families : named;
}

/** Whether the destination of an ACE is within the own prefixes, as far as these are known. */
function isInDomain({ components, family }: AceMatch, matches: Located<JsonObject>, context: Context): boolean {
  const named = prefixComponent(components, 1);
  const pointer = `${matches.pointer}/${family}/destination-${family}-network`;
  return named === undefined || checkDomain(named, { file: matches.file, pointer }, '8783 7.2', context);
}

/**
 * The rules of an ACE in one family: one, or without a destination one for each of the own prefixes (RFC 8783 section
 * 7.2).
 */
function withDestinations(
  { components, family, exact, possible }: AceMatch,
  matches: Located<JsonObject>,
  context: Context,
): Draft[] {
  if (!possible) return [];
  if (prefixComponent(components, 1) !== undefined) return [{ family, components }];
  const own = ownPrefixes(family, context);
  if (own.length > 0 && exact) {
    context.report.information(
      matches,
      'flowspec/domain-filled',
      '8783 7.2',
      `Without a destination the entry applies to the own prefixes: ${own.map(formatPrefix).join(', ')}.`,
    );
  }
  return own.map((prefix) => ({ family, components: [destination(prefix), ...components] }));
}

/** The action of an ACE, or undefined after reporting actions that Flowspec or RFC 8783 does not have. */
function aceActions(ace: Located<JsonObject>, label: string, report: Findings): Action[] | undefined {
  const located = member(ace, 'actions');
  const actions = located && asObject(located, report);
  if (located === undefined)
    report.error(
      ace,
      'flowspec/no-action',
      '8783 7.2',
      `${label} names no action (accept or drop), so it has no rule.`,
    );
  if (actions === undefined) return undefined;
  const known = onlyKnown(actions, actionMembers, label, report);
  const forwarding = member(actions, 'forwarding');
  if (forwarding === undefined)
    report.error(
      actions,
      'flowspec/no-action',
      '8783 7.2',
      `"forwarding" (accept or drop) is missing, so ${label} has no rule.`,
    );
  const result = forwarding && forwardingActions(forwarding, member(actions, 'rate-limit'), label, report);
  return known ? result : undefined;
}

function forwardingActions(
  forwarding: Located,
  limit: Located | undefined,
  label: string,
  report: Findings,
): Action[] | undefined {
  const text = asString(forwarding, report);
  const action = text === undefined ? undefined : bareName(text);
  if (action === 'accept') return limit === undefined ? [] : rateActions(limit, report);
  if (action === 'drop' && limit === undefined) return [{ kind: 'traffic-rate-bytes', as: 0, rate: 0 }];
  if (action === 'drop')
    report.error(
      limit as Located,
      'flowspec/rate-limit',
      '8783 7.2',
      `A rate limit requires accept, not drop; ${label} has no rule.`,
      true,
    );
  else if (action === 'reject')
    report.error(
      forwarding,
      'flowspec/reject',
      '8783 4.1',
      `DOTS has no reject, and Flowspec sends no ICMP errors: use drop. ${label} has no rule.`,
    );
  else if (text !== undefined)
    report.error(
      forwarding,
      'flowspec/no-action',
      '8783 7.2',
      `${quote(text)} is neither accept nor drop; ${label} has no rule.`,
    );
  return undefined;
}
