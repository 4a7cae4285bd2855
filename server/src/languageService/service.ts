import { documentTypeOf, type DocumentType } from '#dots/model/documents';
import type { Position, Range } from '#dots/model/finding';
import { child } from '#dots/model/pointer';
import type { LocatedFinding, ParsedDocument } from './documents/document';
import type { LayoutOptions } from './documents/layout';
import { complete, type Completion, type Surroundings } from './features/completion';
import type { TextFix } from './features/edits';
import { folds, type Fold } from './features/folding';
import { format, formatClosed, type TextEdit } from './features/formatting';
import { highlights } from './features/highlights';
import { hover, type Hover } from './features/hover';
import { inlayHints, type HintSettings, type InlayHint } from './features/inlayHints';
import { links, type DocumentLink } from './features/links';
import { contentRange, definitionLabel, isSameIn, nameAt, namesOf, type NameAt } from './features/names';
import { refactorings, type Refactoring } from './features/refactorings';
import { selections } from './features/selection';
import { suppressionEdits, type Suppression } from './features/suppression';
import { symbols, type DocumentSymbol } from './features/symbols';
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
  DocumentLink,
  DocumentSymbol,
  Fold,
  HintSettings,
  Hover,
  IndexEntry,
  LayoutOptions,
  LocatedFinding,
  NameAt,
  ParsedDocument,
  Profiles,
  Refactoring,
  TextEdit,
  TextFix,
  Validation,
  Workspace,
};

/**
 * The context of completion: names of aliases and ACLs that related documents define, those of server profiles, and the
 * document's direction.
 */
export interface KnownNames extends Partial<Surroundings> {
  profiles?: readonly string[];
  /** The highest mid that each client has used. */
  usedMids?: ReadonlyMap<string, number>;
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
  /** The outline: entries of lists by what they say, such as `ace dns-amp: drop udp 53 -> 192.0.2.0/24`. */
  symbols(document: string | ParsedDocument): DocumentSymbol[];
  /** The edits that format the text, or a range of it; they change blanks only. */
  format(document: string | ParsedDocument, options: LayoutOptions, range?: Range): TextEdit[];
  /** The edits that format the object or list that the bracket before a position closes. */
  formatClosed(document: string | ParsedDocument, options: LayoutOptions, position: Position): TextEdit[];
  /** The lines that an editor can hide. */
  folds(document: string | ParsedDocument): Fold[];
  /** Around each position the ranges to select one after the other, the innermost first. */
  selections(document: string | ParsedDocument, positions: readonly Position[]): Range[][];
  /** The places of what is written at a position. */
  highlights(document: string | ParsedDocument, position: Position): Range[];
  /** The name of an alias, ACL, profile or the like at a position. */
  nameAt(document: string | ParsedDocument, position: Position): NameAt | undefined;
  /** All places of a text that have a name. */
  names(document: string | ParsedDocument, name: string): NameAt[];
  /** Whether two names of one document mean the same thing. */
  isSameName(one: NameAt, other: NameAt): boolean;
  /** The range of a name without its quotes. */
  nameRange(document: ParsedDocument, name: NameAt): Range;
  /** What is defined under a name, in words. */
  definitionLabel(document: ParsedDocument, name: NameAt): string | undefined;
  /** What can be done with a request at a position, although it is not at fault. */
  refactorings(document: string | ParsedDocument, position: Position): Refactoring[];
  /** The edits of a workspace file that hide a finding; undefined where its text cannot be edited. */
  suppressionEdits(workspaceFile: ParsedDocument, entry: Suppression): TextEdit[] | undefined;
  /** Names of protocols and ports, and durations, beside the numbers of a range. */
  inlayHints(document: string | ParsedDocument, range: Range, settings: HintSettings): InlayHint[];
  /** Links to RFC sections. */
  links(document: string | ParsedDocument): DocumentLink[];
}

/** The language service: pure functions behind one name, without state. */
export function createLanguageService(): LanguageService {
  return {
    ...validationService,
    complete: (document, position, { aliases = [], acls = [], profiles = [], usedMids = new Map(), ...known } = {}) =>
      withOffset(document, position, (parsed, offset) =>
        parsed.form === 'dots'
          ? complete(parsed, offset, { aliases, acls, ...known })
          : completeConfig(parsed, parsed.form, offset, {
              codes: findingCodes,
              profiles,
              cuids: known.cuids ?? [],
              usedMids,
            }),
      ),
    hover: (document, position) =>
      withOffset(document, position, (parsed, offset) =>
        parsed.form === 'dots' ? hover(parsed, offset) : hoverConfig(parsed, parsed.form, offset),
      ),
    documentInfo: (document) => facts(read(document)),
    symbols: (document) => symbols(read(document)),
    format: (document, options, range) => {
      const parsed = read(document);
      return format(parsed, options, range && { start: parsed.offsetAt(range.start), end: parsed.offsetAt(range.end) });
    },
    formatClosed: (document, options, position) =>
      withOffset(document, position, (parsed, offset) => formatClosed(parsed, options, offset)),
    folds: (document) => folds(read(document)),
    selections: (document, positions) => {
      const parsed = read(document);
      return selections(
        parsed,
        positions.map((position) => parsed.offsetAt(position)),
      );
    },
    highlights: (document, position) => withOffset(document, position, highlights),
    links: (document) => links(read(document)),
    nameAt: (document, position) => withOffset(document, position, nameAt),
    names: (document, name) => namesOf(read(document), name),
    isSameName: isSameIn,
    refactorings: (document, position) => withOffset(document, position, refactorings),
    suppressionEdits,
    inlayHints: (document, range, settings) => inlayHints(read(document), range, settings),
    nameRange: contentRange,
    definitionLabel,
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
