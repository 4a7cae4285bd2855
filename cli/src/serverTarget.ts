import { documentTypeOf } from '#dots/model/documents';
import type { Permit } from '#dots/model/hostAddress';
import type { Ledger } from '#dots/signal/ledgerFolder';
import { parseServer } from '#dots/transport/address';
import { knownAddresses } from '#dots/transport/connect/resolve';
import type { CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import {
  destinationError,
  destinationOf,
  requestIdentityOf,
  type DestinationProblem,
  type DestinationQuery,
  type KnownProfiles,
  type RequestIdentity,
  type ServerTarget,
} from '#dots/workspace/destination';
import { productionGuard, type Production } from '#dots/workspace/production';
import { defaultProfilesFile } from '#host/files';
import type { GoverningWorkspace } from '#host/governingWorkspaces';
import { withAbsolutePaths } from '#host/profilePaths';
import type { DocumentContext } from '#service/service';
import { isData, ledgerOf, ledgerOption, withCuid } from './clientIdentity';
import type { AnonymousTarget, SettledTarget } from './settledTarget';
import { UsageError, wholeNumber, type Arguments, type Option } from './command';
import type { ReadDocument } from './document';
import type { Io } from './io';
import { CommandWorkspaces, nameOfPath, pathIn, tellOwn, workspaceOptions } from './workspace';

/** The largest `--timeout`, seconds. */
const longestTimeout = 3600;

/** The options that say where a document goes and as whom; each counts before the workspace file and the profile. */
export const targetOptions: readonly Option[] = [
  {
    name: 'server',
    value: 'URL',
    description:
      'The server: coaps://HOST (DTLS), coaps+tcp://HOST (TLS), HOST alone to try both, coap://127.0.0.1 on this machine, https://HOST for aliases and ACLs. Without it the profile names it.',
  },
  {
    name: 'profile',
    value: 'NAME',
    description:
      'The server profile; without it that of the document in the workspace file, or the one that DOTS_PROFILE names.',
  },
  { name: 'yes', description: 'Also send to a production server.' },
  {
    name: 'cuid',
    value: 'C',
    description:
      'The client identifier; without it that of the workspace file or the profile, or the one that follows from the certificate or the identity of the key.',
  },
  {
    name: 'mid',
    value: 'N',
    description:
      'The mitigation id (or sid, tsid, tmid); without it that of the workspace file, or one more than the highest in the ledger.',
  },
  { name: 'ca', value: 'FILE', description: 'The CA that issued the certificate of the server (PEM).' },
  { name: 'cert', value: 'FILE', description: 'The client certificate (PEM).' },
  { name: 'key', value: 'FILE', description: 'Its private key (PEM).' },
  { name: 'crl', value: 'FILE', description: 'The certificates that the CA has revoked (PEM).' },
  {
    name: 'psk-identity',
    value: 'ID',
    description: 'The identity of a pre-shared key, instead of certificates; signal channel.',
  },
  { name: 'psk-key-file', value: 'FILE', description: 'The file with that key.' },
  { name: 'timeout', value: 'S', preset: '10', description: 'Seconds to wait for the answer.' },
  ledgerOption,
  ...workspaceOptions,
];

/** What a document is validated and sent with, what is known of it besides its text, and the target. */
export interface Sending {
  target: SettledTarget;
  ledger: Ledger;
  workspaces: CommandWorkspaces;
  context: DocumentContext;
}

/** Where a document goes by the options, the workspace file and the profiles. Throws UsageError. */
export async function sendingOf(document: ReadDocument, given: Arguments, io: Io): Promise<Sending> {
  const workspaces = new CommandWorkspaces(given);
  const governing = workspaces.of(document.file);
  tellOwn(workspaces, governing, io);
  const query = {
    ...queryOf(given, workspaces, document.file),
    channel: documentTypeOf(document.value)?.channel ?? 'signal',
  };
  const anonymous = settledTarget(query, given, { notDone: `${document.file} was not sent`, prefix: 'Not sent: ' });
  const ledger = await ledgerOf(given, io);
  const target = await withCuid(anonymous, ledger, query.profiles);
  const { ownPrefixes } = governing.workspace;
  const theirs = workspaces.profiles.get(target.profile ?? query.workspace.context.profile ?? '')?.ownPrefixes ?? [];
  return {
    workspaces,
    target,
    ledger,
    context: {
      ...query.workspace.context,
      cuid: target.cuid,
      ...(target.mid !== undefined && { mid: target.mid }),
      ownPrefixes: [...ownPrefixes, ...theirs],
    },
  };
}

/** The target that only options name. Throws a DotsError. */
export async function targetNamed(
  given: Arguments,
  workspaces: CommandWorkspaces,
  ledger: Ledger,
  notDone: string,
): Promise<SettledTarget> {
  const query = { ...queryOf(given, workspaces), channel: 'signal' as const };
  return withCuid(settledTarget(query, given, { notDone, prefix: '' }), ledger, query.profiles);
}

/** The target of a document's file, where the options, the workspace file or DOTS_PROFILE name one. Throws a DotsError. */
export async function targetOfDocument(
  given: Arguments,
  workspaces: CommandWorkspaces,
  ledger: Ledger,
  file: string,
  notDone: string,
): Promise<SettledTarget | undefined> {
  const query = { ...queryOf(given, workspaces, file), channel: 'signal' as const };
  const destination = destinationOf(query);
  if (destination.kind === 'none' && destination.problem.code === 'nothing-named') return undefined;
  return withCuid(settledTarget(query, given, { notDone, prefix: '' }), ledger, query.profiles);
}

/** As whom, and under which identifier, a document would be sent. */
export function identityOf(given: Arguments, workspaces: CommandWorkspaces, file: string): RequestIdentity {
  return requestIdentityOf({ ...queryOf(given, workspaces, file), channel: 'signal' });
}

/** Without a document only the options count. */
function queryOf(given: Arguments, workspaces: CommandWorkspaces, file?: string): Omit<DestinationQuery, 'channel'> {
  return {
    document: file ?? '',
    given: {
      server: given.option('server'),
      profile: given.option('profile'),
      cuid: given.option('cuid'),
      mid: wholeNumber('mid', given.option('mid'), 0, 0xffff_ffff),
    },
    workspace: file === undefined ? { faulty: false, context: {} } : workspaceFor(file, workspaces.of(file)),
    // Without a document the option counts alone.
    activeProfile: file === undefined ? undefined : process.env.DOTS_PROFILE,
    profiles: knownProfiles(workspaces),
  };
}

function workspaceFor(file: string, governing: GoverningWorkspace): DestinationQuery['workspace'] {
  const { path, workspace, isBroken } = governing;
  return {
    file: path === undefined ? undefined : nameOfPath(path),
    faulty: isBroken,
    context: workspace.contextOf(pathIn(governing, file)),
  };
}

function knownProfiles({ profilesFile, knownProfiles: known }: CommandWorkspaces): KnownProfiles {
  if (profilesFile === undefined) return { file: defaultProfilesFile(), state: 'absent', profiles: new Map() };
  if (known === undefined) return { file: profilesFile, state: 'faulty', profiles: new Map() };
  return { file: profilesFile, state: 'read', profiles: withAbsolutePaths(known, profilesFile) };
}

/** What a target is for. */
interface Purpose {
  /** What is not done where the target may not be used: the beginning of a sentence. */
  notDone: string;
  /** What comes before the sentence of a problem. */
  prefix: string;
}

function settledTarget(query: DestinationQuery, given: Arguments, { notDone, prefix }: Purpose): AnonymousTarget {
  const destination = destinationOf(query);
  if (destination.kind === 'none') throw noTarget(destination.problem, query, prefix);
  if (destination.kind === 'mock')
    throw new UsageError(
      `${notDone}: it would go to the mock orchestrator, and only the editor knows where its own listens.`,
      'Start dots mock, and name its address with --server.',
    );
  checkAddress(destination.server);
  const permit = permitFor(destination, given, notDone);
  const target = {
    ...destination,
    permit,
    timeoutMs: 1000 * (wholeNumber('timeout', given.option('timeout'), 1, longestTimeout) ?? 10),
    credentialFiles: credentialFiles(given, destination),
  };
  requireKey(target, given);
  return target;
}

/** The steps that only the command has. */
const furtherSteps: Partial<Record<DestinationProblem['code'], (query: DestinationQuery) => string>> = {
  'workspace-errors': ({ workspace }) => `See dots validate ${workspace.file ?? ''}.`,
  'profiles-errors': ({ profiles }) => `See dots validate ${profiles.file}.`,
  'no-profiles-file': () => 'Or name one with --profiles.',
  'no-address': () => 'Or name the server with --server.',
};

function noTarget(problem: DestinationProblem, query: DestinationQuery, prefix: string): UsageError {
  if (problem.code === 'nothing-named')
    return new UsageError(
      '--server is missing: name the server, such as coap://127.0.0.1:4646 or https://127.0.0.1:4443, or a --profile.',
      'dots mock starts one.',
    );
  const { message, hint } = destinationError(problem, furtherSteps[problem.code]?.(query));
  return new UsageError(`${prefix}${message}`, hint);
}

/** What is wrong with an address is reported before its credentials are asked for. Throws a DotsError of kind `usage`. */
function checkAddress(server: string): void {
  if (!isData(server)) parseServer(server);
  else if (!URL.canParse(server))
    throw new UsageError(
      `"${server}" is not the address of a DOTS data channel.`,
      'Give a host, and a port up to 65535 where it is not 443, such as https://dots.example.net.',
    );
}

/**
 * A production server requires --yes, and so does any server while the profiles file has errors. Throws UsageError for what is known before
 * a name is resolved; what is returned does so for the addresses that are dialled.
 */
function permitFor(target: ServerTarget, given: Arguments, notDone: string): Permit | undefined {
  if (given.option('yes') !== undefined) return undefined;
  const refuse = ({ reason }: Production): UsageError =>
    new UsageError(`${reason}: ${notDone} to ${target.server}.`, 'Say --yes if that is meant.');
  if (target.production !== undefined) throw refuse(target.production);
  return productionGuard(target, knownAddresses, refuse);
}

/** The key itself is never in a profile. Throws UsageError where it is required and not named. */
function requireKey(
  { server, profile, credentialFiles: { pskIdentity, pskKeyFile } }: AnonymousTarget,
  given: Arguments,
): void {
  if (
    profile === undefined ||
    pskIdentity === undefined ||
    pskKeyFile !== undefined ||
    given.option('psk-identity') !== undefined ||
    /^(coap|https):/i.test(server)
  )
    return;
  throw new UsageError(
    `The profile "${profile}" has the identity "${pskIdentity}" of a pre-shared key, and the key is missing.`,
    'Name the file that contains it: --psk-key-file.',
  );
}

/** A pre-shared key named on the command line replaces the certificates of a profile, and the other way round. */
function credentialFiles(given: Arguments, { credentials }: ServerTarget): CredentialFiles {
  const said = {
    ca: given.option('ca'),
    cert: given.option('cert'),
    key: given.option('key'),
    crl: given.option('crl'),
    pskIdentity: given.option('psk-identity'),
    pskKeyFile: given.option('psk-key-file'),
  };
  const { ca, certificate: cert, key, crl, pskIdentity } = credentials;
  const certificates = said.pskIdentity === undefined ? { ca, cert, key, crl } : {};
  const psk = said.ca === undefined && said.cert === undefined ? { pskIdentity } : {};
  return {
    ...defined(certificates),
    ...defined(psk),
    ...defined(said),
  };
}

const defined = (texts: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined));
