import { dirname, resolve } from 'node:path';
import { documentTypeOf, type DocumentType } from '#dots/model/documents';
import { newCuid } from '#dots/signal/session';
import type { Permit } from '#dots/model/hostAddress';
import { parseServer } from '#dots/transport/address';
import { knownAddresses } from '#dots/transport/connect/resolve';
import type { CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import { productionAt, productionGuard, productionReason } from '#dots/workspace/production';
import type { DocumentContext, Profile } from '#service/service';
import { mockName } from '#dots/workspace/fileNames';
import { UsageError, wholeNumber, type Given, type Option } from './command';
import type { ReadDocument } from './document';
import type { Io } from './io';
import type { GoverningWorkspace } from '#host/governingWorkspaces';
import { CommandWorkspaces, nameOfPath, pathIn, tellOwn, workspaceOptions } from './workspace';

/** Where a document goes, and as whom. */
export interface Target {
  server: string;
  cuid: string;
  /** The identifier that the document is sent under; the session makes one where nothing names it. */
  mid?: number | undefined;
  timeoutMs: number;
  /** The cuid was made just now, for nothing names one. */
  newCuid?: true;
  /** The name of the profile that it is from, if it is from one. */
  profile?: string;
  /** What the client proves itself with. */
  proofs: CredentialFiles;
  /** Keeps it from servers of production under other names; absent where nothing is of production, or that is meant. */
  permit?: Permit | undefined;
}

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
    description: 'The server profile; without it that of the document in the workspace file.',
  },
  { name: 'yes', description: 'Send to a server of production as well.' },
  {
    name: 'cuid',
    value: 'C',
    description: 'The client identifier; without it that of the workspace file or the profile, or a new one.',
  },
  {
    name: 'mid',
    value: 'N',
    description:
      'The mitigation id (or sid, tsid, tmid); without it that of the workspace file, or the seconds since 1970.',
  },
  { name: 'ca', value: 'FILE', description: 'The CA that vouches for the server (PEM).' },
  { name: 'cert', value: 'FILE', description: 'The client certificate (PEM).' },
  { name: 'key', value: 'FILE', description: 'Its private key (PEM).' },
  { name: 'crl', value: 'FILE', description: 'The certificates that the CA has revoked (PEM).' },
  {
    name: 'psk-identity',
    value: 'ID',
    description: 'The identity of a pre-shared key, instead of certificates; signal channel.',
  },
  { name: 'psk-key-file', value: 'FILE', description: 'The file that holds that key.' },
  { name: 'timeout', value: 'S', preset: '10', description: 'Seconds to wait for the answer.' },
  ...workspaceOptions,
];

/** What a document is validated and sent with, what is known of it besides its text, and the target. */
export interface Sending {
  target: Target;
  workspaces: CommandWorkspaces;
  governing: GoverningWorkspace;
  context: DocumentContext;
}

/** Reads flags, workspace file and profile, in this order of precedence. Throws UsageError. */
export async function sendingOf(document: ReadDocument, given: Given, io: Io): Promise<Sending> {
  const workspaces = new CommandWorkspaces(given);
  const governing = workspaces.of(document.file);
  tellOwn(workspaces, governing, io);
  if (governing.isBroken) {
    const name = nameOfPath(governing.path ?? '');
    throw new UsageError(
      `${name} has faults, so nobody can tell where ${document.file} goes and as whom: nothing was sent.`,
      `See dots validate ${name}.`,
    );
  }
  const context = governing.workspace.contextOf(pathIn(governing, document.file));
  if (context.direction === 'status')
    throw new UsageError(
      `${document.file} came from a server, says the workspace file; it is not sent.`,
      `Its "direction" stands in ${governing.path ?? ''}.`,
    );
  const target = targetOf(given, workspaces, {
    context,
    channel: documentTypeOf(document.value)?.channel ?? 'signal',
    wish: `${document.file} was not sent`,
  });
  const theirs = workspaces.profiles.get(target.profile ?? context.profile ?? '')?.ownPrefixes ?? [];
  return {
    workspaces,
    governing,
    target,
    context: {
      ...context,
      cuid: target.cuid,
      ...(target.mid !== undefined && { mid: target.mid }),
      ownPrefixes: [...governing.workspace.ownPrefixes, ...theirs],
    },
  };
}

/** What a target is wanted for. */
interface Purpose {
  /** What the workspace file says. */
  context: Partial<DocumentContext>;
  channel: DocumentType['channel'];
  /** What is not done where the target may not be used: the beginning of a sentence. */
  wish: string;
}

