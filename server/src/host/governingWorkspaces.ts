import { dirname } from 'node:path';
import { fileReason } from '#dots/runtime/fileReason';
import type { DocumentContext, LocatedFinding, ParsedDocument, Profiles, Workspace } from '#service/service';
import type { ValidationService } from '#service/validationService';
import type { DocumentForm } from '#dots/workspace/fileNames';
import type { IgnoredWorkspaceFile } from '#dots/workspace/leftOut';
import { noWorkspace } from '#dots/workspace/workspaceFile';
import { attempt, exists, isFile, pathWithin, readStart, realFile } from './files';
import { systemOwners, type Owners } from './ownership';
import { WorkspaceSearch } from './workspaceSearch';

/** The settings of a document: its workspace file, and the content. */
export interface GoverningWorkspace {
  /** The path of the file; undefined if there is none. */
  path: string | undefined;
  workspace: Workspace;
  /** The faults of the file. */
  findings: readonly LocatedFinding[];
  /** The file has errors or cannot be read, so its settings for the document are unknown. */
  isBroken: boolean;
  /** Files that would apply to the document and are not used. */
  ignored: readonly IgnoredWorkspaceFile[];
}

/** The user's file of server profiles. */
export interface ProfilesFile {
  path: string;
  state: 'read' | 'absent' | 'faulty';
  /** undefined unless it was read. */
  profiles: Profiles | undefined;
  findings: readonly LocatedFinding[];
}

/** One of the product's own files that was read from disk, and its faults. */
export interface OwnFile {
  path: string;
  findings: readonly LocatedFinding[];
}

export interface WorkspacesOptions {
  service: ValidationService;
  /** The path of the workspace file that the command line names: it applies to every document, wherever that is. */
  named?: string | undefined;
  /** The open text of a path, read. */
  open?(path: string): ParsedDocument | undefined;
  /** The folders that are open in the editor, as paths: workspace files above them are not used. */
  folders?(): readonly string[];
  /** Called with each file that is read from disk, each time. */
  heard?(file: OwnFile): void;
  owners?: Owners;
}

/** The largest of the product's own files that is read, octets. */
const maximumSize = 4 * 1024 * 1024;

/** The octets of a file and their content. */
interface FileText {
  octets: Uint8Array;
  document: ParsedDocument;
}

/** The content of a workspace file, with the given profiles. */
type Reading = Omit<GoverningWorkspace, 'path' | 'ignored'> & { profiles: Profiles | undefined };

/** The context of documents, by their path. */
interface Contexts {
  profiles: Profiles | undefined;
  byPath: Map<string, DocumentContext>;
}

/**
 * The workspace files of documents and the user's profiles, as they are now: open texts take precedence over files on
 * disk.
 */
export class GoverningWorkspaces {
  private readonly search: WorkspaceSearch;
  private readonly texts = new Map<string, FileText>();
  private readonly readings = new WeakMap<ParsedDocument, Reading>();
  private readonly profileFiles = new WeakMap<ParsedDocument, ProfilesFile>();
  private readonly contexts = new WeakMap<Workspace, Contexts>();
  private searches = 0;

  constructor(private readonly options: WorkspacesOptions) {
    this.search = new WorkspaceSearch(options.owners ?? systemOwners, options.folders ?? (() => []));
  }

  /** The path of the workspace file of a document; a document that is not on disk has none unless one is named. */
  fileOf(path: string | undefined): string | undefined {
    return this.options.named ?? (path === undefined ? undefined : this.search.from(dirname(path)).path);
  }

  /** Clears the search results: a workspace file may have been added or removed. */
  forget(): void {
    this.search.forget();
    this.searches += 1;
  }

  /** How often search results were cleared: while it is the same, each document has the same workspace file. */
  get generation(): number {
    return this.searches;
  }

  /** The settings of a document. `profiles`: those that the workspace file may name; undefined if unknown. */
  of(path: string | undefined, profiles: Profiles | undefined): GoverningWorkspace {
    const file = this.fileOf(path);
    const ignored =
      path === undefined || this.options.named !== undefined ? [] : this.search.from(dirname(path)).ignored;
    if (file === undefined) return { path: file, workspace: noWorkspace, findings: [], isBroken: false, ignored };
    const document = this.read(file, 'workspace');
    if (typeof document !== 'string') return { path: file, ...this.reading(document, file, profiles), ignored };
    if (this.options.named === undefined && !isFile(file)) return this.ofOther(path, profiles);
    const unread: IgnoredWorkspaceFile = { path: file, because: { kind: 'unreadable', reason: document } };
    return { path: file, workspace: noWorkspace, findings: [], isBroken: true, ignored: [...ignored, unread] };
  }

