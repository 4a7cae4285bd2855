import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Range,
} from 'vscode-languageserver/node';
import {
  documentStateNotification,
  documentToSendRequest,
  profilesRequest,
  relatedDocumentsRequest,
  type DocumentState,
  type DocumentToSend,
  type ProfilesInfo,
  type RelatedDocuments,
} from '#contract';
import { bundled } from './bundle';
import { root } from './shared';

/** What starts the language server in Node. */
export const server = bundled('server/src/lsp/main.ts');

export interface ClientOptions {
  capabilities?: ClientCapabilities;
  initializationOptions?: object;
  /** Answers to `workspace/configuration`; implies the capability. */
  configuration?: { level?: unknown; profilesFile?: unknown; severities?: unknown; inlayHints?: unknown };
  /** Variables of the server's environment besides those of this process. */
  env?: Record<string, string>;
  /** URIs of the folders that are open. */
  folders?: string[];
}

/** A small editor: it starts the real server over stdio, and remembers what the server publishes. */
export class Client {
  readonly logged: string[] = [];
  /** What the server showed to the user. */
  readonly shown: string[] = [];
  private readonly published = new Map<string, PublishDiagnosticsParams[]>();
  /** The states that the server has pushed, in order. */
  readonly states: DocumentState[] = [];
  private readonly waiting = new Set<() => void>();
  private late = false;

  private constructor(
    readonly process: ChildProcess,
    readonly connection: ProtocolConnection,
  ) {
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.published.set(params.uri, [...(this.published.get(params.uri) ?? []), params]);
      for (const wake of this.waiting) wake();
    });
    connection.onNotification(documentStateNotification, (state: DocumentState) => {
      this.states.push(state);
      for (const wake of this.waiting) wake();
    });
    connection.onNotification('window/showMessage', ({ message }: { message: string }) => {
      this.shown.push(message);
      for (const wake of this.waiting) wake();
    });
    connection.onNotification(
      'window/logMessage',
      ({ message }: { message: string }) => void this.logged.push(message),
    );
  }

  /** Starts a server that is stopped when the test ends. */
  static async start(t: TestContext, options: ClientOptions = {}): Promise<Client> {
    const child = spawn(process.execPath, [server, '--stdio'], {
      cwd: root,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    const client = new Client(child, connection);
    t.after(() => client.stop());
    connection.onRequest('workspace/configuration', ({ items }: { items: { section: string }[] }) =>
      items.map(
        ({ section }) =>
          (options.configuration as Record<string, unknown> | undefined)?.[section.slice('dots.'.length)] ?? null,
      ),
    );
    connection.onRequest('client/registerCapability', () => null);
    connection.listen();
    const workspace =
      options.configuration === undefined
        ? {}
        : { configuration: true, didChangeConfiguration: { dynamicRegistration: true } };
    await connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: { workspace, ...options.capabilities },
      initializationOptions: options.initializationOptions,
      workspaceFolders: options.folders?.map((uri) => ({ uri, name: uri })) ?? null,
    });
    await connection.sendNotification('initialized', {});
    return client;
  }

  async open(uri: string, text: string, languageId = 'dots'): Promise<void> {
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version: 1, text },
    });
  }

  async change(uri: string, version: number, changes: { range?: Range; text: string }[]): Promise<void> {
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: changes,
    });
  }

  async close(uri: string): Promise<void> {
    await this.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  }

  /** Waits for what the server publishes of a version of a document; -1 for a closed one. */
  async diagnostics(uri: string, version = 1): Promise<Diagnostic[]> {
    for (;;) {
      const found = this.published.get(uri)?.findLast((params) => (params.version ?? -1) === version);
      if (found !== undefined) return found.diagnostics;
      await new Promise<void>((wake) => {
        this.waiting.add(() => wake());
      });
    }
  }

  /** Waits until what was last published of a document is as wanted. */
  async settled(uri: string, wanted: (diagnostics: Diagnostic[]) => boolean): Promise<Diagnostic[]> {
    for (;;) {
      const last = this.published.get(uri)?.at(-1)?.diagnostics;
      if (last !== undefined && (wanted(last) || this.late)) return last;
      await new Promise<void>((wake) => {
        this.waiting.add(() => wake());
      });
    }
  }

  /** Gives up waiting: whatever was last published is returned. */
  wake(): void {
    this.late = true;
    for (const wake of this.waiting) wake();
  }

  /** Tells the server of a file on disk. */
  async filesChanged(uri: string, type: number): Promise<void> {
    await this.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri, type }] });
  }

  /** Forgets what was published, so that the next publication can be waited for. */
  forget(): void {
    this.published.clear();
  }

  /** The versions that were published of a document, in order. */
  versions(uri: string): (number | undefined)[] {
    return (this.published.get(uri) ?? []).map(({ version }) => version);
  }

  async completion(uri: string, position: Position): Promise<CompletionItem[]> {
    return this.connection.sendRequest('textDocument/completion', { textDocument: { uri }, position });
  }

  async hover(uri: string, position: Position): Promise<Hover | null> {
    return this.connection.sendRequest('textDocument/hover', { textDocument: { uri }, position });
  }

  /** Waits for a state of a document that is as wanted; what was pushed before counts as well, the last first. */
  async state(uri: string, wanted: (state: DocumentState) => boolean = () => true): Promise<DocumentState> {
    for (;;) {
      const found = this.states.findLast((state) => state.uri === uri && wanted(state));
      if (found !== undefined) return found;
      await new Promise<void>((wake) => {
        this.waiting.add(() => wake());
      });
    }
  }

  async toSend(uri: string): Promise<DocumentToSend | null> {
    return this.connection.sendRequest(documentToSendRequest, { uri });
  }

  async relatedDocuments(uri: string): Promise<RelatedDocuments> {
    return this.connection.sendRequest(relatedDocumentsRequest, { uri });
  }

  async profiles(): Promise<ProfilesInfo> {
    return this.connection.sendRequest(profilesRequest, {});
  }

  /** Ends the server as an editor does; its exit status. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode !== null) return this.process.exitCode;
    await this.connection.sendRequest('shutdown').catch(() => undefined);
    const exited = once(this.process, 'exit');
    await this.connection.sendNotification('exit').catch(() => undefined);
    await exited;
    return this.process.exitCode;
  }
}
