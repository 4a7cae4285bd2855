import { documentTypeOf } from '#dots/model/documents';
import type { Permit } from '#dots/model/hostAddress';
import type { Ledger } from '#dots/signal/ledgerFolder';
import { noDataAddress, parseServer } from '#dots/transport/address';
import { knownAddresses } from '#dots/transport/connect/resolve';
import type { CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import {
  credentialsIn,
  destinationError,
  destinationOf,
  requestIdentityOf,
  type Channel,
  type Destination,
  type DestinationProblem,
  type DestinationQuery,
  type KnownProfiles,
  type RequestIdentity,
  type ServerTarget,
} from '#dots/workspace/destination';
import { serverFacts } from '#dots/workspace/documentSet';
import type { Profile } from '#dots/workspace/workspaceFile';
import { productionGuard, type Production } from '#dots/workspace/production';
import { defaultProfilesFile } from '#host/files';
import type { GoverningWorkspace } from '#host/governingWorkspaces';
import { withAbsolutePaths } from '#host/profilePaths';
import type { DocumentContext } from '#service/service';
import { credentialNotes } from './credentialNotes';
import { isData, ledgerOf, ledgerOption, withCuid } from './clientIdentity';
import type { AnonymousTarget, SettledTarget } from './settledTarget';
import { absolutePath, caller, nameOfPath } from './caller';
import { UsageError, wholeNumber, type Arguments, type Option } from './command';
import type { ReadDocument } from './document';
import type { Io } from './io';
import { askKeyPassword } from './keyPassword';
import { theRunningMock } from './runningMocks';
import { CommandWorkspaces, pathIn, tellOwn, workspaceOptions } from './workspace';

/** The largest `--timeout`, and the usual ones: on the signal channel datagrams may get lost; seconds. */
const longestTimeout = 3600;
const usualTimeout: Readonly<Record<Channel, number>> = { signal: 60, data: 10 };

/** The options for the target and the client identity; each overrides the workspace file and the profile. */
export const targetOptions: readonly Option[] = [
  {
    name: 'server',
    value: 'URL',
    description:
      'The server: coaps://HOST (DTLS), coaps+tcp://HOST (TLS), HOST alone to try both, coap://127.0.0.1 on this machine, https://HOST for aliases and ACLs (default: from the profile).',
  },
  {
    name: 'profile',
    value: 'NAME',
    description:
      'The server profile (default: that of the document in the workspace file, or the one in DOTS_PROFILE); mock: the running dots mock of this user.',
  },
  { name: 'yes', description: 'Also send to a production server.' },
  {
    name: 'cuid',
    value: 'C',
    description:
      'The client identifier (default: from the workspace file or the profile, or derived from the certificate or the PSK identity).',
  },
  {
    name: 'mid',
    value: 'N',
    description:
      'The mitigation id (or sid, tsid, tmid) (default: from the workspace file, or the highest in the ledger plus one).',
  },
  {
    name: 'server-name',
    value: 'NAME',
    description: 'The name in the certificate of the server (default: from the profile, or the host of the address).',
  },
  { name: 'ca', value: 'FILE', description: 'The CA that issued the certificate of the server (PEM).' },
  { name: 'cert', value: 'FILE', description: 'The client certificate (PEM).' },
  { name: 'key', value: 'FILE', description: 'Its private key (PEM).' },
  {
    name: 'key-password-file',
    value: 'FILE',
    description: 'The password of an encrypted key (default: asked on a terminal).',
  },
  { name: 'crl', value: 'FILE', description: 'The certificates that the CA has revoked (PEM).' },
  {
    name: 'psk-identity',
    value: 'ID',
    description: 'The identity of a pre-shared key, instead of certificates; signal channel.',
  },
  {
    name: 'psk-key-file',
    value: 'FILE',
    description: 'The file with that key: text, octets, or hexadecimal digits after 0x.',
  },
  {
    name: 'timeout',
    value: 'S',
    description: `Seconds to wait for the answer (default ${usualTimeout.signal}; https ${usualTimeout.data}).`,
  },
  { name: 'wait', description: 'Wait for the answer until Ctrl-C.' },
  ledgerOption,
  ...workspaceOptions,
];

/** The validation of a document, its context, and its target. */
export interface Sending {
  target: SettledTarget;
  ledger: Ledger;
  /** What is wrong with the credentials soon. */
  notes?: string[];
  workspaces: CommandWorkspaces;
  context: DocumentContext;
}

/** The target of a document by the options, the workspace file and the profiles. Throws UsageError. */
export async function sendingOf(document: ReadDocument, given: Arguments, io: Io): Promise<Sending> {
  const workspaces = new CommandWorkspaces(given);
  const governing = workspaces.of(document.file);
  tellOwn(workspaces, governing, io);
  const query = {
    ...queryOf(given, workspaces, document.file),
    channel: documentTypeOf(document.value)?.channel ?? 'signal',
  };
  const purpose = { notDone: `${document.file} was not sent`, prefix: 'Not sent: ' };
  const mock = await mockFor(query, workspaces, purpose);
  const anonymous = settledTarget(query, given, { ...purpose, mock });
  const ledger = await ledgerOf(given, io);
  const target = await withCuid(anonymous, ledger);
  const notes = await credentialNotes(target, io);
  const profile = mock ?? workspaces.profiles.get(target.profile ?? query.workspace.context.profile ?? '');
  return {
    workspaces,
    target,
    ledger,
    notes,
    context: {
      ...query.workspace.context,
      cuid: target.cuid,
      ...(target.mid !== undefined && { mid: target.mid }),
      ...serverFacts(governing.workspace, profile),
      ...(target.profile === undefined && { quirks: [] }),
    },
  };
}

/** The target that only options name. Throws a DotsError. */
export async function targetNamed(
  given: Arguments,
  workspaces: CommandWorkspaces,
  ledger: Ledger,
  notDone: string,
  channel: Channel = 'signal',
): Promise<SettledTarget> {
  const query = { ...queryOf(given, workspaces), channel };
  return targetFor(query, given, { workspaces, ledger, notDone });
}

/** The target of a document's file, if the options, the workspace file or DOTS_PROFILE name one. Throws a DotsError. */
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
  return targetFor(query, given, { workspaces, ledger, notDone });
}

