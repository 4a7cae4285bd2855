import { dirname } from 'node:path';
import type { IndexEntry } from '#service/service';
import type { ValidationService } from '#service/validationService';
import { documentIn, looksLikeDocument, mayBeDocument } from './documentFiles';
import { attempt, exists, isWithin, readStart, realFile, walk, type RealFile } from './files';

/** The limits of what is read of a folder whose files are not open. What exceeds them is left out, and reported. */
export interface FolderLimits {
  /** Files and folders that are visited. */
  steps: number;
  /** Octets of one file: reading it blocks the event loop. */
  fileOctets: number;
  /** Octets of all files of a folder. */
  octets: number;
}

const mebibyte = 1024 * 1024;

/** An ACL of 10,000 entries has 4 MiB. */
export const folderLimits: FolderLimits = { steps: 100_000, fileOctets: 4 * mebibyte, octets: 64 * mebibyte };

/** Work is interrupted after this long, milliseconds. */
const sliceMs = 15;

/** Yields to other work; without it the work is done synchronously. */
export interface Pauses {
  /** Milliseconds from an arbitrary start. */
  now(): number;
  /** Settles after pending work has been done. */
  pause(): Promise<void>;
}

/** A folder whose documents are known; with `deep` those in the folders below too. */
export interface IndexedFolder {
  folder: string;
  deep: boolean;
}

/** What is known of the documents of a folder. */
export interface FolderDocuments {
  /**
   * The documents by path, except those that are open; a file with several names is under one of them. The same object
   * while nothing has changed.
   */
  entries: ReadonlyMap<string, IndexEntry>;
  /** The paths of files and folders that were not read. */
  leftOut: readonly string[];
  /** The folder has been read completely. */
  isLoaded: boolean;
}

export interface FolderIndexOptions {
  service: ValidationService;
  /** Whether the text of a path comes from elsewhere, so that its file is not used. */
  isOpen(path: string): boolean;
  limits?: FolderLimits;
  pauses?: Pauses;
  /** Called when a folder has been read. */
  ready?(): void;
  failed?(error: unknown): void;
}

/** What is known of the documents on disk, folder by folder: each file is read once, and again only when it changes. */
export class FolderIndex {
  private readonly roots = new Map<string, Root>();

  constructor(private readonly options: FolderIndexOptions) {}

  /** The documents of a folder as far as they have been read; the first call starts reading. */
  documents(folder: IndexedFolder): FolderDocuments {
    return this.rootOf(folder);
  }

  /** Settles when a folder has been read. */
  async loaded(folder: IndexedFolder): Promise<FolderDocuments> {
    const root = this.rootOf(folder);
    await root.loading;
    return root;
  }

  /** Reads a file again that changed, came or went, or was opened or closed. */
  changed(path: string): void {
    if (!mayBeDocument(path)) return;
    for (const root of this.roots.values()) if (root.contains(path)) root.changed(path);
  }

  private rootOf(folder: IndexedFolder): Root {
    const key = `${folder.deep ? 'below' : 'in'} ${folder.folder}`;
    const known = this.roots.get(key);
    if (known !== undefined) return known;
    const root = new Root(folder, this.options);
    this.roots.set(key, root);
    root.loading = root.load().then(this.options.ready, this.options.failed);
    return root;
  }
}

/** A file of a folder, with all of its names. */
interface KnownFile {
  names: Set<string>;
  /** Its share of the limit of its folder. */
  octets: number;
  /** undefined: it is not a document, or it is open. */
  entry: IndexEntry | undefined;
}

/** One folder of the index. */
class Root implements FolderDocuments {
  isLoaded = false;
  loading: Promise<void> = Promise.resolve();
  private readonly files = new Map<string, KnownFile>();
  private readonly identities = new Map<string, string>();
  private readonly unread = new Set<string>();
  private readonly limits: FolderLimits;
  private octets = 0;
  private collected: Pick<FolderDocuments, 'entries' | 'leftOut'> | undefined;

  constructor(
    private readonly at: IndexedFolder,
    private readonly options: FolderIndexOptions,
  ) {
    this.limits = options.limits ?? folderLimits;
  }

