import type { JsonObject } from '#dots/model/json';
import type { Family } from '#dots/model/prefix';
import { checkDomain, isOwn, type Context } from './context';
import { destination, source, type Draft, type Entry } from '../packets/draft';
import { interval } from '../packets/intervals';
import { mergePrefixes } from './merge';
import { familyName } from '../bgp/nlri';
import { protocolGroups } from './protocols';
import type { Findings } from './findings';
import { asObject, malformed, member, members, objects, type Located } from './values';
import type { UriTarget } from './resolve';
import { callHome, type Scope, type Sources, type Targets } from './scope';
import { noteMerged, readPrefixes, readRanges, readTargets } from './targets';
import type { Component, Place } from '../bgp/rule';

/** Members of a scope that say something about the match, or that have nothing to do with it. */
const scopeMembers = new Set([
  'target-prefix',
  'target-port-range',
  'target-protocol',
  'target-fqdn',
  'target-uri',
  'alias-name',
  'lifetime',
  'trigger-mitigation',
  'mid',
  'mitigation-start',
  'status',
  'conflict-information',
  'bytes-dropped',
  'bps-dropped',
  'pkts-dropped',
  'pps-dropped',
  'attack-status',
  'ietf-dots-call-home:source-prefix',
  'ietf-dots-call-home:source-port-range',
  'ietf-dots-call-home:source-icmp-type-range',
  'ietf-dots-signal-control:acl-list',
]);

/** More rules than a router takes; a product of long lists would also fill the memory. */
const mostRules = 20_000;

/** Statuses of a mitigation that is over (RFC 9132 table 3): nothing is filtered any more. */
const over: readonly unknown[] = ['attack-mitigation-terminated', 'attack-mitigation-withdrawn', 6, 7];

/** The entries of a `mitigation-scope` document: one for each scope that gives rules. */
export function translateMitigation(document: Located, context: Context): Entry[] {
  const object = asObject(document, context.report);
  const scopes = object === undefined ? [] : objects(member(object, 'scope'), context.report);
  return scopes.flatMap((scope, index) =>
    translateScope(scope, scopes.length === 1 ? 'the mitigation request' : `mitigation scope ${index + 1}`, context),
  );
}

/** The names of the ACLs whose activation type a document's scopes change (RFC 9133), with that type. */
export function askedActivations(document: Located, report: Findings): [name: string, type: string, place: Place][] {
  const object = asObject(document, report);
  const scopes = object === undefined ? [] : objects(member(object, 'scope'), report);
  return scopes
    .flatMap((scope) => objects(member(scope, 'ietf-dots-signal-control:acl-list'), report))
    .flatMap((entry) => {
      const { 'acl-name': name, 'activation-type': type = 'activate-when-mitigating' } = entry.value;
      if (typeof name === 'string' && typeof type === 'string') return [[name, type, entry]];
      malformed(entry, 'names no ACL and activation type', report);
      return [];
    });
}

/** Whether every member of a scope is understood; one that is not may have been meant to narrow the match. */
function scopeKnown(scope: Located<JsonObject>, report: Findings): boolean {
  const unknown = members(scope).filter(
    ([name]) => !scopeMembers.has(name) && !name.startsWith('ietf-dots-telemetry:'),
  );
  for (const [name, located] of unknown) {
    const advice = scopeMembers.has(callHome + name) ? `; write "${callHome}${name}"` : '';
    report.error(
      located,
      'flowspec/unknown-member',
      '9132 4.4.1.1',
      `"${name}" is not understood here${advice}. Without it a rule could match more than was meant, so there is none.`,
      true,
    );
  }
  return unknown.length === 0;
}

