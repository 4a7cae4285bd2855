import { describeError } from '#dots/model/errors';
import { duration } from '#dots/words/quantities';
import { securityWords } from '#dots/words/sessions';
import { codeWords } from '#dots/words/codes';
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
    case 'configuration':
      return event.problem === undefined
        ? undefined
        : `The configuration of the session with ${server} was not negotiated. ${event.problem}`;
    case 'redirected':
      return redirectionWords(event, server);
    case 'redirection-ended':
      return `The redirection to ${event.from} is over; ${server} is used again.`;
    case 'over-tls':
      return `The session with ${server} continues over TLS. ${describeError(event.error)}`;
    case 'filter-control':
      return filterControlWords(event, server);
    case 'state':
      return stateChangeWords(event, server);
  }
}

function redirectionWords({ to, ttlMs, isLoop }: KeeperEvent & { type: 'redirected' }, server: string): string {
  if (isLoop)
    return `A redirection to ${to} is ignored: that server was used or attempted within the last five minutes (RFC 9132 section 4.6). Ask the operator of ${server} whether its servers redirect to each other.`;
  if (ttlMs === 0) return `${server} redirects one request to ${to}.`;
  return `${server} redirects to ${to}${ttlMs === Infinity ? '' : ` for ${duration(ttlMs / 1000)}`}.`;
}

function stateChangeWords({ before, snapshot }: KeeperEvent & { type: 'state' }, server: string): string | undefined {
  if (snapshot.state === 'connected') return before === 'not-responding' ? `${server} answers again.` : undefined;
  if (snapshot.state !== 'not-responding') return undefined;
  return snapshot.session === 'closed'
    ? `${server} has ended the session; it is opened again within a minute, or with the next request.`
    : `${server} is not responding; heartbeats continue.`;
}

function filterControlWords({ control, outcome }: KeeperEvent & { type: 'filter-control' }, server: string): string {
  const acls = control.acls.join(', ');
  const { mid: id } = control;
  if (outcome === 'not-needed')
    return `Mid ${id} has ended, so the request to ${server} was not sent again with the ACLs ${acls}.`;
  const again = `The request of mid ${id} was sent to ${server} again with the ACLs ${acls} (RFC 9133 section 3.2.1)`;
  if ('error' in outcome)
    return `${again}, without an answer. ${describeError(outcome.error)} Next: dots status ${id} shows what the server has.`;
  const { answer, entry } = outcome.recorded;
  if (answer.ok) return `${again}, as mid ${entry.id}: ${answer.code}. It replaces mid ${id}.`;
  return `${again} and refused: ${answer.code} ${codeWords(answer.code).name}. Mid ${id} continues without a change of the ACLs; dots data changes them over the data channel.`;
}
