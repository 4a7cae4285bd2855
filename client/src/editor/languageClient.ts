import * as vscode from 'vscode';
import type { LanguageClient } from '#lazy/language';
import {
  activeProfileNotification,
  documentStateNotification,
  documentToSendRequest,
  profilesRequest,
  relatedDocumentsRequest,
  trustedNotification,
  type ActiveProfileParams,
  type DocumentState,
  type DocumentToSend,
  type DocumentParams,
  type ProfilesInfo,
  type RelatedDocuments,
} from '#contract';
import type { ActiveProfile } from './activeProfile';

/** The schemes of documents with language features; diffs and our own read-only documents are excluded. */
export const documentSelector = ['file', 'untitled', 'vscode-vfs'].map((scheme) => ({ language: 'dots', scheme }));

/** The language server, and its requests beyond LSP. */
export class LanguageServer implements vscode.Disposable {
  private readonly stated = new vscode.EventEmitter<DocumentState>();
  private readonly stopped = new vscode.EventEmitter<void>();
  private readonly listeners: vscode.Disposable[];
  private readonly started: Promise<LanguageClient>;

  /** The state of a document from the server; its URI is as the editor writes it. */
  readonly onDocumentState = this.stated.event;

  /** The server has ended, or could not be started. */
  readonly onDidStop = this.stopped.event;

  constructor(
    extension: vscode.ExtensionContext,
    private readonly active: ActiveProfile,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.listeners = [
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.notify(trustedNotification)),
      active.onDidChange(() =>
        this.notify(activeProfileNotification, { name: active.name } satisfies ActiveProfileParams),
      ),
    ];
    this.started = this.start(extension.asAbsolutePath('dist/server.js'));
    this.started.catch((error: unknown) => this.couldNotStart(error));
  }

  /** Settles when the server is ready; rejects if it could not be started. */
  async ready(): Promise<void> {
    await this.started;
  }

  /** A document to be sent; null if it is not open in the server, undefined while the server is not running. */
  documentToSend(uri: vscode.Uri): Promise<DocumentToSend | null | undefined> {
    return this.ask(documentToSendRequest, uri);
  }

  /** The documents that a document depends on; undefined while the server is not running. */
  relatedDocuments(uri: vscode.Uri): Promise<RelatedDocuments | undefined> {
    return this.ask(relatedDocumentsRequest, uri);
  }

  /** The user's server profiles, or undefined while the server is not running. */
  profiles(): Promise<ProfilesInfo | undefined> {
    return this.ask(profilesRequest);
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.stated.dispose();
    this.stopped.dispose();
  }

  /** Ends the server; to be awaited, so that no process is left. */
  async stop(): Promise<void> {
    await this.started.then(
      (client) => client.stop(),
      () => undefined,
    );
  }

  private async start(module: string): Promise<LanguageClient> {
    const { createClient, State } = await import('#lazy/language');
    const gaveUp = (): void =>
      offerLog(
        'The DOTS language server ended twice and is not restarted. Reload the window to start it again.',
        this.log,
      );
    const initializationOptions = (): object => ({
      trusted: vscode.workspace.isTrusted,
      activeProfile: this.active.name,
    });
    const client = createClient({ module, documentSelector, initializationOptions, log: this.log, gaveUp });
    this.listeners.push(
      client.onNotification(documentStateNotification, (state: DocumentState) =>
        this.stated.fire({ ...state, uri: client.protocol2CodeConverter.asUri(state.uri).toString() }),
      ),
      client.onDidChangeState(({ newState }) => {
        if (newState === State.Stopped) this.stopped.fire();
      }),
    );
    await client.start();
    return client;
  }

  /** Sends the server a request beyond LSP; undefined while it is not running. */
  private async ask<T>(request: string, uri?: vscode.Uri): Promise<T | undefined> {
    const client = await this.started.catch(() => undefined);
    if (client?.isRunning() !== true) return undefined;
    const params: DocumentParams | object = uri === undefined ? {} : { uri: client.code2ProtocolConverter.asUri(uri) };
    try {
      return await client.sendRequest<T>(request, params);
    } catch (error) {
      this.log.debug(`${request} was not answered`, error);
      return undefined;
    }
  }

  private notify(notification: string, params?: object): void {
    this.started
      .then((client) => client.sendNotification(notification, params))
      .catch((error: unknown) => this.log.debug(`${notification} was not sent`, error));
  }

  private couldNotStart(error: unknown): void {
    this.stopped.fire();
    this.log.error('The DOTS language server could not be started.', error);
    offerLog('The DOTS language server could not be started, so documents are not checked.', this.log);
  }
}

function offerLog(message: string, log: vscode.LogOutputChannel): void {
  void vscode.window.showErrorMessage(message, 'Show log').then((choice) => {
    if (choice !== undefined) log.show();
  });
}
