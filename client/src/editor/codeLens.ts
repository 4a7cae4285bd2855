import * as vscode from 'vscode';
import { documentActions } from '../ui/documentActions';
import type { DocumentStates } from './documentStates';
import { documentSelector } from './languageClient';

/** Links above the top-level member of a document: its actions. */
export class DocumentLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly registration: vscode.Disposable;
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(private readonly states: DocumentStates) {
    this.onDidChangeCodeLenses = states.onDidChange;
    this.registration = vscode.languages.registerCodeLensProvider(documentSelector, this);
  }

  /** Waits for the state of the present version: until then the editor moves the existing links along with the text. */
  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    const state = await this.states.current(document, token);
    if (state === undefined || state.line === null) return [];
    const range = new vscode.Range(state.line, 0, state.line, 0);
    return documentActions(state).map((action) => new vscode.CodeLens(range, { ...action, arguments: [document.uri] }));
  }

  dispose(): void {
    this.registration.dispose();
  }
}
