import type { Fault, Severity } from '#dots/model/finding';
import type { Fix } from '#dots/model/fix';
import type { AliasFact, Facts } from './facts';
import type { FileContext, Profile, Profiles, Quirk, Workspace } from './workspaceFile';

/** What is known of a document besides its text: from the workspace file, otherwise from its profile. */
export interface DocumentContext extends FileContext {
  ownPrefixes: readonly string[];
  /** Of the server that it is meant for. */
  quirks: readonly Quirk[];
}

/**
 * The context of a document from the workspace file and the profile that it names. `path` is relative to the workspace
 * file's folder.
 */
export function documentContext(workspace: Workspace, profiles: Profiles, path: string): DocumentContext {
  const context = workspace.contextOf(path);
  const profile = context.profile === undefined ? undefined : profiles.get(context.profile);
  return {
    ...(profile?.cuid !== undefined && { cuid: profile.cuid }),
    ...context,
    ...serverFacts(workspace, profile),
  };
}

/** What one's own domain and a server, if it has a profile, have to do with a document. */
export function serverFacts(
  workspace: Workspace,
  profile: Profile | undefined,
): Pick<DocumentContext, 'ownPrefixes' | 'quirks'> {
  return {
    ownPrefixes: [...workspace.ownPrefixes, ...(profile?.ownPrefixes ?? [])],
    quirks: profile?.quirks ?? [],
  };
}

/** One document of a set. */
export interface Member {
  /** As the caller names it: a path or a URI. */
  file: string;
  facts: Facts;
  context: DocumentContext;
  /** false: its text has an error, and the facts are the last ones before it; no findings are reported on it. */
  certain: boolean;
}

/** Documents that are validated together. */
export interface DocumentSet {
  members: readonly Member[];
  /** The set is complete: a workspace file determines which documents belong together. */
  complete: boolean;
}

/** A fault, and the document it is in. */
export interface PlacedFault {
  file: string;
  fault: Fault;
}

/** Validates a set by one rule. */
export type CrossRule = (set: DocumentSet) => PlacedFault[];

/** A fault of class `cross` in a member. */
export function crossFault(
  member: Member,
  severity: Severity,
  code: string,
  pointer: string,
  rfc: string,
  message: string,
  related?: Fault['related'],
  fixes?: Fix[],
): PlacedFault {
  return {
    file: member.file,
    fault: {
      code: `cross/${code}`,
      class: 'cross',
      severity,
      pointer,
      rfc,
      message,
      ...(related !== undefined && { related }),
      ...(fixes !== undefined && { fixes }),
    },
  };
}

/** Whether the document came from a server. */
export const isStatus = ({ context, facts }: Member): boolean =>
  context.direction === undefined ? facts.looksLikeStatus : context.direction === 'status';

/** Whether two may be of one client: if one names no client, they may. */
export const mayBeSameClient = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;

/** The last part of a file's path or URI, as a person reads it. */
export function shortName(file: string): string {
  const name = /[^/\\]*$/.exec(file)?.[0] ?? file;
  try {
    return /^[a-z][a-z0-9+.-]+:/i.test(file) ? decodeURIComponent(name) : name;
  } catch {
    return name;
  }
}

/** Something defined in a member, and the client that owns it. */
export interface Defined<T> {
  member: Member;
  fact: T;
  cuid: string | undefined;
}

/** The aliases of a set by name. */
export function aliasesOf({ members }: DocumentSet): Map<string, Defined<AliasFact>[]> {
  return byName(
    members.flatMap((member) =>
      member.facts.aliases.map((fact) => ({ member, fact, cuid: fact.cuid ?? member.context.cuid })),
    ),
  );
}

/** Groups what is defined by its name. */
export function byName<T extends { name: string }>(all: readonly Defined<T>[]): Map<string, Defined<T>[]> {
  const groups = new Map<string, Defined<T>[]>();
  for (const one of all) {
    const group = groups.get(one.fact.name);
    if (group === undefined) groups.set(one.fact.name, [one]);
    else group.push(one);
  }
  return groups;
}
