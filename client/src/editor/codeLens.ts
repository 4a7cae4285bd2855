import * as vscode from 'vscode';
import { documentActions } from '../ui/documentActions';
import type { RequestsInForce } from '../ui/runningActions';
import type { DocumentStates } from './documentStates';
import { documentSelector } from './languageClient';

/** Links above the top-level member of a document: its actions. */
export class DocumentLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly owned: vscode.Disposable[];
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(
    private readonly states: DocumentStates,
    private readonly running: RequestsInForce<vscode.TextDocument> & { onDidChange: vscode.Event<void> },
  ) {
    const update = (): void => this.changed.fire();
    this.owned = [
      this.changed,
      states.onDidChange(update),
      running.onDidChange(update),
      vscode.languages.registerCodeLensProvider(documentSelector, this),
    ];
  }

  /** Waits for the state of the present version: until then the editor moves the existing links along with the text. */
  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    const state = await this.states.current(document, token);
    if (state === undefined) return [];
    if (state.line === null) return document.getText().trim() === '' ? emptyLenses() : [];
    const range = new vscode.Range(state.line, 0, state.line, 0);
    return documentActions(state, await this.running.of(document)).map(
      ({ title, tooltip, command, args = [document.uri] }) =>
        new vscode.CodeLens(range, { title, tooltip, command, arguments: [...args] }),
    );
  }

  dispose(): void {
    for (const each of this.owned) each.dispose();
  }
}

/** What to press in an empty document. */
const emptyLenses = (): vscode.CodeLens[] =>
  [
    { title: 'Empty: press Ctrl+Space here to choose what to write', command: 'editor.action.triggerSuggest' },
    { title: 'Open an example', command: 'dots.openExample' },
  ].map((action) => new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), action));
