import { testOf } from '#dots/check/accept';
import type { JsonValue } from '#dots/model/json';
import { Random } from '../random';
import { borders } from './borders';
import { places, type Place } from './places';
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

/** So many values that its schema accepts, and that it refuses, are tried at a place that is not the first of its type and role. */
const few = { accepted: 3, refused: 1 };

/** So many values of each other type are tried at the first place of a type, besides all lengths. */
const fewForeign = 2;

/** What makes two types one: their restrictions, not where they are used. */
export function typeKey({ type, schema: { 'x-yang': _annotation, ...restrictions } }: Place): string {
  return JSON.stringify([type, restrictions]);
}

/**
 * Every value at a border of every type. All values of a type are tried where it is first used as a leaf, in a leaf-list and
 * as a key, some at every other place; and some values of all types at each type, so that a restriction that is missing in the
 * schemas, from which the values are made, is noticed too.
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
    seen.add(key).add(`${key} ${place.role}`);
    return [...new Set(texts)].map((text) => ({ place, text, document: place.document(text) }));
  });
}

/** A few texts of each verdict. */
function someOf({ root, schema }: Place, texts: readonly string[]): string[] {
  const accepts = testOf(root, schema);
  const accepted = texts.filter((text) => accepts(valueOf(text)));
  const refused = texts.filter((text) => !accepts(valueOf(text)));
  return [...some(accepted, few.accepted), ...some(refused, few.refused)];
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
export function some<T>(list: readonly T[], count: number): T[] {
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
