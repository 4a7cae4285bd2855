import { safeJson } from '#dots/model/text';
import { eventWords } from '#dots/signal/keeper/eventWords';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
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
    const words = sentence(target, event);
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
    message: sentence(target, event) ?? null,
    error: errorOf(event),
  };
}

function errorOf(event: SessionEvent): object | null {
  if (event.type !== 'filter-control') return 'error' in event ? errorJson(event.error) : null;
  return typeof event.outcome === 'object' && 'error' in event.outcome ? errorJson(event.outcome.error) : null;
}

function sentence(target: SettledTarget, event: SessionEvent): string | undefined {
  if (event.type === 'trace') return `${target.server}: ${event.sentence}`;
  if (event.type !== 'dismissed') return eventWords(event, target);
  return `The session with ${target.server} as ${target.cuid} ends, because ${event.because}.`;
}
