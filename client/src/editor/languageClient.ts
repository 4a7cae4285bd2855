import * as vscode from 'vscode';
import type { LanguageClient } from '#lazy/language';
import {
  documentContextRequest,
  documentInfoRequest,
  profilesRequest,
  relatedDocumentsRequest,
  trustedNotification,
  type DocumentContext,
  type DocumentInfo,
  type DocumentInfoParams,
  type ProfilesInfo,
  type RelatedDocuments,
} from '#contract';

/** Where a DOTS document may live for language features; diffs and our own read-only documents are left alone. */
export const documentSelector = ['file', 'untitled', 'vscode-vfs'].map((scheme) => ({ language: 'dots', scheme }));

/** The language server, and the questions that the editor asks it beyond LSP. */
export class LanguageServer implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listeners: vscode.Disposable[];
  private readonly started: Promise<LanguageClient>;

  /** What the server says of documents may have changed: it came up, went, or published diagnostics. */
  readonly onDidChange = this.changed.event;

  constructor(
    extension: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.listeners = [
      vscode.workspace.onDidGrantWorkspaceTrust(
        () =>
          void this.started.then(
            (client) => client.sendNotification(trustedNotification),
            () => undefined,
          ),
      ),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        if (uris.some(isDots)) this.changed.fire();
      }),
    ];
    this.started = this.start(extension.asAbsolutePath('dist/server.js'));
    // Only now does the server know the open documents: what was told while it came up may have been about none.
    this.started.then(
      () => this.changed.fire(),
      (error: unknown) => this.couldNotStart(error),
    );
  }

  /** Settles when the server answers; rejects when it could not be started. */
  async ready(): Promise<void> {
    await this.started;
  }

  /** What the server knows of a document, or undefined while it is not running. */
  documentInfo(uri: vscode.Uri, token?: vscode.CancellationToken): Promise<DocumentInfo | undefined> {
    return this.ask<DocumentInfo>(documentInfoRequest, uri, token);
  }

  /** Where a document goes and as whom, and what speaks against sending it; undefined while the server is not running. */
  documentContext(uri: vscode.Uri, token?: vscode.CancellationToken): Promise<DocumentContext | undefined> {
    return this.ask<DocumentContext>(documentContextRequest, uri, token);
  }

  /** The documents that a document needs to be understood; undefined while the server is not running. */
  relatedDocuments(uri: vscode.Uri): Promise<RelatedDocuments | undefined> {
    return this.ask<RelatedDocuments>(relatedDocumentsRequest, uri);
  }

  /** The user's server profiles, or undefined while the server is not running. */
  profiles(): Promise<ProfilesInfo | undefined> {
    return this.ask<ProfilesInfo>(profilesRequest);
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.changed.dispose();
  }

  /** Ends the server; to be awaited, so that no process stays behind. */
  async stop(): Promise<void> {
    await this.started.then(
      (client) => client.stop(),
      () => undefined,
    );
  }

  private async start(module: string): Promise<LanguageClient> {
    const { createClient } = await import('#lazy/language');
    const gaveUp = (): void =>
      offerLog('The DOTS language server ended twice and stays off until the window is reloaded.', this.log);
    const client = createClient({ module, documentSelector, log: this.log, gaveUp });
    this.listeners.push(client.onDidChangeState(() => this.changed.fire()));
    await client.start();
    return client;
  }

  /** Asks the server something that LSP does not know; undefined while it is not running. */
  private async ask<T>(request: string, uri?: vscode.Uri, token?: vscode.CancellationToken): Promise<T | undefined> {
    const client = await this.started.catch(() => undefined);
    if (client?.isRunning() !== true) return undefined;
    const params: DocumentInfoParams | object =
      uri === undefined ? {} : { uri: client.code2ProtocolConverter.asUri(uri) };
    try {
      return await client.sendRequest<T>(request, params, token);
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
  return vscode.workspace.textDocuments.some(
    (document) => document.languageId === 'dots' && document.uri.toString() === uri.toString(),
  );
}

function offerLog(message: string, log: vscode.LogOutputChannel): void {
  void vscode.window.showErrorMessage(message, 'Show log').then((choice) => {
    if (choice !== undefined) log.show();
  });
}
