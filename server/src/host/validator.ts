import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Level } from '#dots/check/check';
import {
  aliasTargets,
  definingDocuments,
  documentsWithAcls,
  namesFor,
  usesNames,
  type AliasTargets,
  type DefinedNames,
} from '#dots/workspace/definitions';
import { isStatus, type DocumentContext, type Member } from '#dots/workspace/documentSet';
import { ignoredWorkspaceFile, unreadDocuments } from '#dots/workspace/leftOut';
import { serverAddress } from '#dots/workspace/serverAddress';
import type { SeveritySettings } from '#dots/workspace/severitySettings';
import type { IndexEntry, LocatedFinding, Profiles } from '#service/service';
import type { ValidationService } from '#service/validationService';
import { CrossFaults } from './crossFaults';
import type { SourceDocument } from './documentCache';
import { DocumentSets, type SetsOptions } from './documentSets';
import { isFile } from './files';
import { pathInWorkspace } from './governingWorkspaces';
import { KeptSets } from './keptSets';
import type { RelatedSet, SetMember } from './relatedSet';
import { namesIn, type IndexedNames } from './workspaceNames';

export interface ValidatorOptions extends SetsOptions {
  service: ValidationService;
  /** The level of a document, given that of its workspace file. */
  level(uri: string, ofWorkspace: Level | undefined): Promise<Level | undefined> | Level | undefined;
  /** The severities that the user sets for a document. */
  severities?(uri: string): Promise<SeveritySettings>;
  /** The server profiles; undefined if there are none, or their file has errors. */
  profiles(): Promise<Profiles | undefined> | Profiles | undefined;
}

/** What the rules of a document depend on. */
export interface RuleSources {
  /** All findings of the document. */
  findings: readonly LocatedFinding[];
  /** The document names an alias or an ACL. */
  usesNames: boolean;
  /** The documents that define what it names. */
  definitions: readonly SetMember[];
  /** The paths of files that may define it too and were not read. */
  leftOut: readonly string[];
  /** The other documents of its workspace with ACLs of its client; none without a workspace file. */
  withAcls: readonly SetMember[];
  /** The port of the signal channel, from the profile of the document. */
  signalPort: number | undefined;
}

/** Validates documents: alone, with the settings of their workspace file, and together with related documents. */
export class Validator {
  private readonly faults: CrossFaults;
  private readonly kept = new KeptSets();

  constructor(private readonly options: ValidatorOptions) {
    this.faults = new CrossFaults(options.service);
  }

  /** A snapshot of the documents; several calls may share it. */
  async now(): Promise<DocumentSets> {
    return new DocumentSets(this.options, await this.options.profiles(), this.kept);
  }

  /** The same, once the documents that belong together with one have been read. */
  async loaded(uri: string): Promise<DocumentSets> {
    await (await this.now()).loaded(uri);
    return this.now();
  }

  /**
   * All findings of a document in text order.
   * @param said overrides the workspace file and the profile
   */
  async findings(
    document: SourceDocument,
    said: Partial<DocumentContext> = {},
    sets?: DocumentSets,
  ): Promise<LocatedFinding[]> {
    const { service, documents, level } = this.options;
    const { uri } = document;
    const now = sets ?? (await this.now());
    const { workspace, path } = now.governing(uri);
    const parsed = documents.parsed(document);
    const pathHere = pathInWorkspace(path, this.options.naming.pathOf(uri) ?? uri);
    if (parsed.form === 'workspace') return service.workspaceFindings(parsed, now.profiles, this.beside(uri));
    const settings = await this.options.severities?.(uri);
    if (parsed.form === 'policy')
      return service.adjusted(service.policyFindings(parsed, now.profiles), workspace, pathHere, settings);
    const { direction } = { ...now.context(uri), ...said };
    const own = documents.validation(document, await level(uri, workspace.level), direction).findings;
    if (parsed.form !== 'dots') return own;
    const all = [...own, ...this.around(document, now), ...this.cross(document, said, now.of(uri))];
    return service.adjusted(all, workspace, pathHere, settings);
  }

  /**
   * The text of a document after all fixes that keep its meaning: each round fixes what the one before made visible,
   * such as the members after a syntax error.
   */
  async fixed(document: SourceDocument): Promise<string> {
    const { service, documents } = this.options;
    let text = documents.parsed(document).text;
    for (let round = 1; round <= mostRounds; round++) {
      const changed = changedTo(document, text, round);
      const parsed = documents.parsed(changed);
      const edits = service.certainEdits(parsed, await this.instead(changed).findings(changed));
      if (edits.length === 0) break;
      text = service.applied(parsed, edits);
    }
    return text;
  }

  /** Whether there is a file at a path relative to a document; undefined where the document is in no folder. */
  private beside(uri: string): ((path: string) => boolean) | undefined {
    const own = this.options.naming.pathOf(uri);
    return own === undefined ? undefined : (path) => isFile(join(dirname(own), path));
  }

