import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { keeperSocket } from '#dots/sessionSocket/socketPath';
import { caller } from '../caller';
import type { Io } from '../io';
import { runKept } from '../keeper/client';
import { commandLine, type Way } from './commandLines';
import { checked, type Check } from './report';

/** The sessions that `dots session` keeps; `silent`: it does not respond; undefined: none is running. */
export type KeptSessions = readonly JsonObject[] | 'silent' | undefined;

/** Asks the running `dots session` for its sessions. */
export async function keptSessions(io: Io): Promise<KeptSessions> {
  const socket = keeperSocket(caller());
  let text = '';
  const collected: Io = {
    out: (part) => Promise.resolve(void (text += typeof part === 'string' ? part : Buffer.from(part).toString('utf8'))),
    say: () => undefined,
    input: () => Promise.resolve(new Uint8Array()),
    colours: false,
    stopped: () => io.stopped(),
  };
  const words = ['session', 'status', '--format', 'json'];
  const outcome = socket === undefined ? 'refused' : await runKept(socket, words, collected);
  if (outcome === 'refused') return undefined;
  return outcome === 'silent' ? outcome : sessionsIn(text);
}

/** A `dots session` of another version may print something else. */
function sessionsIn(text: string): KeptSessions {
  try {
    const report = JSON.parse(text) as JsonValue;
    return itemsOf(isObject(report) ? report.sessions : undefined).filter(isObject);
  } catch {
    return 'silent';
  }
}

/** The session that is kept with the server of a profile. */
const sessionWith = (sessions: KeptSessions, profile: string): JsonObject | undefined =>
  typeof sessions === 'string' ? undefined : sessions?.find((each) => each.profile === profile);

/** Whether heartbeats are exchanged with the server of a profile anyway. */
export const isKept = (sessions: KeptSessions, profile: string): boolean =>
  sessionWith(sessions, profile)?.state === 'connected';

/** Whether a session is open before it is needed: under attack a handshake may fail. */
export function keptSessionCheck(sessions: KeptSessions, way: Way): Check {
  if (sessions === 'silent')
    return checked('kept session', 'not-ready', 'The running dots session does not respond.', {
      todo: ['End the process of dots session, and start it again.'],
    });
  const session = sessionWith(sessions, way.profile);
  if (session === undefined)
    return checked(
      'kept session',
      'skipped',
      'dots session keeps none with this server; under attack a handshake may fail.',
      {
        details: [`Start it in peacetime: ${commandLine(['session'], way, true)}`],
      },
    );
  return checked('kept session', session.state === 'connected' ? 'ok' : 'soon', String(session.summary));
}
