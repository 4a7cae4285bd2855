import { serverOnlyScopeMembers } from '#dots/model/direction';
import type { JsonObject } from '#dots/model/json';
import type { Family } from '#dots/model/prefix';
import { familyName } from '../bgp/nlri';
import type { Component, Place } from '../bgp/rule';
import { destination, source, type Draft, type Entry } from '../packets/draft';
import { interval } from '../packets/intervals';
import { checkDomain, isOwn, type Context } from './context';
import type { Findings, Remark } from './findings';
import { mergePrefixes } from './merge';
import type { ScopePart } from './parts';
import { readPrefixes } from './prefixes';
import { protocolGroups } from './protocols';
import { readRanges } from './ranges';
import { callHome, type Scope, type Sources, type Targets } from './scope';
import { merged, readTargets } from './targets';
import { malformed, member, members, objects, onlyKnown, type Located } from './values';

/** Members of a scope that are part of the match, or irrelevant to it. */
const scopeMembers = new Set([
  'target-prefix',
  'target-port-range',
  'target-protocol',
  'target-fqdn',
  'target-uri',
  'alias-name',
  'lifetime',
  'trigger-mitigation',
  'attack-status',
  'ietf-dots-call-home:source-prefix',
  'ietf-dots-call-home:source-port-range',
  'ietf-dots-call-home:source-icmp-type-range',
  'ietf-dots-signal-control:acl-list',
  'ietf-dots-telemetry:total-attack-traffic',
  'ietf-dots-telemetry:attack-detail',
  ...serverOnlyScopeMembers,
]);

/** The most rules for one scope: routers do not accept more, and a product of long lists would exhaust the memory. */
const mostRules = 20_000;

/** Statuses of a mitigation that has ended (RFC 9132 table 3): nothing is filtered any more. */
const over: readonly unknown[] = ['attack-mitigation-terminated', 'attack-mitigation-withdrawn', 6, 7];

/** The names of the ACLs whose activation type a scope changes (RFC 9133 section 3.2.1), with that type. */
export function askedActivations(
  scope: Located<JsonObject>,
  report: Findings,
): [name: string, type: string, place: Place][] {
  return objects(member(scope, 'ietf-dots-signal-control:acl-list'), report).flatMap((entry) => {
    const { 'acl-name': name, 'activation-type': type = 'activate-when-mitigating' } = entry.value;
    const known = onlyKnown(entry, ['acl-name', 'activation-type'], 'the ACL', report);
    if (known && typeof name === 'string' && typeof type === 'string') return [[name, type, entry]];
    malformed(entry, 'names no ACL and activation type', report);
    return [];
  });
}

/** Whether every member of a scope is known; an unknown one may be intended to narrow the match. */
function scopeKnown(scope: Located<JsonObject>, report: Findings): boolean {
  const unknown = members(scope).filter(([name]) => !scopeMembers.has(name));
  for (const [name, located] of unknown) {
    const advice = scopeMembers.has(callHome + name) ? `; write "${callHome}${name}"` : '';
    report.error(
      located,
      'flowspec/unknown-member',
      '9132 4.4.1.1',
      `"${name}" is not known here${advice}. A rule without it could match more than intended, so there is none.`,
      true,
    );
  }
  return unknown.length === 0;
}

/** The translation of a mitigation scope; undefined after reporting why it has no rule. */
export function translateScope({ scope, label }: ScopePart, context: Context): Entry | undefined {
  const { report } = context;
  if (isOver(scope, report)) return undefined;
  const known = scopeKnown(scope, report);
  const targets = readTargets(scope, context);
  const sources = readSources(scope, report);
  if (targets.given.length === 0) noAddress(scope, label, report);
  if (!known || targets.failed || sources.failed || targets.given.length === 0) return undefined;
  notePreconfigured(scope, report);
  const allowed = checkPrefixes({ node: scope, targets, sources, report }, context);
  const groups = [targets, ...targets.uris.map((uri) => targetsOfUri(uri, targets))].filter(
    ({ prefixes }) => prefixes.length > 0,
  );
  const drafts = groups.flatMap((group) => scopeDrafts({ node: scope, targets: group, sources, report }));
  if (drafts.length === 0) return undefined;
  return {
    source: { file: scope.file, pointer: scope.pointer },
    label,
    actions: context.mitigationActions(scope.file),
    drafts,
    targets: targets.given,
    leftOut: !allowed || context.errors.touching(scope) !== undefined,
  };
}

/** Whether a mitigation has ended; reports that it has no rules. */
function isOver(scope: Located<JsonObject>, report: Findings): boolean {
  const status = member(scope, 'status');
  if (status === undefined || !over.includes(status.value)) return false;
  report.exclude(
    scope,
    {
      code: 'flowspec/over',
      severity: 'information',
      rfc: '9132 4.4.2',
      message: 'This mitigation has ended, so it has no rules.',
    },
    status,
  );
  return true;
}