function translateScope(scope: Located<JsonObject>, label: string, context: Context): Entry[] {
  const { report } = context;
  const status = member(scope, 'status');
  if (status !== undefined && over.includes(status.value)) {
    report.information(
      status,
      'flowspec/over',
      '9132 4.4.2',
      'This mitigation is over: nothing is filtered for it any more, so it gives no rules.',
    );
    return [];
  }
  const known = scopeKnown(scope, report);
  const targets = readTargets(scope, context);
  const sources = readSources(scope, report);
  if (!known || targets.failed || sources.failed) return [];
  if (targets.given.length === 0) {
    report.error(
      scope,
      'flowspec/no-destination',
      '8955 6',
      `No address is known for ${label}, and a rule without a destination would filter everything that passes the router: name one in target-prefix.`,
    );
    return [];
  }
  if (scope.value['trigger-mitigation'] === false) {
    report.warning(
      member(scope, 'trigger-mitigation') as Located,
      'flowspec/preconfigured',
      '9132 4.4.1.1',
      'This request takes effect when the signal channel is lost: do not announce its rules before.',
    );
  }
  checkPrefixes({ node: scope, targets, sources, report }, context);
  const groups = [targets, ...targets.uris.map((uri) => targetsOfUri(uri, targets))].filter(
    ({ prefixes }) => prefixes.length > 0,
  );
  const drafts = groups.flatMap((group) => scopeDrafts({ node: scope, targets: group, sources, report }));
  return drafts.length === 0
    ? []
    : [{ source: { file: scope.file, pointer: scope.pointer }, label, actions: context.mitigationActions, drafts }];
}

/**
 * Targets must be one's own, except in Call Home: there the sources are, and the targets lie with somebody else, so that
 * routers refuse the rules unless they are told not to validate them.
 */
function checkPrefixes({ targets, sources, report }: Scope, context: Context): void {
  const callsHome = sources.prefixes.length > 0 && sources.prefixes.every((prefix) => isOwn(prefix, context));
  if (!callsHome) {
    for (const { prefix, place } of targets.given) checkDomain(prefix, place, '9132 4.4.1.1', context);
  } else if (targets.given.some(({ prefix }) => !isOwn(prefix, context))) {
    report.add(sources.places.prefixes, {
      code: 'flowspec/call-home',
      class: 'advice',
      severity: 'information',
      rfc: '8955 6',
      message:
        "The sources are one's own and the targets are not (Call Home): routers refuse such rules unless validation is switched off for the session.",
    });
  }
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
  const given = items.map(({ prefix }) => prefix);
  const prefixes = mergePrefixes(given);
  noteMerged(given, prefixes, list ?? scope, report);
  const places = {
    prefixes: list ?? scope,
    ports: member(scope, `${callHome}source-port-range`) ?? scope,
    icmpTypes: member(scope, `${callHome}source-icmp-type-range`) ?? scope,
  };
  return {
    prefixes,
    places,
    ports: ports ?? [],
    icmpTypes: icmpTypes ?? [],
    failed: !complete || ports === undefined || icmpTypes === undefined,
  };
}

/** A URI says itself what protocol and port it means; those of the request are for its other targets (RFC 9132 section 4.4.1.1). */
function targetsOfUri({ given, protocol, port, place }: UriTarget, targets: Targets): Targets {
  return {
    ...targets,
    given,
    prefixes: mergePrefixes(given.map(({ prefix }) => prefix)),
    protocols: protocol === undefined ? [] : [protocol],
    ports: interval(port, port + 1),
    places: { prefixes: place, protocols: place, ports: place },
  };
}

/** Every destination with every source of its family, for each group of protocols that needs a rule of its own. */
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
      `This would become ${count} rules, more than routers take (the limit here is ${mostRules}): name fewer prefixes.`,
    );
    return [];
  }
  return plans.flatMap(({ family, pairs, groups }) =>
    pairs.flatMap((prefixes) => groups.map((group) => ({ family, components: [...prefixes, ...group] }))),
  );
}

/** The prefix components of each pair of a target and a source; no packet goes from one family to the other. */
function prefixPairs(family: Family, { targets, sources, report }: Scope): Component[][] {
  const to = targets.prefixes.filter((prefix) => prefix.family === family);
  const from = sources.prefixes.filter((prefix) => prefix.family === family);
  if (sources.prefixes.length === 0) return to.map((target) => [destination(target)]);
  const name = familyName(family);
  if (to.length > 0 && from.length === 0)
    report.warning(
      targets.places.prefixes,
      'flowspec/family-pair',
      '9066 5.3.1',
      `No source is an ${name} prefix, so the ${name} targets get no rule.`,
    );
  if (from.length > 0 && to.length === 0)
    report.warning(
      sources.places.prefixes,
      'flowspec/family-pair',
      '9066 5.3.1',
      `No target is an ${name} prefix, so the ${name} sources get no rule.`,
    );
  return to.flatMap((target) => from.map((prefix) => [destination(target), source(prefix)]));
}
