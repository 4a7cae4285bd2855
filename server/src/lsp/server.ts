import { basename, dirname } from 'node:path';
import {
  DidChangeWatchedFilesNotification,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type Disposable,
  type FileSystemWatcher,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  activeProfileNotification,
  documentToSendRequest,
  profilesRequest,
  trustedNotification,
  type ActiveProfileParams,
  type DocumentToSend,
  type DocumentToSendParams,
} from '#contract';
import { describeError } from '#dots/model/errors';
import { createLanguageService } from '#service/service';
import { completionItemOf, hoverOf } from './convert';
import type { ParsedDocument } from '#service/service';
import { formOf } from '#dots/workspace/fileNames';
import { Diagnostics } from './diagnostics';
import { DocumentIndex } from '#host/folderIndex';
import { Readings } from './documentCache';
import { pathOf, uriOf } from '#host/files';
import { Judge } from './validator';
import { DocumentStates } from './documentStates';
import { Settings, startOptions } from './settings';
import { Workspaces } from './governingWorkspaces';

const capabilities: InitializeResult = {
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    completionProvider: { triggerCharacters: ['"', ':'] },
    hoverProvider: true,
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  },
  serverInfo: { name: 'DOTS language server' },
};

/** Answers an editor over a connection until the editor ends it. */
export function startServer(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  connection.onInitialize((params) => {
    new Server(connection, documents, params).register();
    return capabilities;
  });
  documents.listen(connection);
  connection.listen();
}

class Server {
  private readonly service = createLanguageService();
  private readonly readings = new Readings(this.service);
  private readonly settings: Settings;
  private readonly workspaces: Workspaces;
  private readonly index: DocumentIndex;
  private readonly judge: Judge;
  private readonly diagnostics: Diagnostics;
  private readonly states: DocumentStates;
  /** The profiles file that is watched beside the folders, and the registration for all of them. */
  private watched: { profiles: string; registration: Promise<Disposable> } | undefined;
  private readonly snippets: boolean;

  constructor(
    private readonly connection: Connection,
    private readonly documents: TextDocuments<TextDocument>,
    private readonly params: InitializeParams,
  ) {
    const options = startOptions(params);
    const all = (): TextDocument[] => documents.all();
    this.settings = new Settings(connection, params, options);
    this.workspaces = new Workspaces(
      this.service,
      (path) => this.openAt(path),
      (file) => this.diagnostics.own(file),
    );
    this.index = new DocumentIndex(
      this.service,
      () => this.diagnostics.soon(),
      (error) => this.failed('reading the folder', error),
    );
    this.judge = new Judge(this.service, this.readings, this.settings, this.workspaces, this.index, all);
    this.judge.folders = foldersOf(params);
    this.states = new DocumentStates(this.service, this.readings, this.judge, this.settings, this.workspaces);
    this.diagnostics = new Diagnostics(connection, this.readings, this.judge, options, {
      current: (uri) => documents.get(uri),
      all,
      stateOf: (document, findings) => this.states.of(document, findings),
      failed: (what, error) => this.failed(what, error),
    });
    this.snippets = params.capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;
  }

  register(): void {
    const { connection, documents, diagnostics } = this;
    connection.onInitialized(() => {
      this.watch().catch((error: unknown) => this.failed('registration', error));
    });
    connection.onDidChangeWatchedFiles(({ changes }) => this.filesChanged(changes.map(({ uri }) => uri)));
    documents.onDidOpen(({ document }) => this.filesChanged([document.uri]));
    documents.onDidSave(({ document }) => this.filesChanged([document.uri]));
    documents.onDidChangeContent(({ document }) => diagnostics.changed(document));
    documents.onDidClose(({ document }) => this.close(document.uri));
    connection.onCompletion(async ({ textDocument: { uri }, position }) => {
      const profiles = formOf(uri) === 'workspace' ? await this.judge.profileNames() : [];
      return this.guarded('completion', [], uri, (document) =>
        this.service
          .complete(this.readings.parsed(document), position, profiles)
          .map((item) => completionItemOf(item, this.snippets)),
      );
    });
    connection.onHover(({ textDocument, position }) =>
      this.guarded('hover', null, textDocument.uri, (document) => {
        const hover = this.service.hover(this.readings.parsed(document), position);
        return hover === undefined ? null : hoverOf(hover);
      }),
    );
    connection.onRequest(documentToSendRequest, ({ uri }: DocumentToSendParams) => this.documentToSend(uri));
    connection.onRequest(profilesRequest, () => this.states.profiles());
    connection.onNotification(trustedNotification, () => {
      this.settings.trusted = true;
      this.judgeAll();
    });
    connection.onNotification(activeProfileNotification, ({ name }: ActiveProfileParams) => {
      this.settings.activeProfile = name;
      this.judgeAll();
    });
  }

