import * as vscode from 'vscode';
import { documentTypeOf } from '#dots/model/documents';
import { jsonObject } from './jsonObject';

/** The largest text that is looked into, characters. */
const largest = 1_000_000;

/**
 * Plain JSON documents with the top-level member of a DOTS document are opened as DOTS documents, each once: who sets
 * its language back keeps it.
 */
export class PlainJson implements vscode.Disposable {
  private readonly seen = new WeakSet<vscode.TextDocument>();
  private readonly listeners: vscode.Disposable[];

  constructor() {
    const look = (document: vscode.TextDocument): void => this.look(document);
    this.listeners = [vscode.workspace.onDidOpenTextDocument(look), vscode.workspace.onDidSaveTextDocument(look)];
    vscode.workspace.textDocuments.forEach(look);
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
  }

  private look(document: vscode.TextDocument): void {
    if (!['json', 'jsonc'].includes(document.languageId) || document.uri.scheme !== 'file') return;
    const text = document.getText();
    if (this.seen.has(document) || text.length > largest || documentTypeOf(jsonObject(text)) === undefined) return;
    this.seen.add(document);
    void vscode.languages.setTextDocumentLanguage(document, 'dots');
  }
}
