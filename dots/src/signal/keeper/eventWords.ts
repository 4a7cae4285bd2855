import { describeError } from '#dots/model/errors';
import { securityWords } from '#dots/words/sessions';
import type { KeeperEvent } from './keeperEvents';

/** An event of a session that is kept as a sentence for a log; undefined where another event has said it. */
export function eventWords(event: KeeperEvent, { server, cuid }: { server: string; cuid: string }): string | undefined {
  switch (event.type) {
    case 'opened': {
      const { security } = event.session;
      return `Session opened with ${server} as ${cuid}${security === undefined ? '' : `, ${securityWords(security)}`}.`;
    }
    case 'failed':
      return `Could not connect to ${server}. ${describeError(event.error)}`;
    case 'over-tls':
      return `The session with ${server} continues over TLS. ${describeError(event.error)}`;
    case 'state':
      return stateChangeWords(event, server);
  }
}

function stateChangeWords({ before, snapshot }: KeeperEvent & { type: 'state' }, server: string): string | undefined {
  if (snapshot.state === 'connected') return before === 'not-responding' ? `${server} answers again.` : undefined;
  if (snapshot.state !== 'not-responding') return undefined;
  return snapshot.session === 'closed'
    ? `${server} has ended the session; it is opened again within a minute, or with the next request.`
    : `${server} is not responding; heartbeats continue.`;
}
