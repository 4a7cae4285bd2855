import { testOf } from '#dots/check/accept';
import type { JsonValue } from '#dots/model/json';
import { Random } from '../random';
import { borders } from './borders';
import { feedsFlowspec, places, type Place } from './places';
import { judge, type Judgement } from './yanglint';

/** A value at a place, as the text of a document. */
export interface TypeCase {
  place: Place;
  /** The JSON text of the value. */
  text: string;
  document: string;
}

/** A case, and what yanglint says of it; undefined where it crashed. */
export type JudgedCase = TypeCase & { judgement: Judgement | undefined };

/**
 * So many values that its schema accepts, and that it refuses, are tried at a place that is not the first of its type
 * and role.
 */
const few = { accepted: 3, refused: 1 };

/** The same where the value goes on into Flowspec rules. */
const many = { accepted: 15, refused: 3 };

/** So many values of each other type are tried at the first place of a type, besides all lengths. */
const fewForeign = 2;

/**
 * Prefixes and names that a server accepts, in several forms: those at the borders of a pattern are mostly too large or
 * too odd.
 */
const ordinary = [
  '192.0.2.77/24',
  '203.0.113.129/25',
  '2001:DB8::1/32',
  '2001:0db8:0:0:0:0:0:1/128',
  '2001:db8::192.0.2.1/120',
  '2001:db8::0:0:1/064',
  '2001:db8::/8',
  '2001:db8::/08',
  'WWW.Example.com.',
  'HTTPS://WWW.Example.com/A',
].map((text) => JSON.stringify(text));

/** What makes two types one: their restrictions, not where they are used. */
export function typeKey({ type, schema }: Place): string {
  return JSON.stringify([type, { ...schema, 'x-yang': undefined }]);
}

/**
 * Every value at a border of every type. All values of a type are tried where it is first used as a leaf, in a
 * leaf-list and as a key, some at every other place; and some values of all types at each type, so that a restriction
 * that is missing in the schemas, from which the values are made, is noticed too.
 */
export function typeCases(): TypeCase[] {
  const random = new Random(20260401);
  const all = places();
  const values = new Map<string, string[]>();
  for (const place of all)
    if (!values.has(typeKey(place))) values.set(typeKey(place), borders(place.type, place.schema, place.root, random));
  const foreign = [...new Set([...values.values()].flatMap((texts) => some(texts, fewForeign)))];
  const seen = new Set<string>();
  return all.flatMap((place) => {
    const [key, own] = [typeKey(place), values.get(typeKey(place)) ?? []];
    const isFirst = !seen.has(`${key} ${place.role}`);
    const texts = isFirst ? (seen.has(key) ? own : [...own, ...foreign]) : someOf(place, own);
    const also = feedsFlowspec(place) ? ordinary : [];
    seen.add(key).add(`${key} ${place.role}`);
    return [...new Set([...texts, ...also])].map((text) => ({ place, text, document: place.document(text) }));
  });
}

/** A few texts of each verdict. */
function someOf(place: Place, texts: readonly string[]): string[] {
  const { root, schema } = place;
  const counts = feedsFlowspec(place) ? many : few;
  const accepts = testOf(root, schema);
  const accepted = texts.filter((text) => accepts(valueOf(text)));
  const refused = texts.filter((text) => !accepts(valueOf(text)));
  return [...some(accepted, counts.accepted), ...some(refused, counts.refused)];
}

/** The value of a JSON text; null, which no leaf accepts, for what is no JSON. */
function valueOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

/** So many of a list, evenly spread. */
function some<T>(list: readonly T[], count: number): T[] {
  const step = Math.max(1, list.length / count);
  return Array.from({ length: Math.min(count, list.length) }, (_, index) => list[Math.floor(index * step)] as T);
}

/** The cases with yanglint's judgements. */
export function judged(oracle: string, cases: readonly TypeCase[]): JudgedCase[] {
  const judgements = judge(
    oracle,
    cases.map(({ document }) => document),
  );
  return cases.map((one, index) => ({ ...one, judgement: judgements[index] }));
}
