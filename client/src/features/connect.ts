import type { ConnectionMemory, SignalSession } from '#dots/signal/session';
import type { Place } from './places';

/** What became of earlier attempts, and the DTLS sessions that can be resumed: it ends with the editor. */
let memory: ConnectionMemory | undefined;

/** Opens the signal channel session of a place: the one spot where credentials are handed to the DOTS client. Throws a DotsError. */
export async function connect({ server, cuid, credentials }: Place, signal: AbortSignal): Promise<SignalSession> {
  const { SignalSession, connectionMemory } = await import('#apart/work');
  memory ??= connectionMemory();
  return SignalSession.open({ server, cuid, signal, memory, ...(credentials && { credentials }) });
}
