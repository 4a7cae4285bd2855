import type { Direction, Level } from '#dots/check/check';
import type { Fault } from '#dots/model/finding';
import { parseBytes, parseDocument, type LocatedFinding, type ParsedDocument } from './documents/document';
import { locateFaults, validateDocument, type Validation } from './features/validation';
import { indexEntry, locateCross, type IndexEntry } from './features/documentIndex';
import { documentContext, type DocumentContext, type DocumentSet } from '#dots/workspace/documentSet';
import { formOf, type DocumentForm } from '#dots/workspace/fileNames';
import { adjusted } from './features/severities';
import { crossFaults } from '#dots/workspace/rules/cross';
import { workspaceFindings } from './features/ownFileFindings';
import { noWorkspace, profilesOf, workspaceOf, type Profiles, type Workspace } from '#dots/workspace/workspaceFile';

export interface ValidateOptions {
  /** How literally RFC 7951 is taken; default `practice`. */
  level?: Level | undefined;
  /** The file's name: comments and trailing commas are allowed in `.jsonc`. */
  file?: string;
  /** Whether it goes to a server or came from one; without it, its members tell. */
  direction?: Direction | undefined;
}

/**
 * The part of the language service that judges. It stands by itself because `dots validate` needs no more: what completion
 * and hover know would make it start later. Every function takes a text, or one that `parse` has read, so that one reading
 * serves several questions. Nothing here throws, whatever the text.
 */
export interface ValidationService {
  /** Reads a text, or a file's bytes, once. What it holds is told by the file's name, unless the form is given. */
  parse(text: string | Uint8Array, file?: string, form?: DocumentForm): ParsedDocument;
  /** All findings, in text order, each with its range. */
  validate(document: string | ParsedDocument, options?: ValidateOptions): Validation;
  /** Faults that others found in the document's value, with their ranges. */
  locate(document: ParsedDocument, faults: readonly Fault[]): LocatedFinding[];
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
  locateCross(
    document: ParsedDocument,
    faults: readonly Fault[],
    entries: ReadonlyMap<string, IndexEntry>,
  ): LocatedFinding[];
}

/** ValidationService: pure functions behind one name, without state. */
export const validationService: ValidationService = {
  parse,
  validate: (document, { level, direction, file } = {}) => validateDocument(read(document, file), { level, direction }),
  locate: locateFaults,
  workspace: (document) => (isClean(document) ? workspaceOf(document.value) : noWorkspace),
  workspaceFindings,
  profiles: (document) => profilesOf(isClean(document) ? document.value : undefined),
  context: documentContext,
  adjusted,
  index: indexEntry,
  cross: crossFaults,
  locateCross,
};

/** A document that was read already, or the reading of a text. */
export function read(document: string | ParsedDocument, file?: string): ParsedDocument {
  return typeof document === 'string' ? parse(document, file) : document;
}

function parse(text: string | Uint8Array, file = '', form = formOf(file)): ParsedDocument {
  const options = { relaxed: file.endsWith('.jsonc'), form };
  return typeof text === 'string' ? parseDocument(text, options) : parseBytes(text, options);
}

const isClean = (document: ParsedDocument): boolean =>
  validateDocument(document).findings.every(({ severity }) => severity !== 'error');
