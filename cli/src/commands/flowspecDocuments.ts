import { unreadDocuments } from '#dots/workspace/leftOut';
import type { TargetRouter } from '#dots/workspace/workspaceFile';
import type { GoverningWorkspace } from '#host/governingWorkspaces';
import { readDocument, type ReadDocument } from '../document';
import { filesOf } from '../files';
import type { Io } from '../io';
import { namedDocuments } from '../namedDocuments';
import { tellOwn, type CommandWorkspaces } from '../workspace';

/** Documents to be translated, and what their workspace files and profiles say. */
export interface FlowspecDocuments {
  /** Those that were named, then those that define what they name. */
  documents: readonly ReadDocument[];
  /** A workspace file of theirs counts for nothing. */
  isBroken: boolean;
  ownPrefixes: string[];
  /** The router where all agree on one. */
  router: TargetRouter | undefined;
}

/** Reads the documents that paths name, and those that define the aliases and ACLs which they name; undefined where one has errors. */
export async function flowspecDocuments(
  paths: readonly string[],
  workspaces: CommandWorkspaces,
  io: Io,
): Promise<FlowspecDocuments | undefined> {
  const documents = await readAll(paths, io);
  if (documents === undefined) return undefined;
  const governings = new Set(documents.map(({ file }) => workspaces.of(file)));
  tellAllOwn(governings, workspaces, io);
  const routers = new Set([...governings].map(({ workspace }) => workspace.targetRouter));
  return {
    documents: [...documents, ...(await definitions(documents, workspaces, io))],
    isBroken: [...governings].some(({ isBroken }) => isBroken),
    ownPrefixes: [...new Set(documents.flatMap(({ file }) => workspaces.contextOf(file).ownPrefixes))],
    router: routers.size === 1 ? [...routers][0] : undefined,
  };
}

/** Says what is wrong with workspace files, each once. */
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

/** The documents that define what others name. One with errors is left out, and its errors are reported. */
async function definitions(
  documents: readonly ReadDocument[],
  workspaces: CommandWorkspaces,
  io: Io,
): Promise<ReadDocument[]> {
  const { validator, add } = namedDocuments(workspaces);
  const files = new Set<string>();
  const unread = new Set<string>();
  for (const source of documents.map(({ file, bytes }) => add(file, bytes))) {
    const { members, leftOut } = await validator.definitions(source);
    for (const { file } of members) files.add(file);
    for (const path of leftOut) unread.add(path);
  }
  if (unread.size > 0) io.say(`dots flowspec: ${unreadDocuments([...unread]).message}`);
  const named = new Set(documents.map(({ file }) => file));
  const found: (ReadDocument | undefined)[] = [];
  for (const file of files) if (!named.has(file)) found.push(await readDocument(file, io));
  return found.filter((document) => document !== undefined);
}
