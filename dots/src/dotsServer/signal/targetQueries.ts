import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { overlaps, parsePrefix } from '#dots/model/prefix';
import { printable } from '#dots/model/text';
import { refuse } from './refusal';

/** What is compared with a query. */
export interface QueriedTargets {
  /** The members of a mitigation scope or of a target of telemetry, with the targets of their aliases. */
  targets: JsonObject;
  /** As the client has written them. */
  aliases: readonly JsonValue[];
  mids: readonly JsonValue[];
}

/** Whether something is selected. */
type Condition = (queried: QueriedTargets) => boolean;

/** The values of `supported-query-type` that this server announces: RFC 9244 section 7.1.1. */
export const queryTypes = [
  'target-prefix',
  'target-port',
  'target-protocol',
  'target-fqdn',
  'target-uri',
  'target-alias',
  'mid',
  'content',
];

/** The parameters that select alternatives; the others restrict what these select. */
const alternatives = ['target-prefix', 'target-fqdn', 'target-uri', 'target-alias'];

/** RFC 9244 has `alias-name` in the text of section 9.2 and `target-alias` in its figure 48. */
const synonyms: Readonly<Record<string, string>> = { 'alias-name': 'target-alias' };

/** Makes the condition of one value; undefined: it is malformed. */
type Reader = (value: string) => Condition | undefined;

const readers: Readonly<Record<string, Reader>> = {
  'target-prefix': prefixReader,
  'target-fqdn': (value) => nameReader('target-fqdn', value, /^(?:\*\.)?[^*]+$/),
  'target-uri': (value) => nameReader('target-uri', value, /^[^*]*$|^[a-z][a-z0-9+.-]*:\/\/\*\.[^*]+$|^\*\.[^*]+$/i),
  'target-alias':
    (value) =>
    ({ aliases }) =>
      aliases.includes(value),
  'target-port': (value) => {
    const range = rangeIn(value, 0xffff);
    return range && (({ targets }) => selectsPort(itemsOf(targets['target-port-range']), range));
  },
  'target-protocol': (value) => {
    const range = rangeIn(value, 0xff);
    return range && (({ targets }) => selectsNumber(itemsOf(targets['target-protocol']), range, true));
  },
  mid: (value) => {
    const range = rangeIn(value, 0xffff_ffff);
    return range && (({ mids }) => selectsNumber(mids, range, false));
  },
};

/**
 * The condition in the Uri-Query options of a GET: RFC 9244 sections 8.3 and 9.2. Several options restrict as several
 * members of a request do. Throws a Refusal (4.00) for one that is unknown, repeated or malformed.
 * @param names the parameters that the resource has, besides `c`
 */
export function targetCondition(query: readonly string[], names: readonly string[]): Condition {
  const conditions = new Map<string, Condition>();
  const seen = new Set<string>();
  for (const argument of query) {
    const [, written = '', values = ''] = /^([^=]*)=(.*)$/su.exec(argument) ?? [];
    const name = Object.hasOwn(synonyms, written) ? (synonyms[written] ?? '') : written;
    if (seen.has(name)) throw invalid(`The query parameter "${name}" occurs twice: separate its values by commas`);
    seen.add(name);
    if (name === 'c') continue;
    const reader = names.includes(name) ? readers[name] : undefined;
    if (reader === undefined) throw invalid(unknownSentence(argument, names));
    conditions.set(name, oneOf(values.split(',').map((value) => readValue(reader, name, value))));
  }
  return combined(conditions);
}

function readValue(reader: Reader, name: string, value: string): Condition {
  const condition = value === '' ? undefined : reader(value);
  if (condition !== undefined) return condition;
  throw invalid(`The query "${name}=${printable(value.slice(0, 80))}" is malformed`);
}

function combined(conditions: ReadonlyMap<string, Condition>): Condition {
  const [targets, others] = [true, false].map((wanted) =>
    [...conditions].filter(([name]) => alternatives.includes(name) === wanted).map(([, condition]) => condition),
  );
  const selectsTarget = targets === undefined || targets.length === 0 ? undefined : oneOf(targets);
  return (queried) => selectsTarget?.(queried) !== false && (others ?? []).every((condition) => condition(queried));
}

const oneOf =
  (conditions: readonly Condition[]): Condition =>
  (queried) =>
    conditions.some((condition) => condition(queried));

function prefixReader(value: string): Condition | undefined {
  const prefix = parsePrefix(value);
  if (prefix === undefined) return undefined;
  return ({ targets }) =>
    itemsOf(targets['target-prefix']).some((text) => {
      const own = typeof text === 'string' ? parsePrefix(text) : undefined;
      return own !== undefined && overlaps(own, prefix);
    });
}

/** `*.` matches one label or more. */
function nameReader(member: string, value: string, form: RegExp): Condition | undefined {
  if (!form.test(value)) return undefined;
  const [before = '', after] = value.toLowerCase().split('*');
  return ({ targets }) =>
    itemsOf(targets[member]).some((text) => {
      const name = String(text).toLowerCase();
      if (after === undefined) return name === before;
      return name.startsWith(before) && name.endsWith(after) && name.length > before.length + after.length;
    });
}

interface Range {
  from: number;
  to: number;
}

function rangeIn(text: string, largest: number): Range | undefined {
  const [, first, last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from <= to && to <= largest ? { from, to } : undefined;
}

/** A target without ports is one of all ports. */
function selectsPort(ranges: readonly JsonValue[], { from, to }: Range): boolean {
  return (
    ranges.length === 0 ||
    ranges.filter(isObject).some(({ 'lower-port': lower, 'upper-port': upper = lower }) => {
      return Number(lower) <= to && Number(upper) >= from;
    })
  );
}

function selectsNumber(numbers: readonly JsonValue[], { from, to }: Range, withoutAny: boolean): boolean {
  if (numbers.length === 0) return withoutAny;
  return numbers.some((number) => Number(number) >= from && Number(number) <= to);
}

function unknownSentence(argument: string, names: readonly string[]): string {
  return `The query "${printable(argument.slice(0, 80))}" is not supported; supported: ${[...names, 'c'].join(', ')}`;
}

const invalid = (sentence: string): Error => refuse('4.00', sentence, '9244 8.3');
