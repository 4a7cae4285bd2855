import type { Security } from '#dots/coap/channel';
import type { SignalSession } from '#dots/signal/session';
import type { Place } from './places';

/** Opens the signal channel session of a place: the one spot where credentials are handed to the DOTS client. Throws a DotsError. */
export async function connect({ server, cuid, credentials }: Place): Promise<SignalSession> {
  const { SignalSession } = await import('#apart/work');
  return SignalSession.open({ server, cuid, ...(credentials && { credentials }) });
}

/** How the path of a session is protected, and who the other end has proved to be; undefined on a plain path. */
export function securityOf(session: SignalSession): Security | undefined {
  return (session as SignalSession & { security?: Security }).security;
}
