import { reachedHost, type HostPort, type Permit } from '#dots/model/hostAddress';

/** What is known of a server profile here. */
interface Addressed {
  name: string;
  production: boolean;
  signal?: string | undefined;
  data?: string | undefined;
}

/** Returns the IP addresses of a host name; none where they are not known. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** The default ports: RFC 9132 section 10.1, and https. */
const signalPort = 4646;
const dataPort = 443;

/**
 * The profile of production whose server listens at an address, by its text: case, scheme, a port that is the usual one, a slash at the end,
 * the names of loopback and IPv4 addresses inside IPv6 ones make no difference. What a name resolves to is for `productionGuard`.
 */
export function productionAt<P extends Addressed>(server: string, profiles: readonly P[]): P | undefined {
  const place = placeOf(hostPortOf(server));
  return profiles.find(
    (profile) => profile.production && addressesOf(profile).some((address) => placeOf(address) === place),
  );
}

/**
 * Keeps packets from servers of production under other names: compares the IP addresses that are about to be dialled with those of the
 * profiles of production, whose names are looked up; a name that cannot be looked up leads nowhere. Undefined where no profile is of production.
 * @param refuse makes the error to reject with
 */
export function productionGuard<P extends Addressed>(
  profiles: readonly P[],
  lookUp: LookUp,
  refuse: (by: P) => Error,
): Permit | undefined {
  const guarded = profiles.filter(({ production }) => production);
  if (guarded.length === 0) return undefined;
  return async (dialled) => {
    const places = new Set(dialled.map(placeOf));
    const known = await Promise.all(guarded.map(async (profile) => ({ profile, at: await placesOf(profile, lookUp) })));
    const found = known.find(({ at }) => at.some((place) => places.has(place)));
    if (found !== undefined) throw refuse(found.profile);
  };
}

/** Why a server counts as one of production, as a sentence without its full stop. `name`: the profile that leads there, if one does. */
export function productionReason(server: string, by: string, name?: string): string {
  if (name === by) return `The profile "${name}" is marked as production`;
  return name === undefined
    ? `${server} is the address of the profile "${by}", which is marked as production`
    : `"${name}" leads to ${server}, which the profile "${by}" marks as production`;
}

function addressesOf({ signal, data }: Addressed): HostPort[] {
  return [signal, data].filter((address) => address !== undefined).map(hostPortOf);
}

/** All places of a profile: its names and addresses, and what the names resolve to. */
async function placesOf(profile: Addressed, lookUp: LookUp): Promise<string[]> {
  const found = addressesOf(profile).map(async ({ host, port }) =>
    [host, ...(await lookUp(host))].map((each) => placeOf({ host: each, port })),
  );
  return (await Promise.all(found)).flat();
}

/** Host and port, spelt in one way. */
function placeOf({ host, port }: HostPort): string {
  return `${reachedHost(host)} ${port}`;
}

function hostPortOf(server: string): HostPort {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(server.trim()) ?? [];
  const authority = rest.replace(/[/?#].*$/, '');
  const bracketed = /^[^[\]]*:[^[\]]*:/.test(authority) ? `[${authority}]` : authority;
  const [, name = bracketed, port = ''] = /^(\[.*\]|[^:]*)(?::(\d*))?$/.exec(bracketed) ?? [];
  const usual = scheme.toLowerCase() === 'https' ? dataPort : signalPort;
  return { host: hostOf(name), port: port === '' ? usual : Number(port) };
}

/** A URL of the web knows one spelling for each host name and address, also for IPv4 addresses in other bases. */
function hostOf(name: string): string {
  const text = `https://${name}`;
  return URL.canParse(text) ? new URL(text).hostname.replace(/^\[|\]$/g, '') : name;
}
