import { DotsError } from '#dots/model/errors';
import type { DocumentType } from '#dots/model/documents';
import { mockName } from './fileNames';
import { productionOf, productionServers, type Production, type ProfileServer } from './production';
import type { SessionSettings } from './sessionSettings';
import type { FileContext, Profile, Profiles } from './workspaceFile';

/** The DOTS channel that a document travels on. */
export type Channel = DocumentType['channel'];

/** The user's server profiles, as far as they could be read. */
export interface KnownProfiles {
  /** The path of the profiles file, or the one where it would be. */
  file: string;
  /** absent: there is no file; faulty: it has errors, and is not used at all; off: the folder is not trusted. */
  state: 'read' | 'absent' | 'faulty' | 'off';
  /** By name. The paths in them are used as they are: a shell makes them absolute first. */
  profiles: Profiles;
}

/** What determines the target and the client identity of a document, in order of precedence. */
export interface DestinationQuery {
  /** What the user chose for this time only. */
  given?: {
    server?: string | undefined;
    profile?: string | undefined;
    cuid?: string | undefined;
    mid?: number | undefined;
  };
  /** The workspace file of the document, and its entry for the document. */
  workspace: { file?: string | undefined; faulty: boolean; context: FileContext };
  /** The profile of documents that have none otherwise. */
  activeProfile?: string | undefined;
  profiles: KnownProfiles;
  /** The document, as a sentence names it. */
  document: string;
  channel: Channel;
}

/** The profile that was named, and by what; both absent if only an address was named. */
export interface Route {
  /** The name of a server profile, or `mock`. */
  profile?: string;
  namedBy?: 'user' | 'workspace' | 'active';
}

/** The identifiers of the client and of its request; an absent one is generated on sending. */
export interface RequestIdentity {
  cuid?: string;
  /** Or the sid, tsid or tmid, by the kind of the document. */
  mid?: number;
}

const credentialMembers = [
  'serverName',
  'ca',
  'certificate',
  'key',
  'crl',
  'keyPasswordFile',
  'pskIdentity',
  'pskKeyFile',
] as const satisfies readonly (keyof Profile)[];

/** The files, the names and the identity in a profile that authenticate the client and verify the server. */
export type ProfileCredentials = Pick<Profile, (typeof credentialMembers)[number]>;

/** A DOTS server, and this client's identity there. */
export interface ServerTarget extends Route, RequestIdentity {
  /** The address of the document's channel. */
  server: string;
  /** For a data channel: the signal channel of the same server; absent where no profile names it. */
  signalServer?: string | undefined;
  /** Why sending there needs the user's confirmation; absent if it needs none. */
  production?: Production;
  /** The production servers that its name must not resolve to; absent if there are none, or it is one. */
  otherThan?: ProfileServer[];
  credentials: ProfileCredentials;
  /** How the session with it is kept; absent where the address is not that of a profile. */
  session?: SessionSettings;
}

/** Why there is no target: each has one sentence and, where there is one, the next step. */
export interface DestinationProblem {
  code:
    | 'untrusted'
    | 'status-document'
    | 'workspace-errors'
    | 'profiles-errors'
    | 'no-profiles-file'
    | 'no-profile'
    | 'no-address'
    | 'nothing-named';
  message: string;
  hint?: string;
}

/** The target of a document and the client identity: a server, the mock orchestrator of the editor, or none. */
export type Destination =
  | ({ kind: 'server' } & ServerTarget)
  | ({ kind: 'mock' } & Route & RequestIdentity)
  | ({ kind: 'none'; problem: DestinationProblem } & Route);

/** Determines the target of a document and the client identity, for the editor and the command alike. */
export function destinationOf(query: DestinationQuery): Destination {
  const route = routeOf(query);
  const problem = documentProblem(query) ?? profileProblem(query, route);
  if (problem !== undefined) return { kind: 'none', ...route, problem };
  const server = query.given?.server ?? profileOf(query, route.profile)?.[query.channel];
  const identity = requestIdentityOf(query);
  if (server !== undefined) return { kind: 'server', ...targetAt(server, query, route), ...identity };
  return route.profile === mockName
    ? { kind: 'mock', ...route, ...identity }
    : { kind: 'none', ...route, problem: noAddress(query, route) };
}

/** A problem as the error that ends an action; `more` is a further hint that only one of editor and command has. */
export function destinationError({ code, message, hint }: DestinationProblem, more?: string): DotsError {
  const steps = [hint, more].filter((step) => step !== undefined);
  return new DotsError('usage', `destination/${code}`, message, steps.length === 0 ? undefined : steps.join(' '));
}

