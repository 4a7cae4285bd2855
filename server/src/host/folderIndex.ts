import { documentTypeOf } from '#dots/model/documents';
import type { IndexEntry, LanguageService } from '#service/service';
import { isDocumentName, mayHoldDocument, skippedFolders } from '#dots/workspace/fileNames';
import { bytesOf, filesBelow, isWithin } from './files';

interface Root {
  entries: Map<string, IndexEntry>;
  loaded: boolean;
}

/** What is known of the documents on disk, folder by folder: each file is read once, and again only when it changes. */
export class DocumentIndex {
  private readonly roots = new Map<string, Root>();

  constructor(
    private readonly service: LanguageService,
    /** Called when a folder has been read. */ private readonly ready: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** The documents below a folder by path, as far as they have been read: the first time it is begun, and told when done. */
  below(folder: string): ReadonlyMap<string, IndexEntry> {
    const known = this.roots.get(folder);
    if (known !== undefined) return known.entries;
    const root: Root = { entries: new Map(), loaded: false };
    this.roots.set(folder, root);
    this.load(folder, root).catch((error: unknown) => this.failed(error));
    return root.entries;
  }

  /** Whether all of a folder has been read. */
  isLoaded(folder: string): boolean {
    return this.roots.get(folder)?.loaded === true;
  }

  /** Reads a file again that changed, came or went. */
  async changed(path: string): Promise<void> {
    const roots = [...this.roots].filter(([folder]) => isWithin(folder, path));
    if (roots.length === 0 || !mayHoldDocument(path) || path.split(/[/\\]/).some((name) => skippedFolders.has(name)))
      return;
    const entry = await this.read(path);
    for (const [, { entries }] of roots) {
      if (entry === undefined) entries.delete(path);
      else entries.set(path, entry);
    }
  }

  private async load(folder: string, root: Root): Promise<void> {
    for (const path of (await filesBelow(folder)).filter(mayHoldDocument)) {
      const entry = await this.read(path);
      if (entry !== undefined) root.entries.set(path, entry);
    }
    root.loaded = true;
    this.ready();
  }

  private async read(path: string): Promise<IndexEntry | undefined> {
    const bytes = await bytesOf(path);
    if (bytes === undefined) return undefined;
    if (!isDocumentName(path) && !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('ietf-dots-'))
      return undefined;
    const document = this.service.parse(bytes, path);
    return isDocumentName(path) || documentTypeOf(document.value) !== undefined
      ? this.service.index(document, false)
      : undefined;
  }
}