  /** The same validator where a document has another text. */
  private instead(changed: SourceDocument): Validator {
    const sources = (): SourceDocument[] =>
      this.options.sources().map((source) => (source.uri === changed.uri ? changed : source));
    return new Validator({ ...this.options, sources });
  }

  /** The errors of a document, the documents that define the aliases and ACLs which it names, and others with ACLs. */
  async ruleSources(document: SourceDocument): Promise<RuleSources> {
    const sets = await this.loaded(document.uri);
    const set = sets.of(document.uri);
    const member = set.byFile.get(document.uri);
    const findings = await this.findings(document, {}, sets);
    const isWorkspace = sets.governing(document.uri).path !== undefined;
    const withAcls = member === undefined || !isWorkspace ? [] : documentsWithAcls(set, member);
    const signal = sets.profiles?.get(sets.context(document.uri).profile ?? '')?.signal;
    const signalPort = signal === undefined ? undefined : serverAddress(signal).port;
    if (member === undefined || !usesNames(member))
      return { findings, usesNames: false, definitions: [], leftOut: [], withAcls, signalPort };
    const isSound = findings.every(({ severity }) => severity !== 'error');
    const definitions = definingDocuments(set, member, isSound);
    return { findings, usesNames: true, definitions, leftOut: set.leftOut, withAcls, signalPort };
  }

  /** The targets of the aliases that a document names. */
  aliases(document: SourceDocument, sets: DocumentSets): AliasTargets {
    const set = sets.of(document.uri);
    const member = set.byFile.get(document.uri);
    return member === undefined ? {} : aliasTargets(set, member);
  }

  /** The names that the related documents define, the own prefixes, and the direction from the workspace file. */
  async names(uri: string): Promise<DefinedNames & Partial<DocumentContext> & { prefixes: readonly string[] }> {
    const sets = await this.now();
    const { cuid, direction, ownPrefixes } = sets.context(uri);
    const names = namesFor(sets.of(uri), cuid);
    return { ...names, prefixes: [...new Set(ownPrefixes)], ...(direction !== undefined && { direction }) };
  }

  /** What all documents define that are open or in these folders. */
  async indexed(folders: readonly string[]): Promise<IndexedNames[]> {
    const { documents, index, naming, sources } = this.options;
    const read = await Promise.all(folders.map((folder) => index.loaded({ folder, deep: true })));
    const open = sources()
      .filter((source) => documents.isDocument(source))
      .map((source): [string, IndexEntry] => [source.uri, documents.entry(source)]);
    const onDisk = read.flatMap(({ entries }) =>
      [...entries].map(([path, entry]): [string, IndexEntry] => [naming.nameOf(path), entry]),
    );
    return [...new Map([...onDisk, ...open])].map(([uri, entry]) => namesIn(uri, entry));
  }

  /** The related files that were not read. */
  private around(document: SourceDocument, sets: DocumentSets): LocatedFinding[] {
    const { service, documents } = this.options;
    const { leftOut } = sets.of(document.uri);
    const faults = sets.governing(document.uri).ignored.map(ignoredWorkspaceFile);
    return service.locate(documents.parsed(document), [
      ...faults,
      ...(leftOut.length === 0 ? [] : [unreadDocuments(leftOut)]),
    ]);
  }

  /** The faults between the document and the others of its set; none before all of them have been read. */
  private cross(document: SourceDocument, said: Partial<DocumentContext>, set: RelatedSet): LocatedFinding[] {
    if (!set.isLoaded) return [];
    const { service, documents } = this.options;
    const faults = this.faults.of(withContext(set, document.uri, said)).get(document.uri) ?? [];
    return service.locateCross(documents.parsed(document), faults, set.byFile);
  }
}

/** Fixes that need more rounds than this do not settle. */
const mostRounds = 10;

/** A document with another text, under the same name. */
function changedTo({ uri, version, languageId }: SourceDocument, text: string, round: number): SourceDocument {
  return { uri, version: version + round, ...(languageId !== undefined && { languageId }), getText: () => text };
}

/** The set with another context of one of its documents. */
function withContext(set: RelatedSet, uri: string, said: Partial<DocumentContext>): RelatedSet {
  const before = set.byFile.get(uri);
  if (before === undefined) return set;
  const after = { ...before, context: { ...before.context, ...said } };
  if (isSameToOthers(before, after)) return set;
  return {
    ...set,
    key: `${set.key} ${uri}`,
    members: set.members.map((member) => (member === before ? after : member)),
  };
}

/** Rules between documents depend only on whether the direction is that of a status. */
function isSameToOthers(one: Member, other: Member): boolean {
  const [before, after] = [one, other].map(({ context }) => ({ ...context, direction: undefined }));
  return isStatus(one) === isStatus(other) && isDeepStrictEqual(before, after);
}
