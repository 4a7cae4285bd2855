import { itemsOf, type JsonObject } from '#dots/model/json';
import type { Prefix } from '#dots/model/prefix';
import { readPrefix, type Context } from './context';
import { interval, union, type IntervalSet } from '../packets/intervals';
import { mergeNote, mergePrefixes } from './merge';
import type { Findings } from './findings';
import { asNumber, asString, entries, member, members, objects, onlyKnown, quote, type Located } from './values';
import { fqdnTargets, uriTarget } from './resolve';
import type { Targets } from './scope';
import type { Place } from '../bgp/rule';

const targetMembers = ['target-prefix', 'target-port-range', 'target-protocol', 'target-fqdn', 'target-uri'] as const;

const aliasMembers = [...targetMembers, 'name', 'pending-lifetime'];

/** One source of targets: the scope itself, or an alias. */
interface Source {
  object: Located<JsonObject>;
  /** Where findings about the source as a whole belong. */
  place: Place;
  label: string;
}

/** Reads a list of port or ICMP type ranges into a set; undefined when one of them cannot be read. */
export function readRanges(
  list: Located | undefined,
  names: readonly [lower: string, upper: string],
  most: number,
  report: Findings,
): IntervalSet | undefined {
  if (list === undefined) return [];
  const ranges = objects(list, report).map((range) => readRange(range, names, most, report));
  const complete = Array.isArray(list.value) && ranges.length === list.value.length && !ranges.includes(undefined);
  return complete ? union(ranges as IntervalSet[]) : undefined;
}

function readRange(
  range: Located<JsonObject>,
  names: readonly [string, string],
  most: number,
  report: Findings,
): IntervalSet | undefined {
  const [lower, upper] = [member(range, names[0]), member(range, names[1])];
  const unknown = members(range).find(([name]) => !names.includes(name));
  if (unknown !== undefined)
    report.error(
      unknown[1],
      'flowspec/unknown-member',
      '9132 4.4.1.1',
      `"${unknown[0]}" is not understood in a range of ${names[0]} to ${names[1]}.`,
      true,
    );
  if (lower === undefined) report.error(range, 'flowspec/value', '9132 4.4.1.1', `"${names[0]}" is missing.`);
  const from = lower && asNumber(lower, most, report);
  const to = upper === undefined ? from : asNumber(upper, most, report);
  if (from === undefined || to === undefined || unknown !== undefined) return undefined;
  if (from <= to) return interval(from, to + 1);
  report.error(range, 'flowspec/value', '9132 4.4.1.1', `The range ends at ${to}, before it starts at ${from}.`);
  return undefined;
}

/** What the entries of a member of any source aim at. */
function aims<T>(
  sources: readonly Source[],
  name: string,
  read: (entry: Located, context: Context) => T | undefined,
  context: Context,
): T[] {
  return sources
    .flatMap((source) => entries(member(source.object, name), context.report))
    .flatMap((entry) => read(entry, context) ?? []);
}

/** The prefixes of a list with their places; `complete` is false when some could not be read and are left out. */
export function readPrefixes(
  list: Located | undefined,
  report: Findings,
): { items: { prefix: Prefix; place: Place }[]; complete: boolean } {
  const read = entries(list, report).map((place) => ({ prefix: readPrefix(place, report), place }));
  const items = read.filter((item): item is { prefix: Prefix; place: Located } => item.prefix !== undefined);
  return { items, complete: items.length === read.length && (list === undefined || Array.isArray(list.value)) };
}

/** The protocol numbers of a list; undefined when one of them cannot be read. */
function readProtocols(list: Located | undefined, report: Findings): number[] | undefined {
  if (list !== undefined && !Array.isArray(list.value)) {
    entries(list, report);
    return undefined;
  }
  const values = entries(list, report).map((entry) => asNumber(entry, 255, report));
  return values.includes(undefined) ? undefined : (values as number[]);
}

/** The aliases that a scope names, each of which must be in one of the given documents. */
function aliasesOf(scope: Located<JsonObject>, { report, aliases }: Context): Source[] {
  const sources: Source[] = [];
  for (const entry of entries(member(scope, 'alias-name'), report)) {
    const name = asString(entry, report);
    const alias = name === undefined ? undefined : aliases.get(name);
    if (alias !== undefined) sources.push({ object: alias, place: entry, label: `alias ${quote(entry.value)}` });
    else if (name !== undefined)
      report.error(
        entry,
        'flowspec/alias-unknown',
        '9132 4.4.1.1',
        `None of the given documents defines alias ${quote(name)}, so it gives no rule. Give the document with the aliases as well.`,
      );
  }
  return sources;
}

/** The place of a member in the first source that has it, seen from the scope. */
function placeOf(name: string, sources: readonly Source[], scope: Place): Place {
  for (const source of sources) {
    const located = member(source.object, name);
    if (located !== undefined)
      return source.object.pointer === scope.pointer && source.object.file === scope.file ? located : source.place;
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

/** RFC 9132 appends the lists to each other, so protocols and ports of one source apply to the prefixes of another. */
function notePooling(sources: readonly Source[], scope: Place, report: Findings): void {
  const aiming = sources.filter(({ object }) => targetMembers.some((name) => Object.hasOwn(object.value, name)));
  if (new Set(aiming.map(limitsOf)).size <= 1) return;
  const labels = aiming.map(({ label }) => label).join(', ');
  report.warning(
    scope,
    'flowspec/alias-pooled',
    '9132 4.4.1.3',
    `Prefixes, protocols and ports of ${labels} are put together: each protocol and port applies to each prefix. Use one request for each where that is not meant.`,
  );
}

/** Everything a mitigation scope aims at, its aliases included. */
export function readTargets(scope: Located<JsonObject>, context: Context): Targets {
  const { report } = context;
  const sources = [{ object: scope, place: scope, label: 'the request itself' }, ...aliasesOf(scope, context)];
  const known = sources
    .slice(1)
    .map((source) => onlyKnown(source.object, aliasMembers, source.label, report))
    .every(Boolean);
  const named = aims(sources, 'target-fqdn', fqdnTargets, context).flat();
  const uris = aims(sources, 'target-uri', uriTarget, context);
  const given = [
    ...sources.flatMap(({ object }) => readPrefixes(member(object, 'target-prefix'), report).items),
    ...named,
  ];
  const protocols = sources.map(({ object }) => readProtocols(member(object, 'target-protocol'), report));
  const ports = sources.map(({ object }) =>
    readRanges(member(object, 'target-port-range'), ['lower-port', 'upper-port'], 65535, report),
  );
  notePooling(sources, scope, report);
  const merged = mergePrefixes(given.map(({ prefix }) => prefix));
  const place = (name: string): Place => placeOf(name, sources, scope);
  const places = {
    prefixes: place('target-prefix'),
    protocols: place('target-protocol'),
    ports: place('target-port-range'),
  };
  noteMerged(
    given.map(({ prefix }) => prefix),
    merged,
    places.prefixes,
    report,
  );
  return {
    prefixes: merged,
    given: [...given, ...uris.flatMap((uri) => uri.given)],
    places,
    uris,
    protocols: [...new Set(protocols.flatMap((list) => list ?? []))].sort((a, b) => a - b),
    ports: union(ports.map((set) => set ?? [])),
    failed: !known || protocols.includes(undefined) || ports.includes(undefined),
  };
}

/** Tells that merging changed a list of prefixes. */
export function noteMerged(before: readonly Prefix[], after: readonly Prefix[], place: Place, report: Findings): void {
  const note = mergeNote(before, after);
  if (note !== undefined) report.information(place, 'flowspec/merged', '8955 4.2.2.1', note);
}
