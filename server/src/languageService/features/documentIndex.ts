import type { Fault, Range } from '#dots/model/finding';
import type { LocatedFinding, ParsedDocument } from '../documents/document';
import { locateFaults } from './validation';
import { factsOf, type Facts } from '#dots/workspace/facts';

/** What is stored of a document for others: its facts, and the ranges of the places that others refer to. */
export interface IndexEntry {
  facts: Facts;
  /** The text has no error that makes its structure uncertain. */
  certain: boolean;
  rangeOf(pointer: string): Range | undefined;
}

/**
 * Reads the facts of a document that others may need.
 * @param keep the entry may keep the document: then ranges are looked up only on demand
 */
export function indexEntry(document: ParsedDocument, keep = true): IndexEntry {
  const facts = factsOf(document.value);
  const certain = document.certainUntil === document.text.length && document.value !== undefined;
  return { facts, certain, rangeOf: keep ? lookedUp(document, facts) : known(rangesOf(document, facts)) };
}

type RangeOf = IndexEntry['rangeOf'];

/** Separate from `lookedUp`, so that the closure that it returns does not keep the document. */
const known =
  (ranges: ReadonlyMap<string, Range>): RangeOf =>
  (pointer) =>
    ranges.get(pointer);

function lookedUp(document: ParsedDocument, facts: Facts): RangeOf {
  let ranges: RangeOf | undefined;
  return (pointer) => (ranges ??= known(rangesOf(document, facts)))(pointer);
}

function rangesOf(document: ParsedDocument, facts: Facts): Map<string, Range> {
  return new Map(
    [...document.places(anchorsOf(facts))].map(([pointer, place]) => [
      pointer,
      document.range(document.smallest(place, true)),
    ]),
  );
}

/** The pointers that faults of other documents can refer to. */
function anchorsOf({ aliases, acls, scopes, capabilities }: Facts): string[] {
  return [...aliases, ...acls, ...scopes, ...capabilities].map(({ pointer }) => pointer);
}

/** Faults of one document with their ranges, those of the related places included. */
export function locateCross(
  document: ParsedDocument,
  faults: readonly Fault[],
  entries: ReadonlyMap<string, IndexEntry>,
): LocatedFinding[] {
  return locateFaults(document, faults, (file, pointer) => entries.get(file)?.rangeOf(pointer));
}
