import type { FlowspecInput } from '#dots/flowspec/translate';
import { isObject } from '#dots/model/json';
import { unreadDocuments } from '#dots/workspace/leftOut';
import type { TargetRouter } from '#dots/workspace/workspaceFile';
import type { GoverningWorkspace } from '#host/governingWorkspaces';
import type { RuleSources } from '#host/validator';
import type { LocatedFinding } from '#service/service';
import { validationService as service } from '#service/validationService';
import { readDocument, type ReadDocument } from '../document';
import { filesOf, readInput } from '../files';
import type { Io } from '../io';
import { namedDocuments } from '../namedDocuments';
import { tellOwn, type CommandWorkspaces } from '../workspace';

/** A document to be translated, and the findings of validation. */
export interface FlowspecDocument extends ReadDocument {
  faults: readonly LocatedFinding[];
  isSupporting?: boolean;
}

/** Documents to be translated, and the settings of their workspace files and profiles. */
export interface FlowspecDocuments {
  /** Those on the command line, then those that define names in them. */
  documents: readonly FlowspecDocument[];
  /** Other documents with ACLs: rules should not drop what these accept. */
  accepting: readonly FlowspecInput[];
  /** A workspace file of theirs is not used. */
  isBroken: boolean;
  ownPrefixes: string[];
  /** The ports of the signal channels of their profiles. */
  signalPorts: number[];
  /** The router software, if all agree on one. */
  router: TargetRouter | undefined;
}

/**
 * Reads the documents that paths name, validates them, and reads those that define the aliases and ACLs which they
 * name; undefined if one of them is not certain to be JSON.
 */
export async function flowspecDocuments(
  paths: readonly string[],
  workspaces: CommandWorkspaces,
  io: Io,
): Promise<FlowspecDocuments | undefined> {
  const named = await readAll(paths, io);
  if (named === undefined) return undefined;
  const governings = new Set(named.map(({ file }) => workspaces.of(file)));
  tellAllOwn(governings, workspaces, io);
  const routers = new Set([...governings].map(({ workspace }) => workspace.targetRouter));
  const sources = await ruleSources(named, workspaces, io);
  return {
    documents: [
      ...named.map((document, index) => ({ ...document, faults: sources[index]?.findings ?? [] })),
      ...(await definitions(named, sources, io)),
    ],
    accepting: await accepting(named, sources, io),
    isBroken: [...governings].some(({ isBroken }) => isBroken),
    ownPrefixes: [...new Set(named.flatMap(({ file }) => workspaces.contextOf(file).ownPrefixes))],
    signalPorts: [...new Set(sources.flatMap(({ signalPort }) => signalPort ?? []))],
    router: routers.size === 1 ? [...routers][0] : undefined,
  };
}

/** Reports the faults of workspace files, each once. */
function tellAllOwn(governings: Iterable<GoverningWorkspace>, workspaces: CommandWorkspaces, io: Io): void {
  const keyOf = ({ path, ignored }: GoverningWorkspace): string => JSON.stringify([path, ignored]);
  const byFile = new Map([...governings].map((governing) => [keyOf(governing), governing]));
  for (const governing of byFile.values()) tellOwn(workspaces, governing, io);
}

async function readAll(paths: readonly string[], io: Io): Promise<ReadDocument[] | undefined> {
  const files = new Set<string>();
  for (const path of paths) for (const file of await filesOf(path)) files.add(file);
  const documents: (ReadDocument | undefined)[] = [];
  for (const file of files) documents.push(await readDocument(file, io));
  return documents.every((document) => document !== undefined) ? documents : undefined;
}

/** The errors of each document, and which others its rules depend on. */
async function ruleSources(
  documents: readonly ReadDocument[],
  workspaces: CommandWorkspaces,
  io: Io,
): Promise<RuleSources[]> {
  const { validator, add } = namedDocuments(workspaces);
  const sources: RuleSources[] = [];
  for (const source of documents.map(({ file, bytes }) => add(file, bytes)))
    sources.push(await validator.ruleSources(source));
  const unread = new Set(sources.flatMap(({ leftOut }) => leftOut));
  if (unread.size > 0) io.say(`dots flowspec: ${unreadDocuments([...unread]).message}`);
  return sources;
}

/** The documents that define names in others. One that is not JSON is left out, and its errors are reported. */
async function definitions(
  named: readonly ReadDocument[],
  sources: readonly RuleSources[],
  io: Io,
): Promise<FlowspecDocument[]> {
  const files = filesBeside(
    named,
    sources.flatMap((source) => source.definitions),
  );
  const found: FlowspecDocument[] = [];
  for (const file of files) {
    const document = await readDocument(file, io);
    if (document !== undefined)
      found.push({ ...document, faults: service.validate(document.parsed).findings, isSupporting: true });
  }
  return found;
}

/** The other documents with ACLs, as far as they can be read; their errors are not reported. */
async function accepting(
  named: readonly ReadDocument[],
  sources: readonly RuleSources[],
  io: Io,
): Promise<FlowspecInput[]> {
  const defining = new Set(sources.flatMap((source) => source.definitions.map(({ file }) => file)));
  const files = filesBeside(
    named,
    sources.flatMap((source) => source.withAcls.filter(({ file }) => !defining.has(file))),
  );
  const found: FlowspecInput[] = [];
  for (const file of files) {
    const { value } = service.parse((await readInput(file, io)).bytes, file);
    if (isObject(value)) found.push({ file, value });
  }
  return found;
}

/** The files of members, each once, without those that the command line names. */
function filesBeside(named: readonly ReadDocument[], members: readonly { file: string }[]): string[] {
  const own = new Set(named.map(({ file }) => file));
  return [...new Set(members.map(({ file }) => file))].filter((file) => !own.has(file));
}
