import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodeActionKind, type CodeAction } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { attempt, pathOf, pathWithin, uriOf } from '#host/files';
import type { Validator } from '#host/validator';
import { workspaceFileName } from '#dots/workspace/fileNames';
import type { LanguageService, LocatedFinding, ParsedDocument } from '#service/service';
import { diagnosticOf } from './convert';

/** The parts of the server that suppressions use. */
export interface SuppressionHost {
  service: LanguageService;
  validator: Validator;
  /** The open text of a path, read. */
  openAt(path: string): ParsedDocument | undefined;
  createsFiles: boolean;
}

/** To be replaced by the user. */
const reason = 'Say here why this is acceptable.';

/** Hides findings of a document by entries in its workspace file, which is made where there is none. */
export async function suppressions(
  host: SuppressionHost,
  document: TextDocument,
  findings: readonly LocatedFinding[],
): Promise<CodeAction[]> {
  const path = pathOf(document.uri);
  if (path === undefined) return [];
  const governing = (await host.validator.now()).governing(document.uri);
  const file = governing.path ?? join(dirname(path), workspaceFileName);
  if (governing.isBroken || file === path || (governing.path === undefined && !host.createsFiles)) return [];
  const workspaceFile = governing.path === undefined ? undefined : read(host, file);
  return [...new Map(findings.map((finding) => [finding.code, finding])).values()]
    .filter((finding) => finding.class !== 'json')
    .flatMap((finding) => {
      const entry = { code: finding.code, path: pathWithin(dirname(file), path), reason };
      const edit = workspaceFile === undefined ? created(file, entry) : changed(host, file, workspaceFile, entry);
      const title = `Hide ${finding.code} in this file, with a reason in ${workspaceFileName}`;
      const diagnostics = [diagnosticOf(document.uri, finding)];
      return edit === undefined ? [] : [{ title, kind: CodeActionKind.QuickFix, diagnostics, edit }];
    });
}

function read({ openAt, service }: SuppressionHost, path: string): ParsedDocument {
  return openAt(path) ?? service.parse(attempt(() => readFileSync(path)) ?? '', path);
}

function changed(
  { service }: SuppressionHost,
  path: string,
  workspaceFile: ParsedDocument,
  entry: Parameters<LanguageService['suppressionEdits']>[1],
): CodeAction['edit'] {
  const edits = service.suppressionEdits(workspaceFile, entry);
  return edits && { changes: { [uriOf(path)]: edits } };
}

function created(path: string, entry: object): CodeAction['edit'] {
  const uri = uriOf(path);
  const start = { line: 0, character: 0 };
  const newText = `${JSON.stringify({ suppressions: [entry] }, null, 2)}\n`;
  return {
    documentChanges: [
      { kind: 'create', uri },
      { textDocument: { uri, version: null }, edits: [{ range: { start, end: start }, newText }] },
    ],
  };
}
