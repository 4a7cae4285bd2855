import {
  FoldingRangeKind,
  SymbolKind,
  type Connection,
  type DocumentSymbol as LspSymbol,
  type FoldingRange,
  type InlayHint,
  type SelectionRange,
  type ServerCapabilities,
  type WorkspaceSymbol,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Range } from '#dots/model/finding';
import { printable } from '#dots/model/text';
import type { IndexedNames } from '#host/workspaceNames';
import type { DocumentSymbol, HintSettings, LanguageService, ParsedDocument } from '#service/service';

/** What the server offers about the structure of a text. */
export const structureCapabilities: Partial<ServerCapabilities> = {
  documentSymbolProvider: true,
  workspaceSymbolProvider: true,
  documentFormattingProvider: true,
  documentRangeFormattingProvider: true,
  documentOnTypeFormattingProvider: { firstTriggerCharacter: '}', moreTriggerCharacter: [']'] },
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  documentHighlightProvider: true,
  documentLinkProvider: {},
  inlayHintProvider: true,
};

/** The parts of the server that these features use. */
export interface StructureHost {
  service: LanguageService;
  /** Answers about an open DOTS document, or with `nothing`. */
  about<T>(what: string, nothing: T, uri: string, answer: (parsed: ParsedDocument, document: TextDocument) => T): T;
  /** Whether no other server of the editor answers about the structure of a document. */
  ownsStructure(document: TextDocument): boolean;
  /** Which hints the user wants to see beside numbers. */
  hints(uri: string): Promise<HintSettings>;
  /** The names of all documents in the open folders. */
  indexed(): Promise<IndexedNames[]>;
}

/** Registers outline, formatting, folding, selection, highlights and links: each is computed when it is requested. */
export function registerStructure(connection: Connection, host: StructureHost): void {
  const { service } = host;
  const owned = <T>(what: string, uri: string, answer: (parsed: ParsedDocument) => T[]): T[] =>
    host.about<T[]>(what, [], uri, (parsed, document) => (host.ownsStructure(document) ? answer(parsed) : []));
  connection.onDocumentSymbol(({ textDocument: { uri } }) =>
    host.about<LspSymbol[]>('outline', [], uri, (parsed) => service.symbols(parsed).map(symbolOf)),
  );
  connection.onWorkspaceSymbol(async ({ query }) => workspaceSymbols(await host.indexed(), query));
  connection.onDocumentFormatting(({ textDocument: { uri }, options }) =>
    owned('formatting', uri, (parsed) => service.format(parsed, options)),
  );
  connection.onDocumentRangeFormatting(({ textDocument: { uri }, options, range }) =>
    owned('formatting', uri, (parsed) => service.format(parsed, options, range)),
  );
  connection.onDocumentOnTypeFormatting(({ textDocument: { uri }, options, position }) =>
    owned('formatting', uri, (parsed) => service.formatClosed(parsed, options, position)),
  );
  connection.languages.inlayHint.on(async ({ textDocument: { uri }, range }) => {
    const settings = await host.hints(uri);
    return host.about<InlayHint[]>('hints', [], uri, (parsed) =>
      service.inlayHints(parsed, range, settings).map((hint) => ({ ...hint, paddingLeft: true })),
    );
  });
  connection.onFoldingRanges(({ textDocument: { uri } }) =>
    owned<FoldingRange>('folding', uri, (parsed) =>
      service.folds(parsed).map(({ startLine, endLine, isComment }) => ({
        startLine,
        endLine,
        ...(isComment && { kind: FoldingRangeKind.Comment }),
      })),
    ),
  );
  connection.onSelectionRanges(({ textDocument: { uri }, positions }) =>
    owned('selection', uri, (parsed) => service.selections(parsed, positions).map(nested)),
  );
  connection.onDocumentHighlight(({ textDocument: { uri }, position }) =>
    host.about('highlights', [], uri, (parsed) => service.highlights(parsed, position).map((range) => ({ range }))),
  );
  connection.onDocumentLinks(({ textDocument: { uri } }) =>
    host.about('links', [], uri, (parsed) => service.links(parsed)),
  );
}

const kinds: Record<DocumentSymbol['kind'], SymbolKind> = {
  object: SymbolKind.Object,
  list: SymbolKind.Array,
  text: SymbolKind.String,
  number: SymbolKind.Number,
  boolean: SymbolKind.Boolean,
  null: SymbolKind.Null,
};

function symbolOf({ name, detail, kind, range, selectionRange, children }: DocumentSymbol): LspSymbol {
  return {
    name: printable(name),
    ...(detail !== '' && { detail: printable(detail) }),
    kind: kinds[kind],
    range,
    selectionRange,
    ...(children.length > 0 && { children: children.map(symbolOf) }),
  };
}

/** More are not sent: the user types more of the name. */
const mostWorkspaceSymbols = 1000;

/** The names that contain the letters of a query in this order, as editors match them. */
function workspaceSymbols(files: readonly IndexedNames[], query: string): WorkspaceSymbol[] {
  const letters = [...query.toLowerCase()];
  const matches = (name: string): boolean => {
    let from = 0;
    return letters.every((letter) => (from = name.indexOf(letter, from) + 1) > 0);
  };
  return files
    .flatMap(({ uri, names }) => names.map((each) => ({ uri, ...each })))
    .filter(({ label }) => matches(label.toLowerCase()))
    .slice(0, mostWorkspaceSymbols)
    .map(({ uri, label, range }) => ({
      name: printable(label),
      kind: SymbolKind.Object,
      location: { uri, range },
    }));
}

function nested(ranges: readonly Range[]): SelectionRange {
  const whole = ranges.reduceRight<SelectionRange | undefined>(
    (parent, range) => ({ range, ...(parent !== undefined && { parent }) }),
    undefined,
  );
  return whole ?? { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } };
}
