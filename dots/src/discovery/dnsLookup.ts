import { Resolver } from 'node:dns/promises';
import { DotsError } from '#dots/model/errors';
import type { Lookup } from './discover';

/** The answers that say that there is nothing. */
const nothing = ['ENODATA', 'ENOTFOUND'];

/** Why there is no usable answer, by c-ares. */
const reasons: Readonly<Record<string, string>> = {
  ETIMEOUT: 'the name server does not answer',
  ECONNREFUSED: 'no name server listens there',
  ESERVFAIL: 'the name server failed (SERVFAIL)',
  EREFUSED: 'the name server refused it',
  ECANCELLED: 'the time is over',
  EBADRESP: 'the answer is unreadable',
  EBADNAME: 'it is not a valid name',
};

/** A look-up with its time limit. */
export interface TimedLookup extends Lookup {
  /** Ends its timer. */
  close(): void;
}

/**
 * Look-ups at a name server (`ADDRESS` or `ADDRESS:PORT`), or at those of the machine, without search domains.
 * Questions that have no answer after `deadlineMs` from now fail, and so do later ones. Throws TypeError for a server
 * that is no address.
 */
export function dnsLookup(server: string | undefined, deadlineMs: number): TimedLookup {
  const resolver = new Resolver();
  if (server !== undefined) resolver.setServers([server]);
  let ended = false;
  const timer = setTimeout(() => {
    ended = true;
    resolver.cancel();
  }, deadlineMs);
  const ask = async <T>(name: string, question: (name: string) => Promise<T[]>): Promise<T[]> => {
    if (ended) throw unanswered(name, 'ECANCELLED');
    return question(name).catch((error: NodeJS.ErrnoException) => {
      if (nothing.includes(error.code ?? '')) return [];
      throw unanswered(name, error.code ?? error.message, error);
    });
  };
  const both = (name: string): Promise<string[][]> =>
    Promise.all([ask(name, (host) => resolver.resolve6(host)), ask(name, (host) => resolver.resolve4(host))]);
  return {
    naptr: (name) => ask(name, (owner) => resolver.resolveNaptr(owner)),
    srv: (name) => ask(name, (owner) => resolver.resolveSrv(owner)),
    ptr: (name) => ask(name, (owner) => resolver.resolvePtr(owner)),
    addresses: async (name) => (await both(name)).flat(),
    close: () => clearTimeout(timer),
  };
}

function unanswered(name: string, code: string, cause?: unknown): DotsError {
  const message = `The look-up of ${name} failed: ${reasons[code] ?? code}.`;
  return new DotsError('unreachable', 'discovery/no-answer', message, 'Specify another name server.', { cause });
}
