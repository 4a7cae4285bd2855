import { describeError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import { securityWords } from '#dots/words/sessions';
import { errorJson } from '../invoke';
import type { Io } from '../io';
import type { SettledTarget } from '../settledTarget';

/** What happens to a session of `dots session`. */
export type SessionEvent =
  | KeeperEvent
  /** It is closed: it is the least recently used one, or was removed from the profiles. */
  | { type: 'dismissed'; because: string }
  /** What an attempt to open it does. */
  | { type: 'trace'; sentence: string };

/** Receives the events of the sessions with a target. */
export type Watch = (target: SettledTarget, event: SessionEvent) => void;

/** Prints events: as JSON, one object per line, or as lines of messages. */
export function eventPrinter(isJson: boolean, io: Io): Watch {
  const at = (): string => new Date().toISOString();
  return (target, event) => {
    if (isJson) return void io.out(`${safeJson({ version: 1, at: at(), ...eventJson(target, event) })}\n`);
    const words = eventWords(target, event);
    if (words !== undefined) io.say(`${at()} ${words}`);
  };
}

function eventJson(target: SettledTarget, event: SessionEvent): object {
  const { server, cuid, profile = null } = target;
  const security = event.type === 'opened' ? event.session.security : undefined;
  return {
    event: event.type,
    server,
    cuid,
    profile,
    state: event.type === 'state' ? event.snapshot.state : null,
    protocol: security?.protocol ?? null,
    peerName: security?.peerName ?? null,
    message: eventWords(target, event) ?? null,
    error: 'error' in event ? errorJson(event.error) : null,
  };
}

function eventWords({ server, cuid }: SettledTarget, event: SessionEvent): string | undefined {
  switch (event.type) {
    case 'opened': {
      const { security } = event.session;
      return `Session opened with ${server} as ${cuid}${security === undefined ? '' : `, ${securityWords(security)}`}.`;
    }
    case 'failed':
      return `Could not connect to ${server}; retrying later. ${describeError(event.error)}`;
    case 'over-tls':
      return `The session with ${server} continues over TLS. ${describeError(event.error)}`;
    case 'state':
      return stateChangeWords(event, server);
    case 'dismissed':
      return `The session with ${server} as ${cuid} ends, because ${event.because}.`;
    case 'trace':
      return `${server}: ${event.sentence}`;
  }
}

function stateChangeWords({ before, snapshot }: KeeperEvent & { type: 'state' }, server: string): string | undefined {
  if (snapshot.state === 'connected') return before === 'not-responding' ? `${server} answers again.` : undefined;
  if (snapshot.state !== 'not-responding') return undefined;
  return snapshot.session === 'closed'
    ? `${server} has ended the session; it is opened again within a minute, or with the next document.`
    : `${server} is not responding; heartbeats continue.`;
}
