import { check, type Level } from '#dots/check/check';
import { documentTypeOf, type DocumentType } from '#dots/model/documents';
import type { Fault, Position } from '#dots/model/finding';
import { parent } from '#dots/model/pointer';
import type { LocatedFinding, ParsedDocument } from '../documents/document';
import type { Place } from '../documents/locate';
import { kindProblem } from './kind';

export interface ValidationOptions {
  /** Default `practice`. */
  level?: Level;
}

export interface Validation {
  /** What the document is, or undefined where its top-level member names nothing of DOTS. */
  type: DocumentType | undefined;
  /** In text order. */
  findings: LocatedFinding[];
}

/**
 * Every fault of a document, each with its range. After a syntax error only what stands wholly before the error is
 * judged: what follows may belong somewhere else.
 */
export function validateDocument(document: ParsedDocument, options: ValidationOptions = {}): Validation {
  const kind = kindProblem(document);
  const type = documentTypeOf(document.value);
  const faults = type === undefined ? [] : check(document.value, options).faults;
  const ofKind = kind === undefined ? [] : [document.finding(kind)];
  return { type, findings: [...document.findings(), ...ofKind, ...locateFaults(document, faults)].sort(byPosition) };
}

/** Whether the faults include one for which a server refuses the document. */
export function hasErrors(findings: readonly LocatedFinding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

/** Gives faults their ranges; those in a part of the text whose structure is a guess are left out. */
export function locateFaults(document: ParsedDocument, faults: readonly Fault[]): LocatedFinding[] {
  const places = placesOf(document, faults);
  return faults.flatMap((fault) => {
    const place = places(fault.pointer);
    return isCertain(document, place, fault.atName === true) ? [findingAt(document, fault, place, places)] : [];
  });
}

type PlaceOf = (pointer: string) => Place;

/** Places of all faults and of what they relate to, by one pass; of a pointer that leads nowhere, the nearest place around it. */
function placesOf(document: ParsedDocument, faults: readonly Fault[]): PlaceOf {
  const pointers = new Set(faults.flatMap(({ pointer, related }) => [pointer, ...(related ?? []).map((other) => other.pointer)]));
  const places = document.places(pointers);
  const missing = [...pointers].filter((pointer) => !places.has(pointer));
  const around = missing.length === 0 ? places : document.places(missing.flatMap(ancestors));
  const placeOf: PlaceOf = (pointer) => {
    const place = places.get(pointer) ?? around.get(pointer);
    return place ?? (pointer === '' ? { start: 0, end: 0 } : placeOf(parent(pointer)));
  };
  return placeOf;
}

const ancestors = (pointer: string): string[] => (pointer === '' ? [''] : [pointer, ...ancestors(parent(pointer))]);

function isCertain({ certainUntil }: ParsedDocument, place: Place, atName: boolean): boolean {
  if (atName && place.name !== undefined) return place.name.end <= certainUntil;
  return place.unclosed === undefined && place.end <= certainUntil;
}

function findingAt(document: ParsedDocument, fault: Fault, place: Place, placeOf: PlaceOf): LocatedFinding {
  const { related, atName = false, ...facts } = fault;
  const range = document.range(document.smallest(place, atName));
  return related === undefined ? { ...facts, range } : { ...facts, range, related: related.map((other) => ({ ...other, range: document.range(document.smallest(placeOf(other.pointer), true)) })) };
}

function byPosition(one: LocatedFinding, other: LocatedFinding): number {
  return compare(one.range.start, other.range.start) || (one.code < other.code ? -1 : 1);
}

function compare(one: Position, other: Position): number {
  return one.line - other.line || one.character - other.character;
}