/** Where flags, then the workspace file, then a profile lead to, and as whom. Throws UsageError. */
export function targetOf(given: Given, workspaces: CommandWorkspaces, { context, channel, wish }: Purpose): Target {
  const named = given.option('profile') ?? (given.option('server') === undefined ? context.profile : undefined);
  if (named === mockName && given.option('server') === undefined)
    throw new UsageError(
      `${wish}: it would go to the mock orchestrator, and only the editor knows where its own listens.`,
      'Start dots mock, and name its address with --server.',
    );
  const profile = named === undefined || named === mockName ? undefined : workspaces.profile(named);
  const server = given.option('server') ?? addressIn(profile, named, channel, workspaces);
  checkAddress(server);
  const permit = permitFor(server, named, wish, given, workspaces);
  const target: Target = {
    server,
    permit,
    ...identity(given, context, profile),
    proofs: proofs(given, profile, workspaces),
    ...(named !== undefined && { profile: named }),
  };
  requireKey(target, given);
  return target;
}

/** The address that a profile gives for a kind of document. */
function addressIn(
  profile: Profile | undefined,
  name: string | undefined,
  channel: DocumentType['channel'],
  { profilesFile }: CommandWorkspaces,
): string {
  if (profile === undefined)
    throw new UsageError(
      '--server is missing: name the server, such as coap://127.0.0.1:4646 or https://127.0.0.1:4443, or a --profile.',
      'dots mock starts one.',
    );
  const address = profile[channel];
  if (address === undefined)
    throw new UsageError(
      `The profile "${name ?? ''}" names no ${channel} channel.`,
      `Add "${channel}" to it in ${profilesFile ?? 'the profiles file'}, or name the server with --server.`,
    );
  return address;
}

/** What is wrong with an address is told before its credentials are asked for. Throws a DotsError of kind `usage`. */
function checkAddress(server: string): void {
  if (!/^https:/i.test(server)) parseServer(server);
  else if (!URL.canParse(server))
    throw new UsageError(
      `"${server}" is not the address of a DOTS data channel.`,
      'Give a host, and a port up to 65535 where it is not 443, such as https://dots.example.net.',
    );
}

/**
 * A server of production has to be meant, whether its profile, another one with its address, only its address, or a name that resolves to it
 * was given; and where the profiles cannot be read, any server may be one. Throws UsageError for what is known before anything is looked up.
 */
function permitFor(
  server: string,
  named: string | undefined,
  wish: string,
  given: Given,
  { profiles, knownProfiles, profilesFile }: CommandWorkspaces,
): Permit | undefined {
  if (given.option('yes') !== undefined) return undefined;
  if (profilesFile !== undefined && knownProfiles === undefined) {
    throw new UsageError(
      `${profilesFile} has faults, so nobody can tell whether ${server} is a server of production: ${wish}.`,
      `See dots validate ${profilesFile}, or say --yes.`,
    );
  }
  const all = [...profiles].map(([name, profile]) => ({ ...profile, name }));
  const refuse = (by: { name: string }): UsageError =>
    new UsageError(`${productionReason(server, by.name, named)}: ${wish} to ${server}.`, 'Say --yes if that is meant.');
  const own = all.find(({ name, production }) => name === named && production);
  const by = own ?? productionAt(server, all);
  if (by !== undefined) throw refuse(by);
  return productionGuard(all, knownAddresses, refuse);
}

function identity(
  given: Given,
  context: { cuid?: string; mid?: number },
  profile: Profile | undefined,
): Pick<Target, 'cuid' | 'mid' | 'timeoutMs' | 'newCuid'> {
  const known = given.option('cuid') ?? context.cuid ?? profile?.cuid;
  return {
    cuid: known ?? newCuid(),
    ...(known === undefined && { newCuid: true as const }),
    mid: wholeNumber('mid', given.option('mid'), 0, 0xffff_ffff) ?? context.mid,
    timeoutMs: 1000 * (wholeNumber('timeout', given.option('timeout'), 1, longestTimeout) ?? 10),
  };
}

/** The key itself is never in a profile. Throws UsageError where it is wanted and not named. */
function requireKey({ server, profile, proofs: { pskIdentity, pskKeyFile } }: Target, given: Given): void {
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
    'Name the file that holds it: --psk-key-file.',
  );
}

/** A pre-shared key named on the command line stands instead of the certificates of a profile, and the other way round. */
function proofs(given: Given, profile: Profile | undefined, { profilesFile }: CommandWorkspaces): CredentialFiles {
  const said = {
    ca: given.option('ca'),
    cert: given.option('cert'),
    key: given.option('key'),
    crl: given.option('crl'),
    pskIdentity: given.option('psk-identity'),
    pskKeyFile: given.option('psk-key-file'),
  };
  const fromProfile = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(dirname(profilesFile ?? ''), path);
  const certificates =
    said.pskIdentity === undefined
      ? {
          ca: fromProfile(profile?.ca),
          cert: fromProfile(profile?.certificate),
          key: fromProfile(profile?.key),
          crl: fromProfile(profile?.crl),
        }
      : {};
  const psk = said.ca === undefined && said.cert === undefined ? { pskIdentity: profile?.pskIdentity } : {};
  return {
    ...certificates,
    ...psk,
    ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
  };
}