async function targetFor(
  query: DestinationQuery,
  given: Arguments,
  { workspaces, ledger, notDone }: { workspaces: CommandWorkspaces; ledger: Ledger; notDone: string },
): Promise<SettledTarget> {
  const purpose = { notDone, prefix: '' };
  const mock = await mockFor(query, workspaces, purpose);
  return withCuid(settledTarget(query, given, { ...purpose, mock }), ledger);
}

/**
 * The profile of the running mock, where the way leads there. Throws UsageError where none runs, and where several do.
 */
async function mockFor(
  query: DestinationQuery,
  workspaces: CommandWorkspaces,
  { notDone }: Purpose,
): Promise<Profile | undefined> {
  if (destinationOf(query).kind !== 'mock') return undefined;
  const { profiles: file } = await theRunningMock(notDone);
  const profile = withAbsolutePaths(workspaces.files.profiles(file).profiles ?? new Map(), file).get('lab');
  if (profile !== undefined) return profile;
  throw new UsageError(
    `${notDone}: the profiles of the running mock cannot be read from ${file}.`,
    'Start dots mock again.',
  );
}

/** The client and request identifiers of a document. */
export function identityOf(given: Arguments, workspaces: CommandWorkspaces, file: string): RequestIdentity {
  return requestIdentityOf({ ...queryOf(given, workspaces, file), channel: 'signal' });
}

/** The mid that the command line names. Throws UsageError. */
export function midOf(given: Arguments): number | undefined {
  return wholeNumber('mid', given.option('mid'), 0, 0xffff_ffff);
}

