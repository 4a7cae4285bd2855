import * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';

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
