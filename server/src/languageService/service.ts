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

/**
 * The context of completion: names of aliases and ACLs that related documents define, those of server profiles, and the
 * document's direction.
 */
export interface KnownNames extends Partial<Surroundings> {
  profiles?: readonly string[];
}

/** The kind of a document, determined without validating it. */
export interface DocumentFacts {
  type: DocumentType | undefined;
  /** Line of the top-level member's name, from 0. */
  line: number | undefined;
}

/** What an editor needs of a DOTS document: its findings, and completions and hovers at a place. */
export interface LanguageService extends ValidationService {
  /** The completions at a position. */
  complete(document: string | ParsedDocument, position: Position, names?: KnownNames): Completion[];
  /** The hover at a position, or undefined if nothing is known of it. */
  hover(document: string | ParsedDocument, position: Position): Hover | undefined;
  /** The kind of the document, and the place of its top-level member. */
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
