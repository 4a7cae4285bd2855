import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { SignalSession } from '#dots/signal/session';
import { connectionMemory, type ConnectionMemory, type SessionOptions } from '#dots/signal/sessionOptions';
import { credentialsFor } from '#dots/transport/certificates/credentialFiles';
import { storedAddresses } from '#dots/transport/connect/addressFile';
import { storedSessions } from '#dots/transport/dtls/sessionFile';
import type { SettledTarget } from './settledTarget';

/** What the runs of `dots` remember of connections: addresses of servers, and sessions that may be resumed. */
export const commandMemory = (): ConnectionMemory => connectionMemory(storedAddresses(), storedSessions());

/** How a session with a target is opened. Credentials are read each time, so that replaced files are used. */
export async function sessionOptions(target: SettledTarget): Promise<SessionOptions> {
  const { server, cuid, permit, credentialFiles, session } = target;
  const credentials = await credentialsFor(server, credentialFiles);
  return { server, cuid, permit, localAddresses: session?.localAddresses, ...credentials };
}

/** What of a session that is kept its owner decides. */
export interface KeeperOwner extends Pick<SessionOptions, 'watch' | 'trace'> {
  memory: ConnectionMemory;
  /** Milliseconds for each attempt to open it. */
  openingMs: number;
}

/**
 * A session with a target that is kept established.
 * @param current the target of the last request, whose settings the next session has
 */
export function keeperOf(current: () => SettledTarget, { openingMs, ...owner }: KeeperOwner): SessionKeeper {
  const { server, cuid, session } = current();
  const options = async () => ({ ...(await sessionOptions(current())), ...owner });
  return new SessionKeeper({
    server,
    cuid,
    alternates: session?.alternates,
    configuration: () => current().session?.configuration,
    open: async (opening) => SignalSession.open({ ...(await options()), ...opening, timeoutMs: openingMs }),
    overDtls: async (opening) => SignalSession.overDtls({ ...(await options()), ...opening }),
  });
}
