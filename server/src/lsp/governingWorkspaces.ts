import { dirname } from 'node:path';
import type { LanguageService, LocatedFinding, ParsedDocument, Profiles, Workspace } from '#service/service';
import { workspaceFileName, type DocumentForm } from '#dots/workspace/fileNames';
import { noWorkspace } from '#dots/workspace/workspaceFile';
import { bytesOf, isFile, nearest, uriOf } from '#host/files';

/** A workspace file and what it says. */
export interface Governing {
  /** Its path; undefined where there is none. */
  path: string | undefined;
  workspace: Workspace;
  /** It has errors or cannot be read, and nothing in it counts. */
  faulty: boolean;
}

/** One of the product's own files that was read from disk, and what is wrong with it. */
export interface OwnFile {
  uri: string;
  findings: LocatedFinding[];
}

const ungoverned: Governing = { path: undefined, workspace: noWorkspace, faulty: false };

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

  /** The workspace file of a document, read; a document that is not on disk has none. `profiles`: what it may name. */
  async of(path: string | undefined, profiles: Profiles | undefined): Promise<Governing> {
    const file = path === undefined ? undefined : await this.fileOf(path);
    const document =
      file === undefined
        ? undefined
        : await this.read(file, 'workspace', (read) => this.service.workspaceFindings(read, profiles));
    if (file === undefined) return ungoverned;
    if (document === undefined) return (await isFile(file)) ? { ...ungoverned, path: file, faulty: true } : ungoverned;
    const faulty = this.service.workspaceFindings(document, profiles).some(({ severity }) => severity === 'error');
    return { path: file, workspace: this.service.workspace(document), faulty };
  }

  /** The server profiles of a file; undefined where it is not there or has faults. */
  async profiles(path: string): Promise<Profiles | undefined> {
    const document = await this.read(path, 'profiles', (read) => this.service.validate(read).findings);
    const sound =
      document !== undefined && this.service.validate(document).findings.every(({ severity }) => severity !== 'error');
    return sound ? this.service.profiles(document) : undefined;
  }

  private async read(
    path: string,
    form: DocumentForm,
    findingsOf: (document: ParsedDocument) => LocatedFinding[],
  ): Promise<ParsedDocument | undefined> {
    const open = this.open(path);
    if (open !== undefined) return open.form === form ? open : this.service.parse(open.text, path, form);
    const bytes = await bytesOf(path);
    if (bytes === undefined) return undefined;
    const document = this.service.parse(bytes, path, form);
    this.heard({ uri: uriOf(path), findings: findingsOf(document) });
    return document;
  }
}
