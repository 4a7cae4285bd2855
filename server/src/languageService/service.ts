import { documentTypeOf, type DocumentType } from '#dots/model/documents';
import type { Position } from '#dots/model/finding';
import { child } from '#dots/model/pointer';
import type { LocatedFinding, ParsedDocument } from './documents/document';
import { complete, type Completion, type Surroundings } from './features/completion';
import { hover, type Hover } from './features/hover';
import type { Validation } from './features/validation';
import { validationService, read, type ValidationService } from './validationService';
import { findingCodes } from '#dots/workspace/findingCodes';
import { completeConfig, hoverConfig } from './features/ownFiles';
import type { IndexEntry } from './features/documentIndex';
import type { DocumentContext } from '#dots/workspace/documentSet';
import type { Profiles, Workspace } from '#dots/workspace/workspaceFile';

export type {
  Completion,
  DocumentContext,
  Hover,
  IndexEntry,
  LocatedFinding,
  ParsedDocument,
  Profiles,
  Validation,
  Workspace,
};

/** What completion knows besides the text: names of aliases and ACLs that related documents define, those of server profiles, and the document's direction. */
export interface KnownNames extends Partial<Surroundings> {
  profiles?: readonly string[];
}

/** What a document is, told without validationService it. */
export interface DocumentFacts {
  type: DocumentType | undefined;
  /** Line of the top-level member's name, from 0. */
  line: number | undefined;
}

/** What an editor asks about a DOTS document: how it is judged, and what can be written and read at a place of it. */
export interface LanguageService extends ValidationService {
  /** What can be written at a position. */
  complete(document: string | ParsedDocument, position: Position, names?: KnownNames): Completion[];
  /** What stands at a position, or undefined where nothing is known of it. */
  hover(document: string | ParsedDocument, position: Position): Hover | undefined;
  /** What the document is, and where its top-level member stands. */
  documentInfo(document: string | ParsedDocument): DocumentFacts;
}

/** The language service: pure functions behind one name, without state. */
export function createLanguageService(): LanguageService {
  return {
    ...validationService,
    complete: (document, position, { aliases = [], acls = [], profiles = [], direction } = {}) =>
      withOffset(document, position, (parsed, offset) =>
        parsed.form === 'dots'
          ? complete(parsed, offset, { aliases, acls, direction })
          : completeConfig(parsed, parsed.form, offset, { codes: findingCodes, profiles }),
      ),
    hover: (document, position) =>
      withOffset(document, position, (parsed, offset) =>
        parsed.form === 'dots' ? hover(parsed, offset) : hoverConfig(parsed, parsed.form, offset),
      ),
    documentInfo: (document) => facts(read(document)),
  };
}

function withOffset<T>(
  document: string | ParsedDocument,
  position: Position,
  feature: (document: ParsedDocument, offset: number) => T,
): T {
  const parsed = read(document);
  return feature(parsed, parsed.lines.offsetAt(position));
}

function facts(document: ParsedDocument): DocumentFacts {
  const type = documentTypeOf(document.value);
  return { type, line: type === undefined ? undefined : document.locate(child('', type.topMember), true)?.start.line };
}