  get leftOut(): readonly string[] {
    return this.now().leftOut;
  }

  get entries(): ReadonlyMap<string, IndexEntry> {
    return this.now().entries;
  }

  /** What is known, collected once after each change: who asks again gets the same objects. */
  private now(): Pick<FolderDocuments, 'entries' | 'leftOut'> {
    const leftOut = (): string[] => [...this.unread].filter((path) => !this.options.isOpen(path));
    return (this.collected ??= { entries: this.collect(), leftOut: leftOut() });
  }

  private collect(): Map<string, IndexEntry> {
    const entries = new Map<string, IndexEntry>();
    for (const { names, entry } of this.files.values()) {
      const [name] = names;
      if (entry !== undefined && name !== undefined && ![...names].some((each) => this.options.isOpen(each)))
        entries.set(name, entry);
    }
    return entries;
  }

  contains(path: string): boolean {
    return this.at.deep ? isWithin(this.at.folder, path) : dirname(path) === this.at.folder;
  }

  /** Reads the folder. */
  async load(): Promise<void> {
    const { pauses } = this.options;
    let steps = 0;
    let begun = pauses?.now() ?? 0;
    for (const { path, kind } of walk(this.at.folder, this.at.deep, (folder) => this.refused(folder))) {
      steps += 1;
      if (steps > this.limits.steps) {
        this.unread.add(this.at.folder);
        this.collected = undefined;
        break;
      }
      // A file that is there, and not under the name that Node.js has for it, has a name that is not UTF-8.
      if (kind !== 'folder' && mayBeDocument(path) && !this.add(path) && kind === 'file') this.unread.add(path);
      if (pauses === undefined || pauses.now() - begun < sliceMs) continue;
      await pauses.pause();
      begun = pauses.now();
    }
    this.isLoaded = true;
  }

  /** Reads a file again, by all of its names; then files that were left out and may now be within the limits. */
  changed(path: string): void {
    this.again(path);
    for (const unread of [...this.unread]) if (mayBeDocument(unread)) this.again(unread);
  }

  /** An existing folder that cannot be read may contain documents. */
  private refused(folder: string): void {
    this.collected = undefined;
    if (exists(folder)) this.unread.add(folder);
  }

  private again(path: string): void {
    this.collected = undefined;
    const identities = [this.identities.get(path), attempt(() => realFile(path))?.identity];
    const names = new Set([path, ...identities.flatMap((identity) => this.forget(identity))]);
    for (const name of names) this.add(name);
  }

  /** Removes a file; returns its names. */
  private forget(identity: string | undefined): string[] {
    const file = identity === undefined ? undefined : this.files.get(identity);
    if (file === undefined || identity === undefined) return [];
    this.files.delete(identity);
    this.octets -= file.octets;
    for (const name of file.names) this.identities.delete(name);
    return [...file.names];
  }

  /** Whether there is a file. */
  private add(path: string): boolean {
    this.collected = undefined;
    this.unread.delete(path);
    const file = attempt(() => realFile(path));
    if (file === undefined) return false;
    const known = this.files.get(file.identity);
    if (known === undefined) this.files.set(file.identity, this.read(path, file));
    else known.names.add(path);
    this.identities.set(path, file.identity);
    return true;
  }

  private read(path: string, file: RealFile): KnownFile {
    const nothing: KnownFile = { names: new Set([path]), octets: 0, entry: undefined };
    if (this.options.isOpen(path) || !looksLikeDocument(path, file)) return nothing;
    const octets = this.isWithinLimits(file) ? attempt(() => readStart(path, file.size)) : undefined;
    if (octets === undefined) {
      this.unread.add(path);
      return nothing;
    }
    this.octets += file.size;
    const document = documentIn(this.options.service, path, octets);
    return { ...nothing, octets: file.size, entry: document && this.options.service.index(document, false) };
  }

  private isWithinLimits({ size }: RealFile): boolean {
    return size <= this.limits.fileOctets && this.octets + size <= this.limits.octets;
  }
}
