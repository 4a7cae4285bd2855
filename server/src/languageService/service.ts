import type { Direction, Level } from '#dots/check/check';
import { documentTypeOf, type DocumentType } from '#dots/model/documents';
import type { Fault, Position } from '#dots/model/finding';
import { child } from '#dots/model/pointer';
import { parseBytes, parseDocument, type LocatedFinding, type ParsedDocument } from './documents/document';
import { complete, type Completion } from './features/completion';
import { hover, type Hover } from './features/hover';
import { locateFaults, validateDocument, type Validation } from './features/validation';
import { completeConfig, hoverConfig } from './workspace/configFeatures';
import { crossFaults, indexEntry, locateCross, type IndexEntry } from './workspace/cross';
import { documentContext, type DocumentContext, type DocumentSet } from './workspace/documentSet';
import { formOf, type DocumentForm } from './workspace/names';
import { findingCodes } from './workspace/codes';
import { workspaceFindings } from './workspace/ownFindings';
import { adjusted, noWorkspace, profilesOf, workspaceOf, type Profile, type Profiles, type Workspace } from './workspace/settings';

export type { Completion, DocumentContext, DocumentForm, DocumentSet, Hover, IndexEntry, LocatedFinding, ParsedDocument, Profile, Profiles, Validation, Workspace };

export interface ValidateOptions {
  /** How literally RFC 7951 is taken; default `practice`. */
  level?: Level;
  /** The file's name: comments and trailing commas are allowed in `.jsonc`. */
  file?: string;
  /** Whether it goes to a server or came from one; without it, its members tell. */
  direction?: Direction;
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
  /** Reads a text, or a file's bytes, once. What it holds is told by the file's name, unless the form is given. */
  parse(text: string | Uint8Array, file?: string, form?: DocumentForm): ParsedDocument;
  /** All findings, in text order, each with its range. */
  validate(document: string | ParsedDocument, options?: ValidateOptions): Validation;
  /** Faults that others found in the document's value, with their ranges. */
  locate(document: ParsedDocument, faults: readonly Fault[]): LocatedFinding[];
  /** What can be written at a position; `profiles` are the names that a workspace file can name. */
  complete(document: string | ParsedDocument, position: Position, profiles?: Iterable<string>): Completion[];
  /** What stands at a position, or undefined where nothing is known of it. */
  hover(document: string | ParsedDocument, position: Position): Hover | undefined;
  /** What the document is, and where its top-level member stands. */
  documentInfo(document: string | ParsedDocument): DocumentFacts;
  /** What a workspace file says; of a broken one, nothing. */
  workspace(document: ParsedDocument): Workspace;
  /** All findings of a workspace file; where no profiles file is known, or it has faults, nothing is said of the profiles that it names. */
  workspaceFindings(document: ParsedDocument, profiles: Profiles | undefined): LocatedFinding[];
  /** The server profiles of a profiles file; of a broken one, none. */
  profiles(document: ParsedDocument): Profiles;
  /** What is known of a document besides its text; `path` is relative to the workspace file's folder. */
  context(workspace: Workspace, profiles: Profiles, path: string): DocumentContext;
  /** The findings of a document as the workspace wants them: of other severities, or none. */
  adjusted(findings: readonly LocatedFinding[], workspace: Workspace, path: string): LocatedFinding[];
  /** What other documents may need to know of one; with `keep` false to be kept instead of the document. */
  index(document: ParsedDocument, keep?: boolean): IndexEntry;
  /** What is wrong between the documents of a set, by document, the same whatever their order. */
  cross(set: DocumentSet): ReadonlyMap<string, readonly Fault[]>;
  /** Faults between documents with their ranges; the entries are those of the set, by document. */
  locateCross(document: ParsedDocument, faults: readonly Fault[], entries: ReadonlyMap<string, IndexEntry>): LocatedFinding[];
}

/** The language service: pure functions behind one name, without state. */
export function createLanguageService(): LanguageService {
  return {
    parse,
    validate: (document, { level, direction, file } = {}) => validateDocument(read(document, file), { level, direction }),
    locate: locateFaults,
    complete: (document, position, profiles = []) => withOffset(document, position, (parsed, offset) =>
      (parsed.form === 'dots' ? complete(parsed, offset) : completeConfig(parsed, parsed.form, offset, { codes: findingCodes, profiles: [...profiles] }))),
    hover: (document, position) => withOffset(document, position, (parsed, offset) => (parsed.form === 'dots' ? hover(parsed, offset) : hoverConfig(parsed, parsed.form, offset))),
    documentInfo: (document) => facts(read(document)),
    workspace: (document) => (isClean(document) ? workspaceOf(document.value) : noWorkspace),
    workspaceFindings,
    profiles: (document) => profilesOf(isClean(document) ? document.value : undefined),
    context: documentContext,
    adjusted,
    index: indexEntry,
    cross: crossFaults,
    locateCross,
  };
}

function parse(text: string | Uint8Array, file = '', form = formOf(file)): ParsedDocument {
  const options = { relaxed: file.endsWith('.jsonc'), form };
  return typeof text === 'string' ? parseDocument(text, options) : parseBytes(text, options);
}

const isClean = (document: ParsedDocument): boolean => validateDocument(document).findings.every(({ severity }) => severity !== 'error');

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
