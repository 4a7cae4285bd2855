import { reachedHost, type HostPort, type Permit } from '#dots/model/hostAddress';
import { serverAddress } from './serverAddress';
import type { SessionSettings } from './sessionSettings';
import type { Profiles } from './workspaceFile';

/** The server of a profile, by its name and its addresses. */
export interface ProfileServer {
  name: string;
  signal?: string | undefined;
  data?: string | undefined;
  /** What its certificate is checked against, where that is not the host of the addresses. */
  serverName?: string | undefined;
  session?: Pick<SessionSettings, 'alternates'> | undefined;
}

/** What is known of a server profile here. */
interface Addressed extends ProfileServer {
  production: boolean;
}

/** Returns the IP addresses of a host name; none where they are not known. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/**
 * The production profile whose server listens at an address, by its text: case, scheme, a default port, a slash at the
 * end, the names of loopback and IPv4 addresses inside IPv6 ones make no difference. `productionGuard` compares what
 * names resolve to.
 */
export function productionAt<P extends Addressed>(server: string, profiles: readonly P[]): P | undefined {
  const place = placeOf(hostPortOf(server));
  return profiles.find(
    (profile) => profile.production && addressesOf(profile).some((address) => placeOf(address) === place),
  );
}

/** Why a server counts as a production server. */
export interface Production {
  /** A sentence without its full stop. */
  reason: string;
  /** The profile that marks it; absent if the profiles file has errors, so that it is unknown. */
  by?: string;
}

/** The servers of all production profiles. */
export function productionServers(profiles: Profiles): ProfileServer[] {
  return [...profiles]
    .filter(([, { production }]) => production)
    .map(([name, { signal, data, serverName, session }]) => ({
      name,
      ...(session !== undefined && { session }),
      ...(serverName !== undefined && { serverName }),
      ...(signal !== undefined && { signal }),
      ...(data !== undefined && { data }),
    }));
}

/** A target that is not known to be a production server before its name is resolved. */
interface Unconfirmed {
  server: string;
  /** The profile of the target, if there is one. */
  profile?: string;
  /** The servers that its name must not resolve to. */
  otherThan?: readonly ProfileServer[];
}

/**
 * Keeps packets from production servers under other names: compares the IP addresses about to be dialled with those of
 * the production profiles, whose names are resolved; a name that cannot be resolved has no addresses. Undefined if
 * there is nothing to compare with.
 * @param refuse makes the error to reject with
 */
export function productionGuard(
  { server, profile, otherThan = [] }: Unconfirmed,
  lookUp: LookUp,
  refuse: (why: Production) => Error,
): Permit | undefined {
  if (otherThan.length === 0) return undefined;
  return async (dialled) => {
    const places = new Set(dialled.map(placeOf));
    const known = await Promise.all(
      otherThan.map(async (each) => ({ by: each.name, at: await placesOf(each, lookUp) })),
    );
    const found = known.find(({ at }) => at.some((place) => places.has(place)));
    if (found !== undefined) throw refuse({ by: found.by, reason: productionReason(server, found.by, profile) });
  };
}

/**
 * Why a server counts as a production server: its own profile, another one with its address, or, while the profiles
 * file has errors, that any server may be one. `name`: the profile of the target, if there is one.
 */
export function productionOf(
  server: string,
  { file, state, profiles }: { file: string; state: string; profiles: Profiles },
  name?: string,
): Production | undefined {
  if (state === 'faulty')
    return { reason: `${file} has errors, so whether ${server} is a production server is unknown` };
  const all = [...profiles].map(([each, profile]) => ({ ...profile, name: each }));
  const by = (all.find((profile) => profile.name === name && profile.production) ?? productionAt(server, all))?.name;
  return by === undefined ? undefined : { reason: productionReason(server, by, name), by };
}

function productionReason(server: string, by: string, name?: string): string {
  if (name === by) return `The profile "${name}" is marked as production`;
  return name === undefined
    ? `${server} is the address of the profile "${by}", which is marked as production`
    : `"${name}" leads to ${server}, which the profile "${by}" marks as production`;
}

/** Its addresses, and where its name leads: a server that proves this name is the same one. */
function addressesOf({ signal, data, serverName, session }: ProfileServer): HostPort[] {
  const written = [signal, data, ...(session?.alternates ?? [])]
    .filter((address) => address !== undefined)
    .map(hostPortOf);
  return serverName === undefined ? written : [...written, ...written.map(({ port }) => ({ host: serverName, port }))];
}

/** All places of a profile: its names and addresses, and what the names resolve to. */
async function placesOf(profile: ProfileServer, lookUp: LookUp): Promise<string[]> {
  const found = addressesOf(profile).map(async ({ host, port }) =>
    [host, ...(await lookUp(host))].map((each) => placeOf({ host: each, port })),
  );
  return (await Promise.all(found)).flat();
}

/** Host and port in one spelling. */
function placeOf({ host, port }: HostPort): string {
  return `${reachedHost(host)} ${port}`;
}

function hostPortOf(server: string): HostPort {
  const { host, port } = serverAddress(server);
  return { host: host.replace(/^\[|\]$/g, ''), port };
}
