import type { Severity } from '#dots/model/finding';

/** A range of a text by offsets, its end excluded. */
export interface Span {
  start: number;
  end: number;
}

/** A fault of the JSON itself (class `json`), placed by offsets. */
export interface Problem extends Span {
  /** Stable, e.g. `json/duplicate-member`. */
  code: string;
  severity: Severity;
  message: string;
  /** RFC number and section. */
  rfc: string;
  /** JSON pointer of the value that contains it. */
  pointer: string;
  /** Another place that explains it. */
  related?: Span & { message: string };
}

/** The sections with the JSON rules that the problems cite. */
export const rfcOf = {
  grammar: '8259 2',
  objects: '8259 4',
  numbers: '8259 6',
  strings: '8259 7',
  encoding: '8259 8.1',
  surrogates: '8259 8.2',
  limits: '8259 9',
  iJson: '7951 7',
  names: '7951 4',
  longNumbers: '7951 6.1',
} as const;

/** The most JSON problems that are reported of one text; more would hide the first. */
export const maximumProblems = 1000;