  private close(uri: string): void {
    this.settings.forget(uri);
    this.diagnostics.clear(uri).catch((error: unknown) => this.failed('clearing', error));
    this.filesChanged([uri]);
  }

  private judgeAll(): void {
    for (const { uri } of this.documents.all()) this.diagnostics.now(uri);
  }

  /** Asks the editor to tell of changed settings, folders and files. */
  private async watch(): Promise<void> {
    const {
      connection,
      params: {
        capabilities: { workspace },
      },
    } = this;
    if (workspace?.workspaceFolders === true) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = removed.map(({ uri }) => pathOf(uri));
        this.judge.folders = [
          ...this.judge.folders.filter((folder) => !gone.includes(folder)),
          ...added.flatMap(({ uri }) => pathOf(uri) ?? []),
        ];
        this.diagnostics.soon();
      });
    }
    await this.settings.watch(() => {
      this.judgeAll();
      this.watchFiles().catch((error: unknown) => this.failed('registration', error));
    });
    await this.watchFiles();
  }

  /** Asks to be notified of files that change: those of the folders, and the profiles file, which lies elsewhere. */
  private async watchFiles(): Promise<void> {
    const { workspace } = this.params.capabilities;
    const profiles = await this.settings.profilesFile();
    if (workspace?.didChangeWatchedFiles?.dynamicRegistration !== true || this.watched?.profiles === profiles) return;
    const watchers: FileSystemWatcher[] = [{ globPattern: '**/*.{json,jsonc}' }];
    if (workspace.didChangeWatchedFiles.relativePatternSupport === true)
      watchers.push({ globPattern: { baseUri: uriOf(dirname(profiles)), pattern: basename(profiles) } });
    const before = this.watched?.registration;
    const registration = this.connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    this.watched = { profiles, registration };
    await registration;
    (await before)?.dispose();
  }

  /** Takes into account that files may have come, changed or gone. */
  private filesChanged(uris: readonly string[]): void {
    const paths = uris.flatMap((uri) => pathOf(uri) ?? []);
    if (uris.some((uri) => formOf(uri) === 'workspace')) this.workspaces.forget();
    Promise.all(paths.map((path) => this.index.changed(path))).then(
      () => this.diagnostics.soon(),
      (error: unknown) => this.failed('reading files', error),
    );
  }

  /** The open text of a path, read. */
  private openAt(path: string): ParsedDocument | undefined {
    const document = this.documents.all().find(({ uri }) => pathOf(uri) === path);
    return document === undefined ? undefined : this.readings.parsed(document);
  }

  private async documentToSend(uri: string): Promise<DocumentToSend | null> {
    const document = this.documents.get(uri);
    return document === undefined ? null : this.states.toSend(document);
  }

  /** Answers about a document that is open and ours; a fault of our own is logged and answered with nothing. */
  private guarded<T>(what: string, nothing: T, uri: string, answer: (document: TextDocument) => T): T {
    const document = this.documents.get(uri);
    try {
      return document === undefined || this.readings.isForeign(document) ? nothing : answer(document);
    } catch (error) {
      this.failed(what, error);
      return nothing;
    }
  }

  private failed(what: string, error: unknown): void {
    this.connection.console.error(`${what} failed: ${describeError(error)}`);
  }
}

/** The folders that are open in the editor, as paths. */
function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri === null ? [] : [rootUri]);
  return uris.flatMap((uri) => pathOf(uri) ?? []);
}
