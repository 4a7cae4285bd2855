import * as vscode from 'vscode';
import { parse, type ParseError } from 'jsonc-parser';
import { DotsError } from '#dots/model/errors';
import { isObject, type JsonObject } from '#dots/model/json';

/** The document of a command: its argument (from a CodeLens or a menu), or the document in the active editor. */
export async function chosenDocument(uri?: vscode.Uri): Promise<vscode.TextDocument> {
  if (uri instanceof vscode.Uri) return vscode.workspace.openTextDocument(uri);
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === 'dots') return active;
  throw new DotsError('usage', 'editor/no-document', 'No DOTS document is open.', 'Open a *.dots.json file first.');
}

/** The last segment of an address. */
export function fileName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

/** The JSON object in a text (comments and trailing commas are allowed), or undefined if there is none. */
export function jsonObject(text: string): JsonObject | undefined {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  return errors.length === 0 && isObject(value) ? value : undefined;
}
