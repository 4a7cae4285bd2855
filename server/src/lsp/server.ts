import { TextDocuments, TextDocumentSyncKind, type Connection, type InitializeParams, type InitializeResult } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { documentInfoRequest, type DocumentInfo, type DocumentInfoParams } from '#contract';
import { describeError } from '#dots/model/errors';
import { createLanguageService } from '#service/service';
import { completionItemOf, hoverOf } from './convert';
import { Diagnostics } from './diagnostics';
import { Readings } from './documents';
import { Settings, startOptions } from './settings';

const capabilities: InitializeResult = {
  capabilities: {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
    completionProvider: { triggerCharacters: ['"', ':'] },
    hoverProvider: true,
  },
  serverInfo: { name: 'DOTS language server' },
};

const noInfo: DocumentInfo = { kind: null, title: null, errors: 0, line: null };

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
  private readonly diagnostics: Diagnostics;
  private readonly snippets: boolean;

  constructor(private readonly connection: Connection, private readonly documents: TextDocuments<TextDocument>, params: InitializeParams) {
    const options = startOptions(params);
    this.settings = new Settings(connection, params, options.level);
    this.diagnostics = new Diagnostics(connection, this.readings, this.settings, options, (uri) => documents.get(uri), (what, error) => this.failed(what, error));
    this.snippets = params.capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;
  }

  register(): void {
    const { connection, documents, diagnostics } = this;
    connection.onInitialized(() => {
      this.settings.watch(() => this.judgeAll()).catch((error: unknown) => this.failed('registration', error));
    });
    documents.onDidChangeContent(({ document }) => diagnostics.changed(document));
    documents.onDidClose(({ document }) => this.close(document.uri));
    connection.onCompletion(({ textDocument, position }) => this.guarded('completion', [], textDocument.uri, (document) =>
      this.service.complete(this.readings.parsed(document), position).map((item) => completionItemOf(item, this.snippets))));
    connection.onHover(({ textDocument, position }) => this.guarded('hover', null, textDocument.uri, (document) => {
      const hover = this.service.hover(this.readings.parsed(document), position);
      return hover === undefined ? null : hoverOf(hover);
    }));
    connection.onRequest(documentInfoRequest, ({ uri }: DocumentInfoParams) => this.documentInfo(uri));
  }

  private close(uri: string): void {
    this.settings.forget(uri);
    this.diagnostics.clear(uri).catch((error: unknown) => this.failed('clearing', error));
  }

  private judgeAll(): void {
    for (const { uri } of this.documents.all()) this.diagnostics.now(uri);
  }

  private async documentInfo(uri: string): Promise<DocumentInfo> {
    const level = await this.settings.level(uri);
    return this.guarded('document info', noInfo, uri, (document) => {
      const { type, line } = this.service.documentInfo(this.readings.parsed(document));
      const { findings } = this.readings.validation(document, level);
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      return { kind: type?.kind ?? null, title: type?.title ?? null, errors, line: line ?? null };
    });
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
