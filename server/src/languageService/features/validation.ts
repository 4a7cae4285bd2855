import { check, type Direction, type Level } from '#dots/check/check';
import { documentTypeOf, type DocumentType } from '#dots/model/documents';
import type { Fault, Position, Range } from '#dots/model/finding';
import { parent } from '#dots/model/pointer';
import type { LocatedFinding, ParsedDocument } from '../documents/document';
import type { Place } from '../documents/locate';
import { configFaults } from '#dots/workspace/ownFileFaults';
import { policyFaults } from '#dots/workspace/policy/faults';
import type { ConfigForm } from '#dots/workspace/ownSchema';
import { answerNotice } from './answer';
import { datagramAdvice } from './datagram';
import { kindProblem } from './kind';

export interface ValidationOptions {
  /** Default `practice`. */
  level?: Level | undefined;
  /** Whether it goes to a server or came from one; if absent, its members decide. */
  direction?: Direction | undefined;
}

export interface Validation {
  /** What the document is, or undefined if it has no top-level member of DOTS. */
  type: DocumentType | undefined;
  /** In text order. */
  findings: LocatedFinding[];
}

/**
 * Every fault of a document, each with its range. After a syntax error only the part before the error is validated:
 * what follows may belong elsewhere.
 */
export function validateDocument(document: ParsedDocument, options: ValidationOptions = {}): Validation {
  if (document.form !== 'dots') return { type: undefined, findings: configFindings(document, document.form) };
  const kind = kindProblem(document);
  const type = documentTypeOf(document.value);
  const faults =
    type === undefined
      ? []
      : [
          ...check(document.value, options).faults,
          ...datagramAdvice(document.value, options.direction),
          ...answerNotice(document.value, options.direction),
        ];
  const ofKind = kind === undefined ? [] : [document.finding(kind)];
  return { type, findings: inTextOrder([...document.findings(), ...ofKind, ...locateFaults(document, faults)]) };
}

function configFindings(document: ParsedDocument, form: ConfigForm): LocatedFinding[] {
  const faults = document.value === undefined ? [] : configFaults(form, document.value);
  const ofPolicy =
    form !== 'policy' || document.value === undefined ? [] : policyFaults(document.value, faults.length === 0);
  return inTextOrder([...document.findings(), ...locateFaults(document, [...faults, ...ofPolicy])]);
}

/** The range of a place in another document, if it is known. */
export type Elsewhere = (file: string, pointer: string) => Range | undefined;

const unknownPlace: Range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** Adds the ranges to faults; those in a part of the text whose structure is uncertain are left out. */
export function locateFaults(
  document: ParsedDocument,
  faults: readonly Fault[],
  elsewhere: Elsewhere = () => undefined,
): LocatedFinding[] {
  const places = placesOf(document, faults);
  return faults.flatMap((fault) => {
    const place = places(fault.pointer);
    return isCertain(document, place, fault.atName === true)
      ? [findingAt(document, fault, place, places, elsewhere)]
      : [];
  });
}

type PlaceOf = (pointer: string) => Place;

/**
 * Places of all faults and of what they relate to, by one pass; for a pointer without a value, the nearest place around
 * it.
 */
function placesOf(document: ParsedDocument, faults: readonly Fault[]): PlaceOf {
  const pointers = new Set(
    faults.flatMap(({ pointer, related }) => [
      pointer,
      ...(related ?? []).filter(({ file }) => file === undefined).map((other) => other.pointer),
    ]),
  );
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

function findingAt(
  document: ParsedDocument,
  fault: Fault,
  place: Place,
  placeOf: PlaceOf,
  elsewhere: Elsewhere,
): LocatedFinding {
  const { related, atName = false, ...facts } = fault;
  const range = document.range(document.smallest(place, atName));
  if (related === undefined) return { ...facts, range };
  const rangeOf = (file: string | undefined, pointer: string): Range =>
    file === undefined
      ? document.range(document.smallest(placeOf(pointer), true))
      : (elsewhere(file, pointer) ?? unknownPlace);
  return {
    ...facts,
    range,
    related: related.map((other) => ({ ...other, range: rangeOf(other.file, other.pointer) })),
  };
}

/** Sorts findings in text order. */
export function inTextOrder(findings: LocatedFinding[]): LocatedFinding[] {
  return findings.sort(byPosition);
}

function byPosition(one: LocatedFinding, other: LocatedFinding): number {
  return compare(one.range.start, other.range.start) || (one.code < other.code ? -1 : 1);
}

function compare(one: Position, other: Position): number {
  return one.line - other.line || one.character - other.character;
}
