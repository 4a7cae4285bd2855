import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';

/** The API of the extension under test, once its language server answers. */
export async function workbench(): Promise<WorkbenchApi> {
  const extension = vscode.extensions.getExtension<WorkbenchApi>('dots-workbench.dots-workbench');
  if (extension === undefined) throw new Error('The extension is not loaded.');
  const api = await extension.activate();
  await api.ready();
  return api;
}

/** Asks again and again until there is an answer; mocha's time-out ends it. */
export async function until<T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The texts of the documents that `open` has shown, as they were. */
const originals = new Map<vscode.TextDocument, string>();

/** Opens an example of the workspace in the first column. */
export async function open(name: string): Promise<vscode.TextEditor> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) throw new Error('No folder is open.');
  const editor = await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, name), {
    viewColumn: vscode.ViewColumn.One,
  });
  if (!originals.has(editor.document)) originals.set(editor.document, editor.document.getText());
  return editor;
}

/**
 * Closes every tab and puts the examples back as they were: in a browser VS Code saves by itself, so that there is
 * nothing to revert.
 */
export async function closeAll(): Promise<void> {
  for (const [document, text] of originals) {
    if (!document.isClosed && document.getText() !== text) await restore(document, text);
  }
  originals.clear();
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

async function restore(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
  await document.save();
}

/** The lenses over a document, once there are any that `wanted` accepts. */
export async function lenses(uri: vscode.Uri, wanted: (titles: string[]) => boolean): Promise<vscode.CodeLens[]> {
  return until(async () => {
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 10);
    return wanted(titles(found)) ? found : undefined;
  });
}

export const titles = (found: readonly vscode.CodeLens[]): string[] => found.map(({ command }) => command?.title ?? '');

/** The text of the open document of a scheme, once there is one that `wanted` accepts. */
export async function virtualText(scheme: string, wanted: (text: string) => boolean): Promise<string> {
  return until(() =>
    vscode.workspace.textDocuments
      .filter((document) => document.uri.scheme === scheme && !document.isClosed)
      .map((document) => document.getText())
      .find(wanted),
  );
}

/** The first occurrence of a text. */
export function rangeOf(document: vscode.TextDocument, text: string): vscode.Range {
  const start = document.getText().indexOf(text);
  if (start < 0) throw new Error(`${document.uri.path} does not contain ${text}`);
  return new vscode.Range(document.positionAt(start), document.positionAt(start + text.length));
}

/** The position just after the first occurrence of a text. */
export const after = (document: vscode.TextDocument, text: string): vscode.Position => rangeOf(document, text).end;