function noAddress(scope: Located<JsonObject>, label: string, report: Findings): void {
  report.error(
    scope,
    'flowspec/no-destination',
    '8955 6',
    `No address is known for ${label}, and a rule without a destination would filter all traffic through the router: name one in target-prefix.`,
  );
}

function notePreconfigured(scope: Located<JsonObject>, report: Findings): void {
  const trigger = member(scope, 'trigger-mitigation');
  if (trigger?.value !== false) return;
  report.warning(
    trigger,
    'flowspec/preconfigured',
    '9132 4.4.1.1',
    'This request takes effect when the signal channel is lost: do not announce its rules before.',
  );
}

/**
 * Whether the targets are within the own prefixes. In Call Home the sources are, and the targets are foreign: routers
 * refuse such rules unless validation is disabled.
 */
function checkPrefixes({ targets, sources, report }: Scope, context: Context): boolean {
  const callsHome = sources.prefixes.length > 0 && sources.prefixes.every((prefix) => isOwn(prefix, context));
  if (!callsHome)
    return targets.given.map(({ prefix, place }) => checkDomain(prefix, place, '9132 4.4.1.1', context)).every(Boolean);
  if (targets.given.some(({ prefix }) => !isOwn(prefix, context))) {
    report.add(sources.places.prefixes, {
      code: 'flowspec/call-home',
      class: 'advice',
      severity: 'information',
      rfc: '8955 6',
      message:
        'The sources are own prefixes and the targets are not (Call Home): routers refuse such rules unless validation is disabled for the session.',
    });
  }
  return true;
}

function readSources(scope: Located<JsonObject>, report: Findings): Sources {
  const list = member(scope, `${callHome}source-prefix`);
  const { items, complete } = readPrefixes(list, report);
  const ports = readRanges(member(scope, `${callHome}source-port-range`), ['lower-port', 'upper-port'], 65535, report);
  const icmpTypes = readRanges(
    member(scope, `${callHome}source-icmp-type-range`),
    ['lower-type', 'upper-type'],
    255,
    report,
  );
  const places = {
    prefixes: list ?? scope,
    ports: member(scope, `${callHome}source-port-range`) ?? scope,
    icmpTypes: member(scope, `${callHome}source-icmp-type-range`) ?? scope,
  };
  return {
    prefixes: merged(items, places.prefixes, report),
    places,
    ports: ports ?? [],
    icmpTypes: icmpTypes ?? [],
    failed: !complete || ports === undefined || icmpTypes === undefined,
  };
}

/**
 * A URI implies its own protocol and port; those of the request apply to its other targets (RFC 9132 section 4.4.1.1).
 */
function targetsOfUri({ given, protocol, port, place }: Targets['uris'][number], targets: Targets): Targets {
  return {
    ...targets,
    given,
    prefixes: mergePrefixes(given.map(({ prefix }) => prefix)),
    protocols: protocol === undefined ? [] : [protocol],
    ports: interval(port, port + 1),
    places: { prefixes: place, protocols: place, ports: place },
  };
}

/** Every destination with every source of its family, for each group of protocols that needs a separate rule. */
function scopeDrafts(scope: Scope): Draft[] {
  const plans = (['ipv4', 'ipv6'] as const).map((family) => {
    const pairs = prefixPairs(family, scope);
    return { family, pairs, groups: pairs.length === 0 ? [] : protocolGroups(family, scope) };
  });
  const count = plans.reduce((sum, { pairs, groups }) => sum + pairs.length * groups.length, 0);
  if (count > mostRules) {
    scope.report.error(
      scope.node,
      'flowspec/too-many-rules',
      '8955 4.2',
      `This would become ${count} rules, more than routers accept (the limit here is ${mostRules}): name fewer prefixes.`,
    );
    return [];
  }
  return plans.flatMap(({ family, pairs, groups }) =>
    pairs.flatMap((prefixes) => groups.map((group) => ({ family, components: [...prefixes, ...group] }))),
  );
}

/** The prefix components of each pair of a target and a source; no packet has addresses of both families. */
function prefixPairs(family: Family, { targets, sources, report }: Scope): Component[][] {
  const to = targets.prefixes.filter((prefix) => prefix.family === family);
  const from = sources.prefixes.filter((prefix) => prefix.family === family);
  if (sources.prefixes.length === 0) return to.map((target) => [destination(target)]);
  const name = familyName(family);
  if (from.length === 0)
    for (const { by } of targets.given.filter(({ prefix }) => prefix.family === family))
      report.exclude(
        by,
        familyPair(`No source is an ${name} prefix, so the ${name} targets have no rule.`),
        targets.places.prefixes,
      );
  if (from.length > 0 && to.length === 0)
    report.add(
      sources.places.prefixes,
      familyPair(`No target is an ${name} prefix, so the ${name} sources have no rule.`),
    );
  return to.flatMap((target) => from.map((prefix) => [destination(target), source(prefix)]));
}

function familyPair(message: string): Remark {
  return { code: 'flowspec/family-pair', severity: 'warning', rfc: '9066 5.3.1', message };
}