  /** The server profiles of a file. */
  profiles(path: string): ProfilesFile {
    const document = this.read(path, 'profiles');
    if (typeof document === 'string')
      return {
        path,
        state: attempt(() => realFile(path)) === undefined ? 'absent' : 'faulty',
        profiles: undefined,
        findings: [],
      };
    const known = this.profileFiles.get(document) ?? this.readProfiles(document, path);
    this.profileFiles.set(document, known);
    this.hear(path, known.findings);
    return known;
  }

  /** The context of a document; the same object while it is unchanged. */
  contextOf(
    { workspace, path: file }: GoverningWorkspace,
    path: string,
    profiles: Profiles | undefined,
  ): DocumentContext {
    const known = this.contexts.get(workspace);
    const contexts = known?.profiles === profiles && known !== undefined ? known : { profiles, byPath: new Map() };
    this.contexts.set(workspace, contexts);
    const context =
      contexts.byPath.get(path) ??
      this.options.service.context(workspace, profiles ?? new Map(), pathInWorkspace(file, path));
    contexts.byPath.set(path, context);
    return context;
  }

  /** The file was found before and no longer exists. */
  private ofOther(path: string | undefined, profiles: Profiles | undefined): GoverningWorkspace {
    this.forget();
    return this.of(path, profiles);
  }

  private reading(document: ParsedDocument, file: string, profiles: Profiles | undefined): Reading {
    const { service } = this.options;
    const known = this.readings.get(document);
    const reading = known !== undefined && known.profiles === profiles ? known : readingOf(service, document, profiles);
    this.readings.set(document, reading);
    this.hear(file, reading.findings);
    return reading;
  }

  private readProfiles(document: ParsedDocument, path: string): ProfilesFile {
    const { findings } = this.options.service.validate(document);
    if (findings.some(({ severity }) => severity === 'error'))
      return { path, state: 'faulty', profiles: undefined, findings };
    return { path, state: 'read', profiles: this.options.service.profiles(document), findings };
  }

  /** Reports the faults of a file, unless it is open: then it is shown as a document. */
  private hear(path: string, findings: readonly LocatedFinding[]): void {
    if (this.options.open?.(path) === undefined) this.options.heard?.({ path, findings });
  }

  /** A file of the product's own, or why it cannot be read: the end of a sentence. Unchanged octets are read once. */
  private read(path: string, form: DocumentForm): ParsedDocument | string {
    const { service } = this.options;
    const open = this.options.open?.(path);
    if (open !== undefined) return open.form === form ? open : service.parse(open.text, path, form);
    const octets = octetsOf(path);
    if (typeof octets === 'string') return octets;
    const known = this.texts.get(path);
    if (known !== undefined && known.document.form === form && Buffer.compare(known.octets, octets) === 0)
      return known.document;
    const document = service.parse(octets, path, form);
    this.texts.set(path, { octets, document });
    return document;
  }
}

/** The path of a document as its workspace file names it: relative to the folder of the file, with forward slashes. */
export function pathInWorkspace(workspaceFile: string | undefined, path: string): string {
  return workspaceFile === undefined ? path : pathWithin(dirname(workspaceFile), path);
}

function readingOf(service: ValidationService, document: ParsedDocument, profiles: Profiles | undefined): Reading {
  const findings = service.workspaceFindings(document, profiles);
  const isBroken = findings.some(({ severity }) => severity === 'error');
  return { workspace: service.workspace(document), findings, isBroken, profiles };
}

/** The octets of a file of the product's own, or why they cannot be read: the end of a sentence. */
export function octetsOf(path: string): Uint8Array | string {
  try {
    const file = realFile(path);
    if (file === undefined) return exists(path) ? 'it is not a file' : 'there is no such file';
    return file.size > maximumSize ? `it is larger than ${maximumSize} octets` : readStart(path, file.size);
  } catch (error) {
    return fileReason(error);
  }
}
