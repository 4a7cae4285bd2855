import { dirname, isAbsolute } from 'node:path';
import type { DocumentContext } from '#dots/workspace/documentSet';
import { documentsOf, groupOf, type DocumentGroup, type DocumentPlaces } from '#dots/workspace/relatedDocuments';
import type { Profiles } from '#service/service';
import type { DocumentCache, SourceDocument } from './documentCache';
import { isWithin, type FileNaming } from './files';
import type { FolderDocuments, FolderIndex } from './folderIndex';
import type { GoverningWorkspace, GoverningWorkspaces } from './governingWorkspaces';
import type { KeptSets } from './keptSets';
import type { RelatedSet, SetMember } from './relatedSet';

/** The sources of the documents of sets. */
export interface SetsOptions {
  documents: DocumentCache;
  workspaces: GoverningWorkspaces;
  index: FolderIndex;
  naming: FileNaming;
  /** The texts that are open in the editor, or named on the command line. */
  sources(): readonly SourceDocument[];
  /** The sources are named on the command line. */
  areNamed: boolean;
}

type Members = Pick<RelatedSet, 'members' | 'byFile'>;

const nothing: FolderDocuments = { entries: new Map(), leftOut: [], isLoaded: true };

/** A snapshot of all documents: the workspace file of each, and which belong together. */
export class DocumentSets {
  private readonly sources: ReadonlyMap<string, SourceDocument>;
  private readonly sets = new Map<string, RelatedSet>();
  private readonly governings = new Map<string, GoverningWorkspace>();
  private readonly folders = new Map<string, FolderDocuments>();
  private readonly places: DocumentPlaces;
  private allSources: Members | undefined;

  constructor(
    private readonly options: SetsOptions,
    /** undefined if there are none, or their file has errors. */
    readonly profiles: Profiles | undefined,
    private readonly kept: KeptSets,
  ) {
    const { documents, areNamed } = options;
    const sources = options.sources().filter((source) => documents.isDocument(source));
    this.sources = new Map(sources.map((source) => [this.idOf(source.uri), source]));
    this.places = {
      folderOf,
      workspaceFileOf: (id) => options.workspaces.fileOf(isAbsolute(id) ? id : undefined),
      documentsIn: (folder, deep) => this.documentsIn(folder, deep),
      named: areNamed ? [...this.sources.keys()] : [],
    };
  }

  /** The workspace file of a document and its settings. */
  governing(uri: string): GoverningWorkspace {
    return this.governingAt(this.options.naming.pathOf(uri));
  }

  private governingAt(path: string | undefined): GoverningWorkspace {
    const key = path === undefined ? '' : dirname(path);
    const known = this.governings.get(key) ?? this.options.workspaces.of(path, this.profiles);
    this.governings.set(key, known);
    return known;
  }

  /** What is known of a document besides its text. */
  context(uri: string): DocumentContext {
    return this.contextAt(this.idOf(uri));
  }

  private contextAt(id: string): DocumentContext {
    const governing = this.governingAt(isAbsolute(id) ? id : undefined);
    return this.options.workspaces.contextOf(governing, id, this.profiles);
  }

  /** The documents that belong together with one, itself included. */
  of(uri: string): RelatedSet {
    const group = groupOf(this.idOf(uri), this.places);
    const known = this.sets.get(group.key) ?? this.keptOrBuilt(group);
    this.sets.set(group.key, known);
    return known;
  }

  /** Settles when the documents that belong together with one have been read. */
  async loaded(uri: string): Promise<void> {
    const { folder, workspaceFile } = groupOf(this.idOf(uri), this.places);
    if (folder !== undefined && isAbsolute(folder))
      await this.options.index.loaded({ folder, deep: workspaceFile !== undefined });
  }

  private idOf(uri: string): string {
    return this.options.naming.pathOf(uri) ?? uri;
  }

  /** The set of the snapshot before, if nothing that it is made from has changed. */
  private keptOrBuilt(group: DocumentGroup): RelatedSet {
    const { folder, workspaceFile } = group;
    const { entries, leftOut, isLoaded } =
      folder === undefined ? nothing : this.read(folder, workspaceFile !== undefined);
    const { documents, workspaces, areNamed } = this.options;
    if (areNamed) return this.build(group);
    const { workspace } = this.governingAt(workspaceFile);
    const open = [...this.sources].flatMap(([id, source]) => [id, documents.entry(source)]);
    const from = [entries, leftOut, isLoaded, workspace, workspaces.generation, this.profiles, ...open];
    return this.kept.set(group.key, from, () => this.build(group));
  }

  private build(group: DocumentGroup): RelatedSet {
    const { folder, workspaceFile } = group;
    const deep = workspaceFile !== undefined;
    const { entries, leftOut, isLoaded } = folder === undefined ? nothing : this.read(folder, deep);
    const ids = documentsOf(group, this.places);
    const unread = leftOut.filter((path) => this.places.workspaceFileOf(path) === workspaceFile);
    const complete = deep && unread.length === 0;
    // Without other sources the named documents are one set, whatever folders they are in.
    const areAllNamed = ids.length === this.sources.size && ids.every((id) => this.sources.has(id));
    const members = areAllNamed ? (this.allSources ??= this.membersOf(ids, entries)) : this.membersOf(ids, entries);
    return { key: areAllNamed ? '' : group.key, ...members, complete, isLoaded, leftOut: unread };
  }

  private membersOf(ids: readonly string[], entries: FolderDocuments['entries']): Members {
    const members = ids.flatMap((id) => this.member(id, entries));
    return { members, byFile: new Map(members.map((member) => [member.file, member])) };
  }

  private member(id: string, entries: FolderDocuments['entries']): SetMember[] {
    const source = this.sources.get(id);
    const entry = source === undefined ? entries.get(id) : this.options.documents.entry(source);
    if (entry === undefined) return [];
    const file = (): string => source?.uri ?? this.options.naming.nameOf(id);
    return [this.kept.member(id, entry, this.contextAt(id), file)];
  }

  /** Those on disk, and those that are open. */
  private documentsIn(folder: string, deep: boolean): string[] {
    const isIn = (id: string): boolean => (deep && isAbsolute(id) ? isWithin(folder, id) : folderOf(id) === folder);
    return [...this.read(folder, deep).entries.keys(), ...[...this.sources.keys()].filter(isIn)];
  }

  private read(folder: string, deep: boolean): FolderDocuments {
    const key = `${deep} ${folder}`;
    const known =
      this.folders.get(key) ?? (isAbsolute(folder) ? this.options.index.documents({ folder, deep }) : nothing);
    this.folders.set(key, known);
    return known;
  }
}

/** The folder of a path, or of a URI that has one. */
function folderOf(id: string): string | undefined {
  if (isAbsolute(id)) return dirname(id);
  const slash = id.lastIndexOf('/');
  return slash < 0 ? undefined : id.slice(0, slash);
}
