import { itemsOf, type JsonObject } from '#dots/model/json';
import type { Prefix } from '#dots/model/prefix';
import type { Place } from '../bgp/rule';
import { union } from '../packets/intervals';
import type { Context } from './context';
import { placeKey, type Findings } from './findings';
import { mergeNote, mergePrefixes } from './merge';
import { readPrefixes, type ResolvedPrefix } from './prefixes';
import { readRanges } from './ranges';
import { fqdnTargets, uriTarget } from './resolve';
import type { Target, Targets } from './scope';
import { asNumber, asString, entries, filledEntries, member, onlyKnown, quote, type Located } from './values';

const targetMembers = ['target-prefix', 'target-port-range', 'target-protocol', 'target-fqdn', 'target-uri'] as const;

const aliasMembers = [...targetMembers, 'name', 'pending-lifetime'];

/** One source of targets: the scope itself, or an alias. */
interface Source {
  object: Located<JsonObject>;
  /** The scope, or its entry that names the alias. */
  place: Place;
  label: string;
  /** Present for the scope itself. */
  isScope?: true;
}

/** The targets in the entries of a member of all sources. */
function aims<T>(
  sources: readonly Source[],
  name: string,
  read: (entry: Located, context: Context) => T | undefined,
  context: Context,
): { aim: T; by: Place }[] {
  return sources.flatMap((source) =>
    entries(member(source.object, name), context.report).flatMap((entry) => {
      const aim = read(entry, context);
      return aim === undefined ? [] : [{ aim, by: bringer(source, entry) }];
    }),
  );
}

/** The entry of the scope that a target comes from: the target itself, or the name of the alias that contains it. */
function bringer(source: Source, target: Place): Place {
  return source.isScope === true ? target : source.place;
}

/** The protocol numbers of a list; undefined when one of them cannot be read. */
function readProtocols(list: Located | undefined, report: Findings): number[] | undefined {
  const values = filledEntries(list, report)?.map((entry) => asNumber(entry, 255, report));
  return values?.includes(undefined) === true ? undefined : (values as number[] | undefined);
}

/**
 * The aliases that a scope names; undefined for one that cannot be used. The scope then has no rule: the protocols and
 * ports of the alias would limit its other targets too.
 */
function aliasesOf(scope: Located<JsonObject>, context: Context): (Source | undefined)[] {
  return entries(member(scope, 'alias-name'), context.report).map((entry) => {
    const name = asString(entry, context.report);
    const alias = name === undefined ? undefined : usableAlias(name, entry, context);
    return alias && { object: alias, place: entry, label: `alias ${quote(entry.value)}` };
  });
}

/** The alias of a name; undefined after reporting that there is none, or that it has an error. */
function usableAlias(name: string, entry: Located, context: Context): Located<JsonObject> | undefined {
  const { report, aliases, errors, usedAliases } = context;
  const alias = aliases.get(name);
  if (alias !== undefined) usedAliases.add(placeKey(alias));
  const fault = alias && errors.touching(alias);
  if (alias === undefined)
    report.error(
      entry,
      'flowspec/alias-unknown',
      '9132 4.4.1.1',
      `None of the documents defines the alias ${quote(name)}, so it has no rule. Add the document with the alias.`,
    );
  else if (fault !== undefined)
    report.error(
      entry,
      'flowspec/alias-invalid',
      '9132 4.4.1.1',
      `Alias ${quote(name)} has an error, so it has no rule: ${fault.message}`,
    );
  return fault === undefined ? alias : undefined;
}

/** The place of a member in the first source that has it, seen from the scope. */
function placeOf(name: string, sources: readonly Source[], scope: Place): Place {
  for (const source of sources) {
    const located = member(source.object, name);
    if (located !== undefined) return bringer(source, located);
  }
  return scope;
}

/** Which protocols and ports a source names, in a form that can be compared. */
function limitsOf({ object }: Source): string {
  const sorted = (name: string): string[] =>
    itemsOf(object.value[name])
      .map((entry) => JSON.stringify(entry))
      .sort();
  return JSON.stringify([sorted('target-protocol'), sorted('target-port-range')]);
}

/** RFC 9132 concatenates the lists, so protocols and ports of one source apply to the prefixes of another. */
function notePooling(sources: readonly Source[], scope: Place, report: Findings): void {
  const aiming = sources.filter(({ object }) => targetMembers.some((name) => Object.hasOwn(object.value, name)));
  if (new Set(aiming.map(limitsOf)).size <= 1) return;
  const labels = aiming.map(({ label }) => label).join(', ');
  report.warning(
    scope,
    'flowspec/alias-pooled',
    '9132 4.4.1.3',
    `Prefixes, protocols and ports of ${labels} are combined: each protocol and port applies to each prefix. If that is not intended, use separate requests.`,
  );
}

/** All targets of a mitigation scope, its aliases included. */
export function readTargets(scope: Located<JsonObject>, context: Context): Targets {
  const { report } = context;
  const own: Source = { object: scope, place: scope, label: 'the request itself', isScope: true };
  const aliases = aliasesOf(scope, context);
  const sources = [own, ...aliases.filter((alias) => alias !== undefined)];
  const known = sources.slice(1).map(({ object, label }) => onlyKnown(object, aliasMembers, label, report));
  const named = aims(sources, 'target-fqdn', fqdnTargets, context);
  const uris = aims(sources, 'target-uri', uriTarget, context).map(({ aim, by }) => ({
    ...aim,
    given: aim.given.map((one) => ({ ...one, by })),
  }));
  const prefixes = sources.map((source) => readPrefixes(member(source.object, 'target-prefix'), report));
  const protocols = sources.map(({ object }) => readProtocols(member(object, 'target-protocol'), report));
  const ports = sources.map(({ object }) =>
    readRanges(member(object, 'target-port-range'), ['lower-port', 'upper-port'], 65535, report),
  );
  notePooling(sources, scope, report);
  const given = [
    ...sources.flatMap((source, index) => brought(source, prefixes[index]?.items ?? [])),
    ...named.flatMap(({ aim, by }) => aim.map((one) => ({ ...one, by }))),
  ];
  const places = placesOf(sources, scope);
  return {
    prefixes: merged(given, places.prefixes, report),
    given: [...given, ...uris.flatMap((uri) => uri.given)],
    places,
    uris,
    protocols: [...new Set(protocols.flatMap((list) => list ?? []))].sort((a, b) => a - b),
    ports: union(ports.map((set) => set ?? [])),
    failed:
      aliases.includes(undefined) ||
      known.includes(false) ||
      prefixes.some(({ complete }) => !complete) ||
      protocols.includes(undefined) ||
      ports.includes(undefined),
  };
}

function brought(source: Source, prefixes: readonly ResolvedPrefix[]): Target[] {
  return prefixes.map((one) => ({ ...one, by: bringer(source, one.place) }));
}

function placesOf(sources: readonly Source[], scope: Place): Targets['places'] {
  const place = (name: string): Place => placeOf(name, sources, scope);
  return {
    prefixes: place('target-prefix'),
    protocols: place('target-protocol'),
    ports: place('target-port-range'),
  };
}

/** The fewest prefixes with the same addresses; reports if there are fewer. */
export function merged(given: readonly { prefix: Prefix }[], place: Place, report: Findings): Prefix[] {
  const before = given.map(({ prefix }) => prefix);
  const after = mergePrefixes(before);
  const note = mergeNote(before, after);
  if (note !== undefined) report.information(place, 'flowspec/merged', '8955 4.2.2.1', note);
  return after;
}
