import { directionOf, type Direction } from '#dots/model/direction';
import { documentTypeOf, type DocumentType } from '../model/documents';
import type { Fault } from '../model/finding';
import type { JsonObject } from '../model/json';
import { mostFaults, tooManyFaults } from './limits';
import { rfcFaults } from './rfc';
import { yangFaults, type Level } from './yang';

export type { Level } from './yang';
export { directionOf, type Direction } from '#dots/model/direction';

export interface CheckOptions {
  /** Default `practice`. */
  level?: Level | undefined;
  /** What the document is meant to be; without it, its members decide. */
  direction?: Direction | undefined;
}

export interface CheckResult {
  /** What the document is, or undefined where its top-level member names nothing of DOTS. */
  type: DocumentType | undefined;
  /** In no particular order; the same value has no two faults of the same code. */
  faults: Fault[];
}

/**
 * Judges a parsed document by the YANG modules (class `yang`) and by what the RFCs say in prose (class `rfc`).
 * The one truth for the editor, the command and the orchestrator. Never throws, whatever the value, and gives at most
 * `mostFaults` faults, then one that says so.
 */
export function check(value: unknown, options: CheckOptions = {}): CheckResult {
  const type = documentTypeOf(value);
  if (type === undefined) return { type, faults: [] };
  const document = value as JsonObject;
  const yang = yangFaults(type.kind, document, options.level ?? 'practice');
  if (yang.limited) return { type, faults: yang.faults };
  const rfc =
    yang.faults.length > mostFaults ? [] : rfcFaults(type.kind, document, options.direction ?? directionOf(document));
  const faults = [...yang.faults, ...rfc];
  return { type, faults: faults.length > mostFaults ? [...faults.slice(0, mostFaults), tooManyFaults] : faults };
}
