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
  /** The intended direction of the document; if absent, its members decide. */
  direction?: Direction | undefined;
}

export interface CheckResult {
  /** What the document is, or undefined where its top-level member names nothing of DOTS. */
  type: DocumentType | undefined;
  /** In no particular order; a value has at most one fault of each code. */
  faults: Fault[];
}

/**
 * Validates a parsed document against the YANG modules (class `yang`) and the prose of the RFCs (class `rfc`). The
 * editor, the command and the orchestrator all use this function. Never throws, whatever the value. Returns at most
 * `mostFaults` faults, then one that reports the limit.
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
