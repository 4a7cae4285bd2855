import * as vscode from 'vscode';
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn, State, TransportKind, type ErrorHandler } from 'vscode-languageclient/node';
import {
  documentContextRequest, documentInfoRequest, profilesRequest, trustedNotification, type DocumentContext, type DocumentInfo, type DocumentInfoParams, type ProfilesInfo,
} from '#contract';

/** Where a DOTS document may live for language features; diffs and our own read-only documents are left alone. */
export const documentSelector = ['file', 'untitled', 'vscode-vfs'].map((scheme) => ({ language: 'dots', scheme }));

/** The language server, and the questions that the editor asks it beyond LSP. */
export class LanguageServer implements vscode.Disposable {
  private readonly client: LanguageClient;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listeners: vscode.Disposable[];
  private readonly started: Promise<void>;

  /** What the server says of documents may have changed: it came up, went, or published diagnostics. */
  readonly onDidChange = this.changed.event;

  constructor(extension: vscode.ExtensionContext, private readonly log: vscode.LogOutputChannel) {
    const module = extension.asAbsolutePath('dist/server.js');
    this.client = new LanguageClient('dots', 'DOTS', { module, transport: TransportKind.ipc }, {
      documentSelector,
      outputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: 'dots',
      errorHandler: restartOnce(log),
      initializationOptions: () => ({ trusted: vscode.workspace.isTrusted }),
    });
    this.listeners = [
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.started.then(() => this.client.sendNotification(trustedNotification), () => undefined)),
      this.client.onDidChangeState(() => this.changed.fire()),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        if (uris.some(isDots)) this.changed.fire();
      }),
    ];
    this.started = this.client.start();
    // Only now does the server know the open documents: what was told while it came up may have been about none.
    this.started.then(() => this.changed.fire(), (error: unknown) => this.couldNotStart(error));
  }

  /** Settles when the server answers; rejects when it could not be started. */
  ready(): Promise<void> {
    return this.started;
  }

  /** What the server knows of a document, or undefined while it is not running. */
  documentInfo(uri: vscode.Uri, token?: vscode.CancellationToken): Promise<DocumentInfo | undefined> {
    return this.ask<DocumentInfo>(documentInfoRequest, this.paramsOf(uri), token);
  }

  /** Where a document goes and as whom, and what speaks against sending it; undefined while the server is not running. */
  documentContext(uri: vscode.Uri, token?: vscode.CancellationToken): Promise<DocumentContext | undefined> {
    return this.ask<DocumentContext>(documentContextRequest, this.paramsOf(uri), token);
  }

  /** The user's server profiles, or undefined while the server is not running. */
  profiles(): Promise<ProfilesInfo | undefined> {
    return this.ask<ProfilesInfo>(profilesRequest, {});
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.changed.dispose();
  }

  /** Ends the server; to be awaited, so that no process stays behind. */
  async stop(): Promise<void> {
    await this.started.then(() => this.client.stop(), () => undefined);
  }

  private paramsOf(uri: vscode.Uri): DocumentInfoParams {
    return { uri: this.client.code2ProtocolConverter.asUri(uri) };
  }

  private async ask<T>(request: string, params: object, token?: vscode.CancellationToken): Promise<T | undefined> {
    await this.started.catch(() => undefined);
    if (this.client.state !== State.Running) return undefined;
    try {
      return await this.client.sendRequest<T>(request, params, token);
    } catch (error) {
      this.log.debug(`${request} was not answered`, error);
      return undefined;
    }
  }

  private couldNotStart(error: unknown): void {
    this.log.error('The DOTS language server could not be started.', error);
    offerLog('The DOTS language server could not be started, so documents are not checked.', this.log);
  }
}

function isDots(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => document.languageId === 'dots' && document.uri.toString() === uri.toString());
}

/** A server that ends is started again once; when it ends again, one message says so, and that is all. */
function restartOnce(log: vscode.LogOutputChannel): ErrorHandler {
  let restarted = false;
  return {
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    closed: () => {
      if (!restarted) {
        restarted = true;
        log.warn('The DOTS language server ended; it is started again.');
        return { action: CloseAction.Restart, handled: true };
      }
      offerLog('The DOTS language server ended twice and stays off until the window is reloaded.', log);
      return { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}

function offerLog(message: string, log: vscode.LogOutputChannel): void {
  void vscode.window.showErrorMessage(message, 'Show log').then((choice) => {
    if (choice !== undefined) log.show();
  });
}
