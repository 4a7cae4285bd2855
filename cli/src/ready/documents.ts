import { dirname } from 'node:path';
import { directionOf } from '#dots/model/direction';
import { documentTypeOf, type DocumentKind } from '#dots/model/documents';
import { isObject, type JsonObject } from '#dots/model/json';
import { plural } from '#dots/words/quantities';
import { serverFacts } from '#dots/workspace/documentSet';
import type { GoverningWorkspace } from '#host/governingWorkspaces';
import type { LocatedFinding } from '#service/service';
import { nameOfPath } from '../caller';
import { documentsIn, readInput } from '../files';
import { countOf } from '../findings';
import type { Io } from '../io';
import { namedDocuments } from '../namedDocuments';
import type { CommandWorkspaces } from '../workspace';
import { checked, type Check } from './report';

/** A document of the workspace that this client may send. */
export interface OwnDocument {
  file: string;
  kind: DocumentKind;
  value: JsonObject;
  /** The profile that the workspace file names for it. */
  profile: string | undefined;
  cuid: string | undefined;
  mid: number | undefined;
  /** Its server's prefixes are known, so that its targets were compared with them. */
  hasOwnPrefixes: boolean;
  findings: readonly LocatedFinding[];
}

/**
 * The documents below the folder of the workspace file, or below this one, with their findings. Those for which it
 * names no profile are compared with the prefixes and quirks of `profileName`.
 */
export async function ownDocuments(
  workspaces: CommandWorkspaces,
  { path: workspaceFile, workspace }: Pick<GoverningWorkspace, 'path' | 'workspace'>,
  profileName: string,
  io: Io,
): Promise<OwnDocument[]> {
  const folder = workspaceFile === undefined ? '.' : nameOfPath(dirname(workspaceFile)) || '.';
  const { sources, add, validator, documents } = namedDocuments(workspaces);
  for (const file of documentsIn(folder)) add(file, (await readInput(file, io)).bytes);
  const sets = await validator.now();
  for (const { uri } of sources) await sets.loaded(uri);
  const all: OwnDocument[] = [];
  for (const source of sources) {
    const { value } = documents.parsed(source);
    const type = documentTypeOf(value);
    const known = sets.context(source.uri);
    const { direction, profile, cuid, mid } = known;
    if (type === undefined || !isObject(value) || (direction ?? directionOf(value)) === 'status') continue;
    const facts = profile === undefined ? serverFacts(workspace, workspaces.profiles.get(profileName)) : known;
    const { ownPrefixes, quirks } = facts;
    const findings = await validator.findings(source, { ownPrefixes, quirks }, sets);
    all.push({
      file: source.uri,
      kind: type.kind,
      value,
      profile,
      cuid,
      mid,
      hasOwnPrefixes: ownPrefixes.length > 0,
      findings,
    });
  }
  return all;
}

/** The code of a target beyond the own prefixes. */
const foreignTarget = 'cross/foreign-target';

/** Whether the server would refuse a document, or a target in it. */
export function documentChecks(all: readonly OwnDocument[], brokenWorkspace: string | undefined): Check[] {
  if (brokenWorkspace !== undefined)
    return [
      checked('documents', 'not-ready', `${brokenWorkspace} has errors, so none of its documents can be sent.`, {
        todo: [`dots validate ${brokenWorkspace}`],
      }),
    ];
  const faulty = all.filter(({ findings }) => errors(findings).length > 0);
  const documents =
    faulty.length === 0
      ? checked('documents', 'ok', `${plural(all.length, 'document')} without errors.`)
      : checked(
          'documents',
          'not-ready',
          `${plural(faulty.length, 'document')} with errors: the server would refuse them.`,
          {
            details: faulty.map(({ file, findings }) => `${file}: ${plural(errors(findings).length, 'error')}`),
            todo: faulty.map(({ file }) => `dots validate ${file}`),
          },
        );
  return all.length === 0
    ? [checked('documents', 'skipped', 'No document here is for this profile.')]
    : [documents, ownPrefixes(all)];
}

function ownPrefixes(all: readonly OwnDocument[]): Check {
  if (!all.some(({ hasOwnPrefixes }) => hasOwnPrefixes))
    return checked('own prefixes', 'skipped', 'Neither the profile nor the workspace file has "own-prefixes".');
  const foreign = all.flatMap(({ file, findings }) =>
    findings
      .filter(({ code, severity }) => code === foreignTarget && severity === 'error')
      .map(({ message }) => `${file}: ${message}`),
  );
  return foreign.length === 0
    ? checked('own prefixes', 'ok', 'All targets are within them.')
    : checked('own prefixes', 'not-ready', `${plural(foreign.length, 'target')} beyond them.`, {
        details: foreign,
        todo: ['Correct the targets, or "own-prefixes" in the profile.'],
      });
}

const errors = (findings: readonly LocatedFinding[]): LocatedFinding[] =>
  countOf(findings, 'error') === 0
    ? []
    : findings.filter(({ severity, code }) => severity === 'error' && code !== foreignTarget);