/** Which profile is used; if the user names an address, only one that the user names as well. */
function routeOf(query: DestinationQuery): Route {
  const { given } = query;
  if (given?.profile !== undefined) return { profile: given.profile, namedBy: 'user' };
  if (given?.server !== undefined) return {};
  const profile = profileNamed(query);
  if (profile === undefined) return {};
  return { profile, namedBy: query.workspace.context.profile === undefined ? 'active' : 'workspace' };
}

/** The profile of the document, whether or not it is sent there. */
const profileNamed = ({ given, workspace, activeProfile }: DestinationQuery): string | undefined =>
  given?.profile ?? workspace.context.profile ?? activeProfile;

/**
 * The client and request identifiers; the cuid of a profile is kept if the user names another address for this time.
 */
export function requestIdentityOf(query: DestinationQuery): RequestIdentity {
  const { given, workspace } = query;
  const cuid = given?.cuid ?? workspace.context.cuid ?? profileOf(query, profileNamed(query))?.cuid;
  const mid = given?.mid ?? workspace.context.mid;
  return { ...(cuid !== undefined && { cuid }), ...(mid !== undefined && { mid }) };
}

function targetAt(server: string, query: DestinationQuery, route: Route): ServerTarget {
  const production = productionOf(server, query.profiles, route.profile);
  const others = productionServers(query.profiles.profiles);
  const profile = profileOf(query, route.profile);
  return {
    ...route,
    server,
    ...(query.channel === 'data' && profile?.signal !== undefined && { signalServer: profile.signal }),
    ...(production !== undefined && { production }),
    ...(production === undefined && others.length > 0 && { otherThan: others }),
    credentials: credentialsIn(profile),
    ...(profile?.session !== undefined && query.given?.server === undefined && { session: profile.session }),
  };
}

/** The credentials that a profile names. */
export const credentialsIn = (profile: Partial<Profile> = {}): ProfileCredentials =>
  Object.fromEntries(
    credentialMembers.flatMap((name) => (profile[name] === undefined ? [] : [[name, profile[name]] as const])),
  );

/** No profile has the name of the mock, whatever the profiles file says. */
const profileOf = ({ profiles }: DestinationQuery, name: string | undefined): Profile | undefined =>
  name === undefined || name === mockName ? undefined : profiles.profiles.get(name);

/** Why the document itself cannot be sent. */
function documentProblem({ profiles, workspace, document }: DestinationQuery): DestinationProblem | undefined {
  const { file = '' } = workspace;
  if (profiles.state === 'off')
    return {
      code: 'untrusted',
      message: 'Nothing is sent from an untrusted folder.',
      hint: 'Trust the folder first.',
    };
  if (workspace.faulty)
    return {
      code: 'workspace-errors',
      message: `${file} has errors, so the target of ${document} is unknown.`,
      hint: 'Correct its errors first.',
    };
  if (workspace.context.direction === 'status')
    return {
      code: 'status-document',
      message: `The workspace file marks this document as a server's status ("direction" in ${file}), so it cannot be sent.`,
    };
  return undefined;
}

/** Why the profile of the target cannot be used. */
function profileProblem(query: DestinationQuery, { profile }: Route): DestinationProblem | undefined {
  const { given, profiles } = query;
  if (profile === mockName) return undefined;
  if (profile === undefined)
    return given?.server === undefined ? { code: 'nothing-named', message: 'No server is named.' } : undefined;
  return profiles.profiles.has(profile) ? undefined : noProfile(profile, profiles);
}

function noProfile(name: string, { file, state, profiles }: KnownProfiles): DestinationProblem {
  if (state === 'absent')
    return {
      code: 'no-profiles-file',
      message: `There is no profile "${name}": there is no profiles file.`,
      hint: `Write one as ${file}.`,
    };
  if (state === 'faulty')
    return {
      code: 'profiles-errors',
      message: `The profile "${name}" cannot be used: ${file} has errors.`,
      hint: 'Correct its errors first.',
    };
  return {
    code: 'no-profile',
    message: `There is no profile "${name}" in ${file}.`,
    hint: profiles.size === 0 ? 'It has none.' : `It has ${[...profiles.keys()].join(', ')}.`,
  };
}

function noAddress({ channel, profiles }: DestinationQuery, { profile }: Route): DestinationProblem {
  return {
    code: 'no-address',
    message: `The profile "${profile ?? ''}" names no ${channel} channel.`,
    hint: `Add "${channel}" to it in ${profiles.file}.`,
  };
}
