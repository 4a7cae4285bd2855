import { existsSync } from 'node:fs';
import {
  CodeActionKind,
  type CodeAction,
  type CodeActionParams,
  type Connection,
  type Position,
  type Range,
  type ServerCapabilities,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { documentTypeOf } from '#dots/model/documents';
import { printable } from '#dots/model/text';
import { pathOf } from '#host/files';
import type { Validator } from '#host/validator';
import type { LanguageService, LocatedFinding, ParsedDocument, Refactoring, TextFix } from '#service/service';
import { diagnosticOf } from './convert';
import { suppressions } from './suppressions';

/** All fixes that keep the meaning, as an editor runs them on save. */
const fixAllKind = `${CodeActionKind.SourceFixAll}.dots`;

/** What can be done with a document that is not at fault. */
const kinds: Readonly<Record<Refactoring['kind'], string>> = {
  extract: CodeActionKind.RefactorExtract,
  rewrite: CodeActionKind.RefactorRewrite,
};

export const codeActionCapabilities: Partial<ServerCapabilities> = {
  codeActionProvider: { codeActionKinds: Object.values(kinds).concat(CodeActionKind.QuickFix, fixAllKind) },
};

/** The parts of the server that code actions use. */
export interface CodeActionHost {
  service: LanguageService;
  validator: Validator;
  /** An open DOTS document, or undefined. */
  document(uri: string): TextDocument | undefined;
  parsed(document: TextDocument): ParsedDocument;
  /** The open text of a path, read. */
  openAt(path: string): ParsedDocument | undefined;
  /** The editor can make files. */
  createsFiles: boolean;
  failed(what: string, error: unknown): void;
}

/** Registers quick fixes and `source.fixAll.dots`; all are computed when the editor asks for them. */
export function registerCodeActions(connection: Connection, host: CodeActionHost): void {
  connection.onCodeAction(async (params, cancelled) => {
    const document = host.document(params.textDocument.uri);
    if (document === undefined || cancelled.isCancellationRequested) return [];
    try {
      return await actions(host, document, params);
    } catch (error) {
      host.failed('code actions', error);
      return [];
    }
  });
}

async function actions(host: CodeActionHost, document: TextDocument, params: CodeActionParams): Promise<CodeAction[]> {
  const { only } = params.context;
  const wants = (kind: string): boolean =>
    only?.some((wanted) => kind === wanted || kind.startsWith(`${wanted}.`)) !== false;
  return [
    ...(wants(CodeActionKind.QuickFix) ? await quickFixes(host, document, params.range) : []),
    ...refactorings(host, document, params.range).filter(({ kind = '' }) => wants(kind)),
    ...(only !== undefined && wants(fixAllKind) ? await fixAll(host, document) : []),
  ];
}

async function quickFixes(host: CodeActionHost, document: TextDocument, range: Range): Promise<CodeAction[]> {
  const { version } = document;
  const findings = await host.validator.findings(document);
  // A change in the meantime has moved the places.
  if (document.version !== version) return [];
  const parsed = host.parsed(document);
  const here = findings.filter((finding) => overlap(finding.range, range));
  const fixes = here.flatMap((finding) =>
    possible(host, host.service.fixes(parsed, finding)).map((fix, index) =>
      actionOf(document, finding, fix, index === 0),
    ),
  );
  return [...fixes, ...(await suppressions(host, document, here))];
}

/** Without the fixes that need new files where the editor cannot make them. */
const possible = <T extends TextFix>({ createsFiles }: CodeActionHost, fixes: readonly T[]): T[] =>
  fixes.filter(({ documents }) => documents.length === 0 || createsFiles);

function refactorings(host: CodeActionHost, document: TextDocument, { start }: Range): CodeAction[] {
  return possible(host, host.service.refactorings(host.parsed(document), start)).map((change) => ({
    title: change.title,
    kind: kinds[change.kind],
    edit: editOf(document, change),
  }));
}

function actionOf(document: TextDocument, finding: LocatedFinding, fix: TextFix, isFirst: boolean): CodeAction {
  return {
    title: printable(fix.title),
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnosticOf(document.uri, finding)],
    ...(isFirst && fix.keepsMeaning && { isPreferred: true }),
    edit: editOf(document, fix),
  };
}

/** The edit of a fix; further documents become files beside this one. */
function editOf({ uri, version }: TextDocument, { edits, documents }: TextFix): WorkspaceEdit {
  if (documents.length === 0) return { changes: { [uri]: edits } };
  const own: TextDocumentEdit = { textDocument: { uri, version }, edits };
  const start = { line: 0, character: 0 };
  const others = documents.flatMap((value, index) => {
    const name = freeName(uri, suffixes[documentTypeOf(value)?.kind ?? ''] ?? String(index + 2));
    const newText = `${JSON.stringify(value, null, 2)}\n`;
    return [
      { kind: 'create' as const, uri: name },
      { textDocument: { uri: name, version: null }, edits: [{ range: { start, end: start }, newText }] },
    ];
  });
  return { documentChanges: [...(edits.length === 0 ? [] : [own]), ...others] };
}

const suffixes: Readonly<Record<string, string>> = { acls: 'acls', aliases: 'aliases' };

/** The URI of a new file beside a document: an existing one is never written to. */
function freeName(uri: string, suffix: string): string {
  const named = (more: string): string =>
    uri.replace(/((?:\.dots)?\.jsonc?)?$/, (ending) => `-${suffix}${more}${ending}`);
  const isTaken = (name: string): boolean => existsSync(pathOf(name) ?? '');
  let name = named('');
  for (let count = 2; isTaken(name); count++) name = named(`-${count}`);
  return name;
}

async function fixAll({ validator }: CodeActionHost, document: TextDocument): Promise<CodeAction[]> {
  const { version, uri } = document;
  const before = document.getText();
  const after = await validator.fixed(document);
  if (after === before || document.version !== version) return [];
  return [
    {
      title: 'Fix all that keeps the meaning',
      kind: fixAllKind,
      edit: { changes: { [uri]: [changeOf(document, before, after)] } },
    },
  ];
}

/** One edit from one text to another, of the part in which they differ. */
function changeOf(document: TextDocument, before: string, after: string): { range: Range; newText: string } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  let end = 0;
  while (end < most - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end))
    end += 1;
  const range = { start: document.positionAt(start), end: document.positionAt(before.length - end) };
  return { range, newText: after.slice(start, after.length - end) };
}

const isBefore = (one: Position, other: Position): boolean =>
  one.line < other.line || (one.line === other.line && one.character < other.character);

const overlap = (one: Range, other: Range): boolean =>
  !isBefore(one.end, other.start) && !isBefore(other.end, one.start);
