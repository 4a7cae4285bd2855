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
  relatedDocumentsRequest,
  trustedNotification,
  type ActiveProfileParams,
  type DocumentToSend,
  type DocumentParams,
  type RelatedDocuments,
} from '#contract';
import { describeError } from '#dots/model/errors';
import { createLanguageService } from '#service/service';
import { codeActionCapabilities, registerCodeActions } from './codeActions';
import { completionItemOf, hoverOf } from './convert';
import type { KnownNames, ParsedDocument, Profiles } from '#service/service';
import { formOf } from '#dots/workspace/fileNames';
import { Diagnostics } from './diagnostics';
import { DocumentCache, isPlainJson } from '#host/documentCache';
import { pathOf, uriNaming, uriOf } from '#host/files';
import { FolderIndex, type Pauses } from '#host/folderIndex';
import { GoverningWorkspaces } from '#host/governingWorkspaces';
import { NameSearch } from '#host/nameSearch';
import { usedMids } from '#host/usedMids';
import { Validator } from '#host/validator';
import { DocumentStates } from './documentStates';
import { nameCapabilities, registerNames } from './names';
import { Settings, startOptions, type StartOptions } from './settings';
import { registerStructure, structureCapabilities } from './structure';

const capabilities: InitializeResult = {
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    completionProvider: { triggerCharacters: ['"', ':'] },
    hoverProvider: true,
    ...structureCapabilities,
    ...codeActionCapabilities,
    ...nameCapabilities,
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
  private readonly cache = new DocumentCache(this.service);
  private readonly settings: Settings;
  private readonly workspaces: GoverningWorkspaces;
  private readonly index: FolderIndex;
  private readonly validator: Validator;
  private readonly diagnostics: Diagnostics;
  private readonly states: DocumentStates;
  private readonly search: NameSearch;
  /** The profiles file that is watched beside the folders, and the registration for all of them. */
  private watched: { profiles: string; registration: Promise<Disposable> } | undefined;
  private readonly snippets: boolean;
  private readonly options: StartOptions;
  /** The folders that are open in the editor, and the files, as paths. */
  private folders: readonly string[];
  private readonly openFiles = new Set<string>();

  constructor(
    private readonly connection: Connection,
    private readonly documents: TextDocuments<TextDocument>,
    private readonly params: InitializeParams,
  ) {
    const options = startOptions(params);
    this.options = options;
    const all = (): TextDocument[] => documents.all();
    this.settings = new Settings(connection, params, options);
    this.folders = foldersOf(params);
    this.workspaces = new GoverningWorkspaces({
      service: this.service,
      open: (path) => this.openAt(path),
      folders: () => this.folders,
      heard: ({ path, findings }) => this.diagnostics.own(uriOf(path), findings),
    });
    this.index = new FolderIndex({
      service: this.service,
      isOpen: (path) => this.openFiles.has(path),
      pauses,
      ready: () => this.diagnostics.soon(),
      failed: (error) => this.failed('reading the folder', error),
    });
    this.validator = new Validator({
      service: this.service,
      documents: this.cache,
      workspaces: this.workspaces,
      index: this.index,
      naming: uriNaming,
      sources: all,
      areNamed: false,
      level: (uri, ofWorkspace) => ofWorkspace ?? this.settings.level(uri),
      severities: (uri) => this.settings.severities(uri),
      profiles: () => this.profiles(),
    });
    this.search = new NameSearch({
      service: this.service,
      documents: this.cache,
      validator: this.validator,
      naming: uriNaming,
      sources: all,
      profilesFile: async () => (this.settings.trusted ? this.settings.profilesFile() : undefined),
    });
    this.states = new DocumentStates(this.service, this.cache, this.validator, this.settings, this.workspaces);
    this.diagnostics = new Diagnostics(connection, this.cache, this.validator, options, {
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
      this.settings.report(this.options.faults);
      this.watch().catch((error: unknown) => this.failed('registration', error));
    });
    connection.onDidChangeWatchedFiles(({ changes }) => this.filesChanged(changes.map(({ uri }) => uri)));
    documents.onDidOpen(({ document }) => this.opened(document.uri));
    documents.onDidSave(({ document }) => this.filesChanged([document.uri]));
    documents.onDidChangeContent(({ document }) => diagnostics.changed(document));
    documents.onDidClose(({ document }) => this.close(document.uri));
    connection.onCompletion(async ({ textDocument: { uri }, position }) => {
      const names = await this.names(uri);
      return this.guarded('completion', [], uri, (document) =>
        this.service
          .complete(this.cache.parsed(document), position, names)
          .map((item) => completionItemOf(item, this.snippets)),
      );
    });
    connection.onHover(async ({ textDocument: { uri }, position }) => {
      const named = await this.search.definitions(documents.get(uri), position);
      return this.guarded('hover', null, uri, (document) => {
        const hover = this.service.hover(this.cache.parsed(document), position);
        return hover === undefined ? null : hoverOf(hover, named);
      });
    });
    registerStructure(connection, {
      service: this.service,
      about: (what, nothing, uri, answer) =>
        this.guarded(what, nothing, uri, (document) => answer(this.cache.parsed(document), document)),
      ownsStructure: (document) => this.options.syntax === 'server' || !isPlainJson(document),
      hints: (uri) => this.settings.hints(uri),
      indexed: () => this.validator.indexed(this.folders),
    });
    const document = (uri: string): TextDocument | undefined => {
      const found = documents.get(uri);
      return found === undefined || this.cache.isForeign(found) ? undefined : found;
    };
    registerNames(connection, { search: this.search, document });
    registerCodeActions(connection, {
      service: this.service,
      validator: this.validator,
      document,
      parsed: (document) => this.cache.parsed(document),
      openAt: (path) => this.openAt(path),
      createsFiles: this.params.capabilities.workspace?.workspaceEdit?.resourceOperations?.includes('create') === true,
      failed: (what, error) => this.failed(what, error),
    });
    connection.onRequest(documentToSendRequest, ({ uri }: DocumentParams) => this.documentToSend(uri));
    connection.onRequest(relatedDocumentsRequest, ({ uri }: DocumentParams) => this.relatedDocuments(uri));
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

  /** Its file is no longer used, and a workspace file beside it is. */
  private opened(uri: string): void {
    const path = pathOf(uri);
    if (path !== undefined) this.openFiles.add(path);
    this.filesChanged([uri]);
  }

  private close(uri: string): void {
    const path = pathOf(uri);
    if (path !== undefined) this.openFiles.delete(path);
    this.settings.forget(uri);
    this.diagnostics.clear(uri).catch((error: unknown) => this.failed('clearing', error));
    this.filesChanged([uri]);
  }

  private judgeAll(): void {
    for (const { uri } of this.documents.all()) this.diagnostics.now(uri);
  }

  /** Asks the editor to report changed settings, folders and files. */
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
        this.folders = [
          ...this.folders.filter((folder) => !gone.includes(folder)),
          ...added.flatMap(({ uri }) => pathOf(uri) ?? []),
        ];
        this.workspaces.forget();
        this.diagnostics.soon();
      });
    }
    await this.settings.watch(() => {
      this.judgeAll();
      this.watchFiles().catch((error: unknown) => this.failed('registration', error));
    });
    await this.watchFiles();
  }

  /** Asks to be notified of files that change: those of the folders, and the profiles file, which is elsewhere. */
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

  /** Handles files that may have been added, changed or removed. */
  private filesChanged(uris: readonly string[]): void {
    const paths = uris.flatMap((uri) => pathOf(uri) ?? []);
    if (uris.some((uri) => formOf(uri) === 'workspace')) this.workspaces.forget();
    for (const path of paths) this.index.changed(path);
    this.diagnostics.soon();
  }

  /** The open text of a path, read. */
  private openAt(path: string): ParsedDocument | undefined {
    const document = this.documents.all().find(({ uri }) => pathOf(uri) === path);
    return document === undefined ? undefined : this.cache.parsed(document);
  }

  private async documentToSend(uri: string): Promise<DocumentToSend | null> {
    const document = this.documents.get(uri);
    return document === undefined ? null : this.states.toSend(document);
  }

  private async relatedDocuments(uri: string): Promise<RelatedDocuments> {
    const document = this.documents.get(uri);
    if (document === undefined || !this.cache.isDocument(document))
      return { errors: [], usesNames: false, definitions: [], leftOut: [], withAcls: [], signalPort: null };
    const { findings, usesNames, definitions, leftOut, withAcls, signalPort } =
      await this.validator.ruleSources(document);
    return {
      errors: findings.filter(({ severity }) => severity === 'error'),
      usesNames,
      definitions: definitions.map(({ file }) => file),
      leftOut: [...leftOut],
      withAcls: withAcls.map(({ file }) => file),
      signalPort: signalPort ?? null,
    };
  }

  /** The server profiles of the user, once the folder is trusted. */
  private async profiles(): Promise<Profiles | undefined> {
    return this.settings.trusted ? this.workspaces.profiles(await this.settings.profilesFile()).profiles : undefined;
  }

  /** The names that completion offers in a document. */
  private async names(uri: string): Promise<KnownNames> {
    const profiles = await this.profiles();
    const document = this.documents.get(uri);
    // The ledger belongs to the user, as the profiles do.
    const mayName = formOf(uri) === 'workspace' || document?.getText().includes('"cuid"') === true;
    const used = this.settings.trusted && mayName ? usedMids() : new Map<string, number>();
    const ofProfiles = [...(profiles?.values() ?? [])].flatMap(({ cuid }) => cuid ?? []);
    const cuids = [...new Set([...ofProfiles, ...used.keys()])];
    if (['workspace', 'policy'].includes(formOf(uri)))
      return { profiles: [...(profiles?.keys() ?? [])], cuids, usedMids: used };
    const isDocument = document !== undefined && this.cache.isDocument(document);
    return isDocument ? { ...(await this.validator.names(uri)), cuids } : {};
  }

  /** Answers about an open DOTS document; an internal error is logged and answered with nothing. */
  private guarded<T>(what: string, nothing: T, uri: string, answer: (document: TextDocument) => T): T {
    const document = this.documents.get(uri);
    try {
      return document === undefined || this.cache.isForeign(document) ? nothing : answer(document);
    } catch (error) {
      this.failed(what, error);
      return nothing;
    }
  }

  private failed(what: string, error: unknown): void {
    this.connection.console.error(`${what} failed: ${describeError(error)}`);
  }
}

/** Requests are served between slices of work. */
const pauses: Pauses = {
  now: () => performance.now(),
  pause: () => new Promise((resolve) => void setImmediate(resolve)),
};

/** The folders that are open in the editor, as paths. */
function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri === null ? [] : [rootUri]);
  return uris.flatMap((uri) => pathOf(uri) ?? []);
}
