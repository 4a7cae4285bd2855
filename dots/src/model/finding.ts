import type { Fix } from './fix';

/**
 * Which kind of rule was broken: the JSON itself, the YANG modules, RFC prose, the other files, a policy's sense, or
 * good planning.
 */
export type FindingClass = 'json' | 'yang' | 'rfc' | 'cross' | 'policy' | 'advice';

/** error: the server will refuse it; warning: its effect is not the apparent one; the others: planning advice. */
export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** A rule that a document breaks, placed by JSON pointer. The language service adds the range in the text. */
export interface Fault {
  /** Stable, e.g. `yang/unknown-member`, `rfc/lifetime-missing`. */
  code: string;
  class: FindingClass;
  severity: Severity;
  /** One sentence for the user: what is wrong, and what to do. */
  message: string;
  /** RFC number and section, e.g. `9132 4.4.1.1`. */
  rfc: string;
  /** JSON pointer (RFC 6901) to the smallest value or member concerned. */
  pointer: string;
  /** true: the member's name is at fault, not its value. */
  atName?: boolean;
  /** Other places that explain the fault; `file` names another document, as the caller names it. */
  related?: { pointer: string; message: string; file?: string }[];
  /** Fixes that only the rule knows; `fixesOf` adds those that follow from the fault and its document. */
  fixes?: Fix[];
}

/** A place in a text: line and character count from 0, characters in UTF-16 units, as in LSP. */
export interface Position {
  line: number;
  character: number;
}

/** A range of a text, its end excluded. */
export interface Range {
  start: Position;
  end: Position;
}

/** A fault with its range in the text. */
export interface Finding extends Fault {
  range: Range;
}

/** Where to read about a rule: `9132 4.4.1.1` becomes the section's address at the RFC Editor. */
export function rfcUrl(reference: string): string {
  const [number, section] = reference.split(' ');
  const page = `https://www.rfc-editor.org/rfc/rfc${number ?? ''}`;
  if (section === undefined) return page;
  return /^\d/.test(section) ? `${page}#section-${section}` : `${page}#appendix-${section}`;
}

/** How a reference reads in a sentence: `RFC 9132 section 4.4.1.1`. */
export function rfcLabel(reference: string): string {
  const [number, section] = reference.split(' ');
  if (section === undefined) return `RFC ${number ?? ''}`;
  return `RFC ${number ?? ''} ${/^\d/.test(section) ? 'section' : 'appendix'} ${section}`;
}
