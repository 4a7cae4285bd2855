import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { describeError } from '#dots/model/errors';
import { judging as service } from '#service/validationService';
import type { LocatedFinding, ParsedDocument, Profiles, Workspace } from '#service/service';
import { formOf, profilesFileName, workspaceFileName } from '#dots/workspace/fileNames';
import { noWorkspace } from '#dots/workspace/workspaceFile';
import type { Given, Option } from './command';
import { tell } from './document';
import { readInput } from './files';
import type { Io } from './io';

/** The options of every command that heeds the workspace file. */
export const workspaceOptions: readonly Option[] = [
  {
    name: 'workspace',
    value: 'FILE',
    description: `The workspace file; without it, the nearest ${workspaceFileName} upwards of each document.`,
  },
  {
    name: 'profiles',
    value: 'FILE',
    description: `The file of server profiles (default ${profilesFileName} in the folder dots of the user's configuration).`,
  },
];

/** A workspace file and what it says. */
export interface Governing {
  /** Its absolute path; undefined where there is none. */
  file: string | undefined;
  workspace: Workspace;
  findings: LocatedFinding[];
  /** The path of a workspace file that counts for nothing, because it has faults or cannot be read. */
  broken?: string;
}

const ungoverned: Governing = { file: undefined, workspace: noWorkspace, findings: [] };

/** The workspace files and the profiles that documents of one run are read with; each file is read once. */
export class Workspaces {
  private readonly read = new Map<string, Promise<Governing>>();

  private constructor(
    private readonly io: Io,
    private readonly named: string | undefined,
    readonly profiles: Profiles,
    /** The path of the profiles file; undefined where there is none. */
    readonly profilesFile: string | undefined,
    /** Findings of the profiles file, where it has any. */
    readonly profileFindings: { file: string; findings: LocatedFinding[] } | undefined,
  ) {}

  /** Reads the files that the command line names. Throws UsageError where one of them cannot be read. */
  static async open(given: Given, io: Io): Promise<Workspaces> {
    const path = given.option('profiles') ?? usualProfiles();
    const document =
      path === undefined ? undefined : service.parse((await readInput(path, io)).bytes, path, 'profiles');
    const findings = document === undefined ? [] : service.validate(document).findings;
    const workspace = given.option('workspace');
    if (workspace !== undefined) await readInput(workspace, io);
    const profiles: Profiles = document === undefined ? new Map() : service.profiles(document);
    return new Workspaces(
      io,
      workspace,
      profiles,
      path,
      path === undefined || findings.length === 0 ? undefined : { file: path, findings },
    );
  }

  /** The profiles, unless there is no file of them or it has faults. */
  get knownProfiles(): Profiles | undefined {
    return this.profilesFile === undefined ||
      this.profileFindings?.findings.some(({ severity }) => severity === 'error') === true
      ? undefined
      : this.profiles;
  }

  /** What a file is that the command line names as one of the product's own. */
  formNamed(file: string): 'workspace' | 'profiles' | undefined {
    const path = resolve(file);
    if (this.named !== undefined && path === resolve(this.named)) return 'workspace';
    return this.profilesFile !== undefined && path === resolve(this.profilesFile) ? 'profiles' : undefined;
  }

  /** The workspace file of a document: the one that the command line names, or the nearest upwards. */
  of(file: string): Promise<Governing> {
    const path = this.named ?? (file === '-' ? undefined : nearest(dirname(resolve(file))));
    if (path === undefined || formOf(file) !== 'dots') return Promise.resolve(ungoverned);
    const absolute = resolve(path);
    const known = this.read.get(absolute) ?? this.load(absolute);
    this.read.set(absolute, known);
    return known;
  }

  private async load(file: string): Promise<Governing> {
    try {
      const document: ParsedDocument = service.parse((await readInput(file, this.io)).bytes, file, 'workspace');
      const findings = service.workspaceFindings(document, this.knownProfiles);
      const broken = findings.some(({ severity }) => severity === 'error') ? { broken: relative('', file) } : {};
      return { file, workspace: service.workspace(document), findings, ...broken };
    } catch (error) {
      this.io.say(`dots: ${describeError(error)} What it says is passed over.`);
      return { ...ungoverned, broken: relative('', file) };
    }
  }
}

/** A document's path as the workspace file names it: relative to its folder, with forward slashes. */
export function pathIn({ file: workspace }: Governing, file: string): string {
  return workspace === undefined ? file : relative(dirname(workspace), resolve(file)).replaceAll('\\', '/');
}

function nearest(folder: string): string | undefined {
  const path = join(folder, workspaceFileName);
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : nearest(dirname(folder));
}

/** The usual place of the profiles file. */
function usualPlace(): string {
  const { XDG_CONFIG_HOME: configured, APPDATA: roaming } = process.env;
  const base =
    process.platform === 'win32' && roaming !== undefined
      ? roaming
      : configured === undefined || configured === ''
        ? join(homedir(), '.config')
        : configured;
  return join(base, 'dots', profilesFileName);
}

/** The profiles file in its usual place, where there is one. */
function usualProfiles(): string | undefined {
  const path = usualPlace();
  return existsSync(path) ? path : undefined;
}

/** Says what is wrong with the workspace file and the profiles file: what has faults counts for nothing. */
export function tellOwn({ profileFindings }: Workspaces, { file, findings }: Governing, io: Io): void {
  if (file !== undefined) tell(relative('', file), findings, io);
  if (profileFindings !== undefined) tell(profileFindings.file, profileFindings.findings, io);
}
