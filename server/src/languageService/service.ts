import type { Level } from '#dots/check/check';
import { documentTypeOf, type DocumentType } from '#dots/model/documents';
import type { Fault, Position } from '#dots/model/finding';
import { child } from '#dots/model/pointer';
import { parseBytes, parseDocument, type LocatedFinding, type ParsedDocument } from './documents/document';
import { complete, type Completion } from './features/completion';
import { hover, type Hover } from './features/hover';
import { locateFaults, validateDocument, type Validation } from './features/validation';

export type { Completion, Hover, LocatedFinding, ParsedDocument, Validation };

export interface ValidateOptions {
  /** How literally RFC 7951 is taken; default `practice`. */
  level?: Level;
  /** The file's name: comments and trailing commas are allowed in `.jsonc`. */
  file?: string;
}

/** What a document is, told without judging it. */
export interface DocumentFacts {
  type: DocumentType | undefined;
  /** Line of the top-level member's name, from 0. */
  line: number | undefined;
}

/**
 * What an editor or a command asks about a DOTS document. Every function takes a text, or one that `parse` has read, so
 * that one reading serves several questions. Nothing here throws, whatever the text.
 */
export interface LanguageService {
  /** Reads a text, or a file's bytes, once. */
  parse(text: string | Uint8Array, file?: string): ParsedDocument;
  /** All findings, in text order, each with its range. */
  validate(document: string | ParsedDocument, options?: ValidateOptions): Validation;
  /** Faults that others found in the document's value, with their ranges. */
  locate(document: ParsedDocument, faults: readonly Fault[]): LocatedFinding[];
  /** What can be written at a position. */
  complete(document: string | ParsedDocument, position: Position): Completion[];
  /** What stands at a position, or undefined where nothing is known of it. */
  hover(document: string | ParsedDocument, position: Position): Hover | undefined;
  /** What the document is, and where its top-level member stands. */
  documentInfo(document: string | ParsedDocument): DocumentFacts;
}

/** The language service: pure functions behind one name, without state. */
export function createLanguageService(): LanguageService {
  return {
    parse,
    validate: (document, { level, file } = {}) => validateDocument(read(document, file), { level }),
    locate: locateFaults,
    complete: (document, position) => withOffset(document, position, complete),
    hover: (document, position) => withOffset(document, position, hover),
    documentInfo: (document) => facts(read(document)),
  };
}

function parse(text: string | Uint8Array, file = ''): ParsedDocument {
  const options = { relaxed: file.endsWith('.jsonc') };
  return typeof text === 'string' ? parseDocument(text, options) : parseBytes(text, options);
}

function read(document: string | ParsedDocument, file?: string): ParsedDocument {
  return typeof document === 'string' ? parse(document, file) : document;
}

function withOffset<T>(document: string | ParsedDocument, position: Position, feature: (document: ParsedDocument, offset: number) => T): T {
  const parsed = read(document);
  return feature(parsed, parsed.lines.offsetAt(position));
}

function facts(document: ParsedDocument): DocumentFacts {
  const type = documentTypeOf(document.value);
  return { type, line: type === undefined ? undefined : document.locate(child('', type.topMember), true)?.start.line };
}
