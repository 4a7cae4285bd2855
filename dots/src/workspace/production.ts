import { serverAddress } from './serverAddress';
import type { Profiles } from './workspaceFile';

/** What is known of a server profile here. */
interface Addressed {
  name: string;
  production: boolean;
  signal?: string | undefined;
  data?: string | undefined;
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The profile of production whose server listens at an address, whatever that is written like: case, scheme, a port that is the
 * usual one, a slash at the end and the names of loopback make no difference.
 */
export function productionAt<P extends Addressed>(server: string, profiles: readonly P[]): P | undefined {
  const place = placeOf(server);
  return profiles.find(
    ({ production, signal, data }) =>
      production && [signal, data].some((address) => address !== undefined && placeOf(address) === place),
  );
}

/** Why a server counts as one of production. */
export interface Production {
  /** A sentence without its full stop. */
  reason: string;
  /** The profile that says so; absent where the profiles file has errors, so that it is unknown. */
  by?: string;
}

/**
 * Why a server counts as one of production: its own profile, another one with its address, or, while the profiles file has errors,
 * that any server may be one. `name`: the profile that leads there, if one does.
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

/** Host and port, spelt in one way. */
function placeOf(server: string): string {
  const { host, port } = serverAddress(server);
  return `${loopbackNames.has(host) ? 'localhost' : host} ${port}`;
}
