import * as vscode from 'vscode';
import type { DocumentState, DocumentToSend } from '#contract';
import { DotsError } from '#dots/model/errors';
import type { LanguageServer } from './languageClient';

/**
 * The states of the open documents from the language server: their kind, their errors, and their targets. The server
 * pushes it after each validation; everything in the editor that shows it reads it here.
 */
export class DocumentStates implements vscode.Disposable {
  private readonly states = new Map<string, DocumentState>();
  /** The language server has ended, and has sent nothing since. */
  private silent = false;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listeners: vscode.Disposable[];

  /** The state of some document has changed, or is not known any more. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly language: LanguageServer) {
    this.listeners = [
      language.onDocumentState((state) => this.take(state)),
      language.onDidStop(() => this.clear()),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
    ];
  }

  /** The last state of a document, which may be of an earlier version of its text. */
  latest(document: vscode.TextDocument): DocumentState | undefined {
    return this.states.get(document.uri.toString());
  }

  /** The last state of the document in the active editor. */
  active(): DocumentState | undefined {
    const document = vscode.window.activeTextEditor?.document;
    return document?.languageId === 'dots' ? this.latest(document) : undefined;
  }

  /** The state of the present version of a document, as soon as it is known; undefined if the wait was cancelled. */
  current(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<DocumentState | undefined> {
    return new Promise((resolve) => {
      const listeners: vscode.Disposable[] = [];
      const settle = (): void => {
        const state = this.latest(document);
        const known = state?.version === document.version;
        if (!known && !this.silent && !document.isClosed && !token.isCancellationRequested) return;
        for (const listener of listeners) listener.dispose();
        resolve(known ? state : undefined);
      };
      listeners.push(this.onDidChange(settle), token.onCancellationRequested(settle));
      settle();
    });
  }

  /**
   * A document to be sent, which the server validates now: files may have changed without a notification yet. This is
   * the only request between a click and the first datagram. Throws a DotsError if there is no answer about this
   * version.
   */
  async toSend(document: vscode.TextDocument): Promise<DocumentToSend> {
    const { version } = document;
    const answer = await this.language.documentToSend(document.uri);
    if (answer === undefined) throw noServer();
    if (answer === null) throw notOpen();
    if (answer.state.version !== version) throw hasChanged();
    return answer;
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.changed.dispose();
  }

  /** A late state of a closed document would otherwise be used when it is opened again. */
  private take(state: DocumentState): void {
    this.silent = false;
    if (!vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === state.uri)) return;
    this.states.set(state.uri, state);
    this.changed.fire();
  }

  private forget({ uri }: vscode.TextDocument): void {
    this.states.delete(uri.toString());
    this.changed.fire();
  }

  private clear(): void {
    this.silent = true;
    this.states.clear();
    this.changed.fire();
  }
}

function noServer(): DotsError {
  return new DotsError(
    'usage',
    'editor/no-language-server',
    'The language server is not responding, so the target cannot be determined.',
    'Reload the window, and see the DOTS log.',
  );
}

function notOpen(): DotsError {
  return new DotsError(
    'usage',
    'editor/not-checked',
    'The language server does not check this document.',
    'Open it from a file, in the language DOTS.',
  );
}

function hasChanged(): DotsError {
  return new DotsError(
    'usage',
    'editor/changed',
    'The document was changed while it was being checked.',
    'Send it again.',
  );
}
