import type { ConnectionMemory, SessionOptions, SignalSession } from '#dots/signal/session';
import type { SettledTarget } from './serverTargets';

/** What a session is opened for, its callbacks, and how to cancel. */
export type Opening = Pick<SessionOptions, 'underAttack' | 'trace' | 'signal'>;

/** The outcomes of earlier attempts, and the DTLS sessions that can be resumed, in memory only. */
let memory: ConnectionMemory | undefined;

/** Opens the signal channel session of a target: here credentials are passed to the DOTS client. Throws a DotsError. */
export async function connect(target: SettledTarget, opening: Opening): Promise<SignalSession> {
  const { SignalSession } = await import('#lazy/protocol');
  return SignalSession.open({ ...(await optionsFor(target)), ...opening });
}

/** The same over DTLS for a session over TLS, if that is due and works now; otherwise undefined. */
export async function connectOverDtls(target: SettledTarget, opening: Opening): Promise<SignalSession | undefined> {
  const { SignalSession } = await import('#lazy/protocol');
  return SignalSession.overDtls({ ...(await optionsFor(target)), ...opening });
}

async function optionsFor({
  server,
  cuid,
  credentials: { serverName },
  clientCredentials,
  permit,
}: SettledTarget): Promise<SessionOptions & { memory: ConnectionMemory }> {
  const { connectionMemory } = await import('#lazy/protocol');
  memory ??= connectionMemory();
  return { server, serverName, cuid, memory, permit, ...(clientCredentials && { credentials: clientCredentials }) };
}
