import { validationService as service } from '#service/validationService';
import type { DocumentContext, LocatedFinding, Profiles } from '#service/service';
import { profilesFileName, workspaceFileName } from '#dots/workspace/fileNames';
import { ignoredSentence } from '#dots/workspace/leftOut';
import { defaultProfilesFile, isFile } from '#host/files';
import {
  GoverningWorkspaces,
  octetsOf,
  pathInWorkspace,
  type GoverningWorkspace,
  type ProfilesFile,
} from '#host/governingWorkspaces';
import { absolutePath, caller, nameOfPath } from './caller';
import { UsageError, type Arguments, type Option } from './command';
import { reportFindings } from './document';
import { standardInput, type Io } from './io';

/** The options of every command that uses the workspace file. */
export const workspaceOptions: readonly Option[] = [
  {
    name: 'workspace',
    value: 'FILE',
    description: `The workspace file (default: the nearest ${workspaceFileName} in the folders above each document, up to the root of its repository).`,
  },
  {
    name: 'profiles',
    value: 'FILE',
    description: `The file of server profiles (default ${profilesFileName} in the folder dots of the user's configuration).`,
  },
];

/** The path of a file that the command line names; undefined for standard input. */
export const pathOfFile = (file: string): string | undefined =>
  file === standardInput ? undefined : absolutePath(file);

/** A document's path relative to its workspace file. */
export const pathIn = ({ path }: GoverningWorkspace, file: string): string => pathInWorkspace(path, absolutePath(file));

/** The workspace files and the profiles that documents of one run are read with. */
export class CommandWorkspaces {
  readonly files: GoverningWorkspaces;
  /** The faults of the product's own files that were read, by path. */
  readonly ownFindings = new Map<string, readonly LocatedFinding[]>();
  /** The profiles file, as it is named or where it usually is. */
  readonly profilesName: string | undefined;
  /** The path of the workspace file that the command line names. */
  private readonly named: string | undefined;
  private readonly read: ProfilesFile;

  /** Reads the files that the command line names. Throws UsageError if one of them cannot be read. */
  constructor(given: Arguments) {
    this.named = readable(given.option('workspace'));
    this.files = new GoverningWorkspaces({
      service,
      named: this.named,
      heard: ({ path, findings }) => void this.ownFindings.set(path, findings),
    });
    this.profilesName = given.option('profiles') ?? usualProfiles();
    this.read = this.files.profiles(readable(this.profilesName) ?? '');
  }

  /** The path of the profiles file; undefined where there is none. */
  get profilesFile(): string | undefined {
    return this.read.state === 'absent' ? undefined : this.read.path;
  }

  /** The profiles, unless there is no profiles file or it has errors. */
  get knownProfiles(): Profiles | undefined {
    return this.read.profiles;
  }

  /** The profiles; none if there is no profiles file or it has errors. */
  get profiles(): Profiles {
    return this.read.profiles ?? new Map();
  }

  /** The faults of the profiles file. */
  get profileFindings(): readonly LocatedFinding[] {
    return this.read.findings;
  }

  /** The form of one of the product's own files that the command line names. */
  formNamed(file: string): 'workspace' | 'profiles' | undefined {
    const path = absolutePath(file);
    if (path === this.named) return 'workspace';
    return path === this.profilesFile ? 'profiles' : undefined;
  }

  /** The settings of a document: from the workspace file that the command line names, or the nearest one above it. */
  of(file: string): GoverningWorkspace {
    return this.files.of(pathOfFile(file), this.knownProfiles);
  }

  /** The context of a document. */
  contextOf(file: string): DocumentContext {
    return this.files.contextOf(this.of(file), pathOfFile(file) ?? file, this.knownProfiles);
  }
}

/** A file's absolute path. Throws UsageError if it cannot be read. */
function readable(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const path = absolutePath(name);
  const octets = octetsOf(path);
  if (typeof octets === 'string') throw new UsageError(`${name} cannot be read: ${octets}.`);
  return path;
}

/** The profiles file in its usual place, if there is one. */
function usualProfiles(): string | undefined {
  const path = defaultProfilesFile(caller());
  return isFile(path) ? path : undefined;
}

/** Reports the faults of the workspace file and the profiles file, and which workspace files are not used. */
export function tellOwn(
  { profilesName, profileFindings }: CommandWorkspaces,
  { path, findings, ignored }: GoverningWorkspace,
  io: Io,
): void {
  for (const file of ignored) io.say(`dots: ${ignoredSentence(file)}`);
  if (path !== undefined) reportFindings(nameOfPath(path), findings, io);
  if (profilesName !== undefined) reportFindings(profilesName, profileFindings, io);
}
