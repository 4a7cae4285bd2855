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
  constructor(readonly scheme: string, readonly path: string, readonly query = '') {}
  static file(path: string): Uri {
    return new Uri('file', path);
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

export interface Document { uri: Uri; languageId: string; isUntitled?: boolean; getText: () => string }

/** What the features asked the editor for, and what it answers; a test empties or fills it. */
export const editor = {
  errors: [] as string[],
  documents: [] as Document[],
  /** The files of the only folder, by path. */
  files: new Map<string, { mtime: number; text: string }>(),
  /** The paths of the files that were read. */
  reads: [] as string[],
  showTextDocument: (): Promise<void> => Promise.resolve(),
};

const nothing = { dispose: () => undefined };

export const window = {
  showErrorMessage: (message: string) => {
    editor.errors.push(message);
    return Promise.resolve(undefined);
  },
  showTextDocument: () => editor.showTextDocument(),
  setStatusBarMessage: () => nothing,
};

export const commands = { executeCommand: () => Promise.resolve(undefined), registerCommand: () => nothing };

export const workspace = {
  get textDocuments(): Document[] {
    return editor.documents;
  },
  openTextDocument: (uri: Uri) => Promise.resolve(editor.documents.find((document) => document.uri.toString() === uri.toString())),
  registerTextDocumentContentProvider: () => nothing,
  asRelativePath: (uri: Uri) => basename(uri.path),
  fs: {
    readDirectory: () => Promise.resolve([...editor.files.keys()].map((path) => [basename(path), 1])),
    stat: ({ path }: Uri) => Promise.resolve({ mtime: editor.files.get(path)?.mtime, size: editor.files.get(path)?.text.length }),
    readFile: ({ path }: Uri) => {
      editor.reads.push(path);
      return Promise.resolve(new TextEncoder().encode(editor.files.get(path)?.text));
    },
  },
};

export const ViewColumn = { Beside: -2 };
