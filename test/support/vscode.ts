/** As much of the editor as the features under test touch, each call of it in the hands of the test. */
import { basename, posix } from 'node:path';

type Listener<T> = (value: T) => void;

export class EventEmitter<T> {
  private readonly listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>): { dispose: () => void } => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of this.listeners) listener(value);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

export class Uri {
  constructor(
    readonly scheme: string,
    readonly path: string,
    readonly query = '',
  ) {}
  static file(path: string): Uri {
    return new Uri('file', path);
  }
  static parse(uri: string): Uri {
    const { protocol, pathname } = new URL(uri);
    return new Uri(protocol.slice(0, -1), pathname);
  }
  static from({ scheme, path, query }: { scheme: string; path: string; query: string }): Uri {
    return new Uri(scheme, path, query);
  }
  static joinPath(base: Uri, ...parts: string[]): Uri {
    return new Uri(base.scheme, posix.join(base.path, ...parts));
  }
  toString(): string {
    return `${this.scheme}:${this.path}?${this.query}`;
  }
}

export interface Document {
  uri: Uri;
  languageId: string;
  version?: number;
  isClosed?: boolean;
  isUntitled?: boolean;
  getText: () => string;
}

export class Range {
  constructor(
    readonly startLine: number,
    readonly startCharacter: number,
    readonly endLine: number,
    readonly endCharacter: number,
  ) {}
}

export class CodeLens {
  constructor(
    readonly range: Range,
    readonly command: { title: string; command: string; arguments: unknown[] },
  ) {}
}

export class CancellationTokenSource {
  private readonly cancelled = new EventEmitter<void>();
  readonly token = { isCancellationRequested: false, onCancellationRequested: this.cancelled.event };
  cancel(): void {
    this.token.isCancellationRequested = true;
    this.cancelled.fire();
  }
}

/** What the features asked the editor for, and what it answers; a test empties or fills it. */
export const editor = {
  errors: [] as string[],
  /** The buttons of the last error message. */
  ways: [] as string[],
  documents: [] as Document[],
  /** Documents that are closed. */
  closing: new EventEmitter<Document>(),
  /** The files, by path. */
  files: new Map<string, { mtime: number; text: string }>(),
  /** The paths of the files that were read. */
  reads: [] as string[],
  showTextDocument: (): Promise<void> => Promise.resolve(),
  trusted: true,
  /** What was asked in a modal message: its words and its detail. */
  confirmed: [] as string[],
  warnings: [] as string[],
  /** Whether the user presses the button of such a message. */
  agrees: true,
  /** What the user types into an input box, one after the other. */
  typed: [] as (string | undefined)[],
  /** How many times an input box was shown. */
  inputs: 0,
  /** The item of a quick pick that the user takes, by its label. */
  picks: '',
};

const nothing = { dispose: () => undefined };

export const window = {
  activeTextEditor: undefined,
  showErrorMessage: (message: string, ...ways: string[]) => {
    editor.errors.push(message);
    editor.ways = ways;
    return Promise.resolve(undefined);
  },
  showTextDocument: () => editor.showTextDocument(),
  setStatusBarMessage: () => nothing,
  showWarningMessage: (message: string, options?: { detail: string }, action?: string) => {
    if (options === undefined) editor.warnings.push(message);
    else editor.confirmed.push(`${message}\n${options.detail}`);
    return Promise.resolve(editor.agrees ? action : undefined);
  },
  showInputBox: () => {
    editor.inputs += 1;
    return Promise.resolve(editor.typed.shift());
  },
  showQuickPick: <T extends { label: string }>(items: T[]) =>
    Promise.resolve(items.find(({ label }) => label === editor.picks)),
};

export const languages = { registerCodeLensProvider: () => nothing };

export const commands = { executeCommand: () => Promise.resolve(undefined), registerCommand: () => nothing };

export const workspace = {
  get isTrusted(): boolean {
    return editor.trusted;
  },
  createFileSystemWatcher: () => ({
    ...nothing,
    onDidCreate: () => nothing,
    onDidChange: () => nothing,
    onDidDelete: () => nothing,
  }),
  onDidChangeTextDocument: () => nothing,
  onDidSaveTextDocument: () => nothing,
  onDidCloseTextDocument: editor.closing.event,
  onDidGrantWorkspaceTrust: () => nothing,
  onDidChangeConfiguration: () => nothing,
  get textDocuments(): Document[] {
    return editor.documents;
  },
  openTextDocument: (uri: Uri) =>
    Promise.resolve(editor.documents.find((document) => document.uri.toString() === uri.toString())),
  registerTextDocumentContentProvider: () => nothing,
  asRelativePath: (uri: Uri) => basename(uri.path),
  fs: {
    stat: ({ path }: Uri) =>
      Promise.resolve({ mtime: editor.files.get(path)?.mtime, size: editor.files.get(path)?.text.length }),
    readFile: ({ path }: Uri) => {
      editor.reads.push(path);
      return Promise.resolve(new TextEncoder().encode(editor.files.get(path)?.text));
    },
  },
};

export const ViewColumn = { Beside: -2 };