/** Without a document only the options are used. */
function queryOf(given: Arguments, workspaces: CommandWorkspaces, file?: string): Omit<DestinationQuery, 'channel'> {
  return {
    document: file ?? '',
    given: {
      server: given.option('server'),
      profile: given.option('profile'),
      cuid: given.option('cuid'),
      mid: midOf(given),
    },
    workspace: file === undefined ? { faulty: false, context: {} } : workspaceFor(file, workspaces.of(file)),
    // Without a document the option counts alone.
    activeProfile: file === undefined ? undefined : caller().env.DOTS_PROFILE,
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

function knownProfiles({ profilesFile, profilesName, knownProfiles: known }: CommandWorkspaces): KnownProfiles {
  const file = profilesName ?? defaultProfilesFile(caller());
  if (profilesFile === undefined) return { file, state: 'absent', profiles: new Map() };
  if (known === undefined) return { file, state: 'faulty', profiles: new Map() };
  return { file, state: 'read', profiles: withAbsolutePaths(known, profilesFile) };
}

/** What a target is for. */
interface Purpose {
  /** What is not done if the target may not be used: the start of a sentence. */
  notDone: string;
  /** The text before the sentence of a problem. */
  prefix: string;
}

/** A way to the mock as one to a server. */
function atMock(route: Destination & { kind: 'mock' }, mock: Profile | undefined, channel: Channel): ServerTarget {
  const { [channel]: server = '', cuid } = mock ?? {};
  return {
    ...(cuid !== undefined && { cuid }),
    ...route,
    server,
    signalServer: mock?.signal,
    credentials: credentialsIn(mock),
  };
}

function settledTarget(
  query: DestinationQuery,
  given: Arguments,
  { notDone, prefix, mock }: Purpose & { mock: Profile | undefined },
): AnonymousTarget {
  const found = destinationOf(query);
  if (found.kind === 'none') throw noTarget(found.problem, query, prefix);
  const destination = found.kind === 'mock' ? atMock(found, mock, query.channel) : found;
  checkAddress(destination.server);
  const permit = permitFor(destination, given, notDone);
  const target = {
    ...destination,
    signalServer: isData(destination.server) ? destination.signalServer : destination.server,
    permit,
    timeoutMs: timeoutOf(given, query.channel),
    credentialFiles: credentialFiles(given, destination),
  };
  requireKey(target, given);
  return target;
}

/** How long to wait for an answer, milliseconds. Throws UsageError. */
function timeoutOf(given: Arguments, channel: Channel): number {
  const seconds = wholeNumber('timeout', given.option('timeout'), 1, longestTimeout);
  if (given.option('wait') === undefined) return 1000 * (seconds ?? usualTimeout[channel]);
  if (seconds === undefined) return Infinity;
  throw new UsageError('--timeout and --wait exclude each other.', 'Use one of them.');
}

/** The hints that only the command has. */
const furtherSteps: Partial<Record<DestinationProblem['code'], (query: DestinationQuery) => string>> = {
  'workspace-errors': ({ workspace }) => `See dots validate ${workspace.file ?? ''}.`,
  'profiles-errors': ({ profiles }) => `See dots validate ${profiles.file}.`,
  'no-profiles-file': () => 'Or specify one with --profiles.',
  'no-address': () => 'Or specify the server with --server.',
};

function noTarget(problem: DestinationProblem, query: DestinationQuery, prefix: string): UsageError {
  if (problem.code === 'nothing-named')
    return new UsageError(
      '--server is missing: specify the server, such as coap://127.0.0.1:4646 or https://127.0.0.1:4443, or a --profile.',
      'dots mock starts one.',
    );
  const { message, hint } = destinationError(problem, furtherSteps[problem.code]?.(query));
  return new UsageError(`${prefix}${message}`, hint);
}

/** Errors of an address are reported before those of credentials. Throws a DotsError of kind `usage`. */
function checkAddress(server: string): void {
  if (!isData(server)) parseServer(server);
  else if (!URL.canParse(server)) throw noDataAddress(server);
}

/** A production server that --yes has not confirmed. */
export class UnconfirmedProduction extends UsageError {}

/**
 * A production server requires --yes, and so does any server while the profiles file has errors. Throws UsageError for
 * what is known before a name is resolved; the returned function does so for the addresses that are dialled.
 */
function permitFor(target: ServerTarget, given: Arguments, notDone: string): Permit | undefined {
  if (given.option('yes') !== undefined) return undefined;
  const refuse = ({ reason }: Production): UsageError =>
    new UnconfirmedProduction(`${reason}: ${notDone} to ${target.server}.`, 'Use --yes to confirm.');
  if (target.production !== undefined) throw refuse(target.production);
  return productionGuard(target, knownAddresses, refuse);
}

/** Only its identity may be known. Throws UsageError if it is required and not specified. */
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
    `The profile "${profile}" has the pre-shared key identity "${pskIdentity}", but no key is specified.`,
    'Specify its file with --psk-key-file, or "psk-key-file" in the profile.',
  );
}

/** A pre-shared key named on the command line replaces the certificates of a profile, and vice versa. */
function credentialFiles(given: Arguments, { credentials }: ServerTarget): CredentialFiles {
  const path = (name: string): string | undefined => {
    const file = given.option(name);
    return file === undefined ? undefined : absolutePath(file);
  };
  const said = {
    serverName: given.option('server-name'),
    ca: path('ca'),
    cert: path('cert'),
    key: path('key'),
    keyPasswordFile: path('key-password-file'),
    crl: path('crl'),
    pskIdentity: given.option('psk-identity'),
    pskKeyFile: path('psk-key-file'),
  };
  const { serverName, ca, certificate: cert, key, keyPasswordFile, crl, pskIdentity, pskKeyFile } = credentials;
  const password = said.key === undefined ? { keyPasswordFile } : {};
  const certificates = said.pskIdentity === undefined ? { ca, cert, key, crl, ...password } : {};
  const keyOfIdentity = said.pskIdentity === undefined ? { pskKeyFile } : {};
  const psk = said.ca === undefined && said.cert === undefined ? { pskIdentity, ...keyOfIdentity } : {};
  return {
    ...defined({ serverName }),
    ...defined(certificates),
    ...defined(psk),
    ...defined(said),
    ...(askKeyPassword !== undefined && { askKeyPassword }),
  };
}

const defined = (texts: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined));
