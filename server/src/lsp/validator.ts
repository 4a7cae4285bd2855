import { dirname } from 'node:path';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Direction } from '#dots/check/check';
import type { DocumentContext, IndexEntry, LanguageService, LocatedFinding, Profiles } from '#service/service';
import type { FileContext } from '#dots/workspace/workspaceFile';
import type { DocumentIndex } from '#host/folderIndex';
import type { Readings } from './documentCache';
import { isWithin, pathOf, pathWithin, uriOf } from '#host/files';
import type { Settings } from './settings';
import type { Governing, Workspaces } from './governingWorkspaces';

/** What belongs to an open document: its workspace file, its path in it, and the folder whose documents are judged with it. */
interface Scene {
  path: string | undefined;
  governing: Governing;
  /** undefined where there are none, or their file has faults. */ profiles: Profiles | undefined;
  root: string | undefined;
}

/** A document of a set, by its URI. */
interface Member {
  entry: IndexEntry;
  context: DocumentContext;
}

/** Judges open documents: by themselves, as their workspace file wants it, and together with the others of their folder. */
export class Judge {
  /** Folders that are open in the editor, as paths. */
  folders: readonly string[] = [];

  constructor(
    private readonly service: LanguageService,
    private readonly readings: Readings,
    private readonly settings: Settings,
    private readonly workspaces: Workspaces,
    private readonly index: DocumentIndex,
    private readonly open: () => TextDocument[],
  ) {}

  /** All findings of a document; `direction` as which it is judged, unless the workspace file or its members tell. */
  async findings(document: TextDocument, direction?: Direction): Promise<LocatedFinding[]> {
    const scene = await this.sceneOf(document.uri);
    const own = await this.own(document, scene, direction);
    if (this.readings.parsed(document).form !== 'dots') return own;
    return this.adjusted([...own, ...(await this.cross(document, scene))], scene);
  }

  /** What governs a document, what is known of it besides its text, and what of that the workspace file itself says. */
  async surroundings(uri: string): Promise<{ governing: Governing; context: DocumentContext; said: FileContext }> {
    const scene = await this.sceneOf(uri);
    const { governing, path } = scene;
    const said = governing.workspace.contextOf(path === undefined ? '' : pathInWorkspace(governing, path));
    return { governing, context: this.contextOf(scene, uri), said };
  }

  /** The names of the server profiles that count now. */
  async profileNames(): Promise<string[]> {
    return [...((await this.profiles())?.keys() ?? [])];
  }

  private async own(
    document: TextDocument,
    scene: Scene,
    direction = this.contextOf(scene, document.uri).direction,
  ): Promise<LocatedFinding[]> {
    const parsed = this.readings.parsed(document);
    if (parsed.form === 'workspace') return this.service.workspaceFindings(parsed, scene.profiles);
    const level = scene.governing.workspace.level ?? (await this.settings.level(document.uri));
    return this.readings.validation(document, level, direction).findings;
  }

  private adjusted(findings: readonly LocatedFinding[], { governing, path }: Scene): LocatedFinding[] {
    return this.service.adjusted(
      findings,
      governing.workspace,
      path === undefined ? '' : pathInWorkspace(governing, path),
    );
  }

  private async sceneOf(uri: string): Promise<Scene> {
    const path = pathOf(uri);
    const profiles = await this.profiles();
    const governing = await this.workspaces.of(path, profiles);
    return { path, governing, profiles, root: this.rootOf(path, governing.path) };
  }

  private async profiles(): Promise<Profiles | undefined> {
    return this.settings.trusted ? this.workspaces.profiles(await this.settings.profilesFile()) : undefined;
  }

  private rootOf(path: string | undefined, workspaceFile: string | undefined): string | undefined {
    if (workspaceFile !== undefined) return dirname(workspaceFile);
    return path === undefined ? undefined : this.folders.find((folder) => isWithin(folder, path));
  }

  private contextOf({ governing, profiles }: Scene, uri: string): DocumentContext {
    const path = pathOf(uri);
    return this.service.context(
      governing.workspace,
      profiles ?? new Map(),
      path === undefined ? '' : pathInWorkspace(governing, path),
    );
  }

  /** What is wrong between the document and the others of its set; nothing before all of them have been read. */
  private async cross(document: TextDocument, scene: Scene): Promise<LocatedFinding[]> {
    const members = await this.membersOf(scene);
    if (scene.root !== undefined && !this.index.isLoaded(scene.root)) return [];
    const faults = this.service.cross({
      complete: scene.governing.path !== undefined,
      members: [...members].map(([file, { entry, context }]) => ({
        file,
        facts: entry.facts,
        certain: entry.certain,
        context,
      })),
    });
    const entries = new Map([...members].map(([file, { entry }]) => [file, entry]));
    return this.service.locateCross(this.readings.parsed(document), faults.get(document.uri) ?? [], entries);
  }

  /** The documents of a scene's set: the open ones as they are typed, the others as they are on disk. */
  private async membersOf(scene: Scene): Promise<Map<string, Member>> {
    const members = new Map<string, Member>();
    const open = new Set<string>();
    for (const document of this.open()) {
      const path = pathOf(document.uri);
      if (path !== undefined) open.add(path);
      if (
        !this.readings.isForeign(document) &&
        this.readings.parsed(document).form === 'dots' &&
        (await this.belongs(scene, path))
      ) {
        members.set(document.uri, {
          entry: this.readings.entry(document),
          context: this.contextOf(scene, document.uri),
        });
      }
    }
    for (const [path, entry] of scene.root === undefined ? [] : this.index.below(scene.root)) {
      if (!open.has(path) && (await this.belongs(scene, path)))
        members.set(uriOf(path), { entry, context: this.contextOf(scene, uriOf(path)) });
    }
    return members;
  }

  private async belongs({ governing, root }: Scene, path: string | undefined): Promise<boolean> {
    const file = path === undefined ? undefined : await this.workspaces.fileOf(path);
    return file === governing.path && this.rootOf(path, file) === root;
  }
}

const pathInWorkspace = ({ path: workspace }: Governing, path: string): string =>
  workspace === undefined ? path : pathWithin(dirname(workspace), path);
