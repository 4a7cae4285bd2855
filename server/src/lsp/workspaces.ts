import { dirname } from 'node:path';
import type { LanguageService, LocatedFinding, ParsedDocument, Profiles, Workspace } from '#service/service';
import { workspaceFileName, type DocumentForm } from '#service/workspace/names';
import { noWorkspace } from '#service/workspace/settings';
import { bytesOf, nearest, uriOf } from './files';

/** A workspace file and what it says. */
export interface Governing {
  /** Its path; undefined where there is none. */
  path: string | undefined;
  workspace: Workspace;
}

/** One of the product's own files that was read from disk, and what is wrong with it. */
export interface OwnFile { uri: string; findings: LocatedFinding[] }

const ungoverned: Governing = { path: undefined, workspace: noWorkspace };

/** The workspace files of documents and the user's profiles, as they are now: open texts count before what is on disk. */
export class Workspaces {
  private readonly nearestOf = new Map<string, Promise<string | undefined>>();

  constructor(
    private readonly service: LanguageService,
    /** The open text of a path, read; undefined where it is not open. */
    private readonly open: (path: string) => ParsedDocument | undefined,
    /** Hears what is wrong with a file that was read from disk, each time it is read. */
    private readonly heard: (file: OwnFile) => void,
  ) {}

  /** The path of the workspace file of a document. */
  fileOf(path: string): Promise<string | undefined> {
    const folder = dirname(path);
    const known = this.nearestOf.get(folder) ?? nearest(workspaceFileName, path);
    this.nearestOf.set(folder, known);
    return known;
  }

  /** Forgets where workspace files are: one may have come or gone. */
  forget(): void {
    this.nearestOf.clear();
  }

  /** The workspace file of a document, read; a document that is not on disk has none. */
  async of(path: string | undefined): Promise<Governing> {
    const file = path === undefined ? undefined : await this.fileOf(path);
    const document = file === undefined ? undefined : await this.read(file, 'workspace');
    return file === undefined || document === undefined ? ungoverned : { path: file, workspace: this.service.workspace(document) };
  }

  /** The server profiles of a file; none where it is not there. */
  async profiles(path: string): Promise<Profiles> {
    const document = await this.read(path, 'profiles');
    return document === undefined ? new Map() : this.service.profiles(document);
  }

  private async read(path: string, form: DocumentForm): Promise<ParsedDocument | undefined> {
    const open = this.open(path);
    if (open !== undefined) return open.form === form ? open : this.service.parse(open.text, path, form);
    const bytes = await bytesOf(path);
    if (bytes === undefined) return undefined;
    const document = this.service.parse(bytes, path, form);
    this.heard({ uri: uriOf(path), findings: this.service.validate(document).findings });
    return document;
  }
}
