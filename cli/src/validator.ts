import { isAscii } from 'node:buffer';
import { dirname, relative, resolve } from 'node:path';
import type { Level } from '#dots/check/check';
import { describeError } from '#dots/model/errors';
import { isObject, type JsonValue } from '#dots/model/json';
import { judging as service } from '#service/validationService';
import type { DocumentContext, IndexEntry, LocatedFinding, ParsedDocument } from '#service/service';
import { isDocumentName } from '#dots/workspace/fileNames';
import { documentsBelow, readInput } from './files';
import type { Io } from './io';
import { pathIn, type Governing, type Workspaces } from './workspace';

/** A file and all that was found in it. */
export interface Judged {
  file: string;
  /** The kind of DOTS document, `workspace` or `profiles`, or null where it is none of them. */
  kind: string | null;
  findings: LocatedFinding[];
}

/** A document of a set: one that was named, or one that only lies beside it. */
interface Member {
  file: string;
  entry: IndexEntry;
  context: DocumentContext;
  named?: { document: ParsedDocument; verdict: Judged };
}

/** Documents that are judged together: those of one workspace file, or those that have none. */
interface Group {
  governing: Governing;
  members: Map<string, Member>;
}

/** Judges files, each by itself as it is added, and at the end all together. */
export class Judge {
  private readonly judged: Judged[] = [];
  private readonly groups = new Map<string, Group>();

  /** @param level counts before that of the workspace file */
  constructor(
    private readonly workspaces: Workspaces,
    private readonly level: Level | undefined,
  ) {}

  /** Judges one file by itself. */
  async add(bytes: Uint8Array, file: string): Promise<void> {
    const document = this.parsed(asciiText(bytes) ?? bytes, file);
    const governing = await this.workspaces.of(file);
    const { workspace } = governing;
    const context = this.contextOf(governing, file);
    const { type, findings } =
      document.form === 'workspace'
        ? { type: undefined, findings: service.workspaceFindings(document, this.workspaces.knownProfiles) }
        : service.validate(document, { level: this.level ?? workspace.level, direction: context.direction });
    const verdict: Judged = { file, kind: document.form === 'dots' ? (type?.kind ?? null) : document.form, findings };
    this.judged.push(verdict);
    if (document.form === 'dots')
      this.groupOf(governing).members.set(resolve(file), {
        file,
        entry: service.index(document),
        context,
        named: { document, verdict },
      });
  }

  /** All that was found, file by file; last the faults of the workspace and profiles files that counted and were not named. */
  async verdicts(io: Io): Promise<Judged[]> {
    for (const group of this.groups.values()) {
      await this.addNeighbours(group, io);
      judgeTogether(group);
    }
    return [...this.judged, ...this.ownFiles()];
  }

  /** What a file holds is told by its name, by the option that names it, or by its members. */
  private parsed(text: string | Uint8Array, file: string): ParsedDocument {
    const document = service.parse(text, file);
    if (document.form !== 'dots' || isDocumentName(file)) return document;
    const form = this.workspaces.formNamed(file) ?? formByMembers(document.value);
    return form === undefined ? document : service.parse(text, file, form);
  }

  private contextOf(governing: Governing, file: string): DocumentContext {
    return service.context(governing.workspace, this.workspaces.profiles, pathIn(governing, file));
  }

  private groupOf(governing: Governing): Group {
    const key = governing.file ?? '';
    const group = this.groups.get(key) ?? { governing, members: new Map() };
    this.groups.set(key, group);
    return group;
  }

  /** Reads what lies below the folder of a workspace file and was not named: others may refer to it. */
  private async addNeighbours({ governing, members }: Group, io: Io): Promise<void> {
    if (governing.file === undefined) return;
    for (const path of await documentsBelow(dirname(governing.file))) {
      if (members.has(resolve(path)) || (await this.workspaces.of(path)).file !== governing.file) continue;
      const file = relative('', path).replaceAll('\\', '/');
      try {
        const { bytes } = await readInput(path, io);
        members.set(resolve(path), {
          file,
          entry: service.index(service.parse(bytes, path), false),
          context: this.contextOf(governing, path),
        });
      } catch (error) {
        io.say(`dots validate: ${describeError(error)}`);
      }
    }
  }

  private ownFiles(): Judged[] {
    const { profileFindings } = this.workspaces;
    const workspaces = [...this.groups.values()].map(({ governing: { file, findings } }) => ({
      file: file ?? '',
      kind: 'workspace',
      findings,
    }));
    const all = [...workspaces, ...(profileFindings === undefined ? [] : [{ ...profileFindings, kind: 'profiles' }])];
    const named = new Set(this.judged.map(({ file }) => resolve(file)));
    return all
      .filter(({ file, findings }) => findings.length > 0 && !named.has(resolve(file)))
      .map((own) => ({ ...own, file: relative('', own.file).replaceAll('\\', '/') }));
  }
}

const workspaceMembers = ['files', 'own-prefixes', 'severities', 'suppressions', 'target-router', 'level'];

/** Which of the product's own files a value is of, where its members tell. */
function formByMembers(value: JsonValue | undefined): 'profiles' | 'workspace' | undefined {
  if (!isObject(value) || Object.keys(value).some((name) => name.includes(':'))) return undefined;
  if (isObject(value.profiles)) return 'profiles';
  return workspaceMembers.some((name) => Object.hasOwn(value, name)) ? 'workspace' : undefined;
}

/** Bytes that are nothing but ASCII as text, which takes a fraction of the time that UTF-8 does; others are left to the language service. */
function asciiText(bytes: Uint8Array): string | undefined {
  return isAscii(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') : undefined;
}

function judgeTogether({ governing, members }: Group): void {
  const all = [...members.values()];
  const faults = service.cross({
    complete: governing.file !== undefined,
    members: all.map(({ file, entry, context }) => ({ file, facts: entry.facts, certain: entry.certain, context })),
  });
  const entries = new Map(all.map(({ file, entry }) => [file, entry]));
  for (const { file, named } of all) {
    if (named === undefined) continue;
    const { document, verdict } = named;
    verdict.findings = service.adjusted(
      [...verdict.findings, ...service.locateCross(document, faults.get(file) ?? [], entries)],
      governing.workspace,
      pathIn(governing, file),
    );
  }
}
