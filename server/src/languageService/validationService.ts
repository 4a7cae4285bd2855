import type { Direction, Level } from '#dots/check/check';
import type { Fault } from '#dots/model/finding';
import { parseBytes, parseDocument, type LocatedFinding, type ParsedDocument } from './documents/document';
import { locateFaults, validateDocument, type Validation } from './features/validation';
import { applied, type TextFix } from './features/edits';
import { certainEdits, textFixes } from './features/fixes';
import type { TextEdit } from './features/formatting';
import { indexEntry, locateCross, type IndexEntry } from './features/documentIndex';
import { documentContext, type DocumentContext, type DocumentSet } from '#dots/workspace/documentSet';
import { formOf, type DocumentForm } from '#dots/workspace/fileNames';
import { adjusted } from './features/severities';
import type { SeveritySettings } from '#dots/workspace/severitySettings';
import { crossFaults } from '#dots/workspace/rules/cross';
import { policyFindings, workspaceFindings } from './features/ownFileFindings';
import { noWorkspace, profilesOf, workspaceOf, type Profiles, type Workspace } from '#dots/workspace/workspaceFile';

export interface ValidateOptions {
  /** How literally RFC 7951 is applied; default `practice`. */
  level?: Level | undefined;
  /** The file's name: comments and trailing commas are allowed in `.jsonc`. */
  file?: string;
  /** Whether it goes to a server or came from one; if absent, its members decide. */
  direction?: Direction | undefined;
}

/**
 * The part of the language service that validates. It is separate because `dots validate` needs no more: the data of
 * completion and hover would delay its start. Every function takes a text, or one that `parse` has read, so that
 * several calls share one reading. Nothing here throws, whatever the text.
 */
export interface ValidationService {
  /**
   * Reads a text, or a file's bytes, once. Its form follows from the file's name, unless it is passed. With `before`,
   * the text before an edit, a long text that is broken is read in a fraction of the time.
   */
  parse(text: string | Uint8Array, file?: string, form?: DocumentForm, before?: string): ParsedDocument;
  /** All findings, in text order, each with its range. */
  validate(document: string | ParsedDocument, options?: ValidateOptions): Validation;
  /** Faults that others found in the document's value, with their ranges. */
  locate(document: ParsedDocument, faults: readonly Fault[]): LocatedFinding[];
  /** The ways to remove a finding of a document, the best first. */
  fixes(document: ParsedDocument, finding: LocatedFinding): TextFix[];
  /** The edits of all fixes of these findings that keep the meaning and do not overlap. */
  certainEdits(document: ParsedDocument, findings: readonly LocatedFinding[]): TextEdit[];
  /** The text of a document after edits. */
  applied(document: ParsedDocument, edits: readonly TextEdit[]): string;
  /** The content of a workspace file; empty if it has errors. */
  workspace(document: ParsedDocument): Workspace;
  /**
   * All findings of a workspace file; if no profiles file is known, or it has faults, the profiles that it names are
   * not checked.
   */
  workspaceFindings(
    document: ParsedDocument,
    profiles: Profiles | undefined,
    isThere?: (path: string) => boolean,
  ): LocatedFinding[];
  /** The same of a policy of an orchestrator. */
  policyFindings(document: ParsedDocument, profiles: Profiles | undefined): LocatedFinding[];
  /** The server profiles of a profiles file; none if it has errors. */
  profiles(document: ParsedDocument): Profiles;
  /** What is known of a document besides its text; `path` is relative to the workspace file's folder. */
  context(workspace: Workspace, profiles: Profiles, path: string): DocumentContext;
  /** The findings of a document with the severities that the workspace file or the user sets, without hidden ones. */
  adjusted(
    findings: readonly LocatedFinding[],
    workspace: Workspace,
    path: string,
    settings?: SeveritySettings,
  ): LocatedFinding[];
  /** The facts of a document that others may need; with `keep` false they can be stored instead of the document. */
  index(document: ParsedDocument, keep?: boolean): IndexEntry;
  /** The faults between the documents of a set, by document, independent of their order. */
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
  fixes: textFixes,
  certainEdits,
  applied,
  workspace: (document) => (isClean(document) ? workspaceOf(document.value) : noWorkspace),
  workspaceFindings,
  policyFindings,
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

function parse(text: string | Uint8Array, file = '', form = formOf(file), before?: string): ParsedDocument {
  const options = { relaxed: file.endsWith('.jsonc'), form, ...(before !== undefined && { before }) };
  return typeof text === 'string' ? parseDocument(text, options) : parseBytes(text, options);
}

const isClean = (document: ParsedDocument): boolean =>
  validateDocument(document).findings.every(({ severity }) => severity !== 'error');
