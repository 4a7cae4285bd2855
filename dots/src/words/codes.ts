import { documentTypeOf } from '#dots/model/documents';
import { duration } from './quantities';
import type { JsonObject } from '#dots/model/json';

/** What a CoAP response code means to a DOTS client, and what to do about it. */
export interface CodeWords {
  /** The name of the code, e.g. `Created`. */
  name: string;
  /** One sentence: what it means here. */
  meaning: string;
  /** One sentence: what to do next. */
  next: string;
}

const corrected = 'Fix what the server names, then send again.';

/** The codes that DOTS servers answer with (RFC 9132 section 9, RFC 9133, RFC 9066, RFC 9244). */
const words: Readonly<Record<string, CodeWords>> = {
  '2.01': {
    name: 'Created',
    meaning: 'The server accepted the request.',
    next: 'Ask for its status, and withdraw it when the attack is over.',
  },
  '2.02': {
    name: 'Deleted',
    meaning: 'The server withdrew it.',
    next: 'The server may keep filters for a short time, until it is sure that the attack is over.',
  },
  '2.04': { name: 'Changed', meaning: 'The server accepted the update.', next: 'Nothing to do.' },
  '2.05': { name: 'Content', meaning: 'The server returned the requested data.', next: 'Nothing to do.' },
  '4.00': { name: 'Bad Request', meaning: 'The server found the request invalid.', next: corrected },
  '4.01': {
    name: 'Unauthorized',
    meaning: 'The server does not allow this client to request that.',
    next: 'Request targets in your own domain, or ask the operator of the server to authorise this client.',
  },
  '4.02': {
    name: 'Bad Option',
    meaning: 'The server does not know a CoAP option that it must understand.',
    next: 'Check that this server speaks DOTS.',
  },
  '4.03': { name: 'Forbidden', meaning: 'The server refused the request.', next: 'Ask the operator of the server.' },
  '4.04': {
    name: 'Not Found',
    meaning: 'The server has no such mitigation, alias or ACL.',
    next: 'Check the names of ACLs and aliases; a mitigation may have ended.',
  },
  '4.05': {
    name: 'Method Not Allowed',
    meaning: 'The server does not support this method for that resource.',
    next: 'Send a mitigation request instead.',
  },
  '4.06': {
    name: 'Not Acceptable',
    meaning: 'The server cannot answer with application/dots+cbor.',
    next: 'Check that this server speaks DOTS.',
  },
  '4.08': {
    name: 'Request Entity Incomplete',
    meaning: 'Blocks of the request were lost.',
    next: 'Send it again.',
  },
  '4.09': {
    name: 'Conflict',
    meaning: 'The request overlaps another one, or another client already uses this cuid.',
    next: 'The answer names the conflict: withdraw the other request, or request other targets.',
  },
  '4.12': {
    name: 'Precondition Failed',
    meaning: 'The resource to change does not exist, or has changed in the meantime.',
    next: 'Ask for its status, then send again.',
  },
  '4.13': {
    name: 'Request Entity Too Large',
    meaning: 'The request is larger than the server accepts.',
    next: 'Split the targets over several requests.',
  },
  '4.15': {
    name: 'Unsupported Content-Format',
    meaning: 'The server does not accept application/dots+cbor.',
    next: 'Check that this server speaks DOTS.',
  },
  '4.22': {
    name: 'Unprocessable Entity',
    meaning: 'A configuration value is outside the range that the server accepts.',
    next: 'Get the ranges from the server, then send values within them.',
  },
  '4.29': {
    name: 'Too Many Requests',
    meaning: 'The server asks to wait before the next request.',
    next: 'Wait for the time that the server states, then send again.',
  },
  '5.00': {
    name: 'Internal Server Error',
    meaning: 'The server failed while it processed the request.',
    next: 'Send again later.',
  },
  '5.03': {
    name: 'Service Unavailable',
    meaning: 'The server cannot mitigate now, or names another server.',
    next: 'Wait for the time that the server states, then send again.',
  },
  '5.08': {
    name: 'Hop Limit Reached',
    meaning: 'The request passed too many gateways; there is probably a loop.',
    next: 'Report the gateways that the answer names to their operators.',
  },
};

const known: CodeWords = {
  name: 'Changed',
  meaning: 'The server accepted the change of a request that it already had.',
  next: 'Nothing to do.',
};

/** A success code that does not answer the method that was asked. */
const unfit: CodeWords = {
  name: 'Unexpected Success Code',
  meaning: 'The server answered with a success code of another method.',
  next: 'Ask for the status of the request, and check that a DOTS server listens there.',
};

const byClass: Readonly<Record<string, CodeWords>> = {
  2: { name: 'Success', meaning: 'The server accepted the request.', next: 'Nothing to do.' },
  4: { name: 'Client Error', meaning: 'The server refused the request.', next: corrected },
  5: { name: 'Server Error', meaning: 'The server could not serve the request.', next: 'Send again later.' },
};

/**
 * The text for a response code such as `2.01`; a code that DOTS does not list has the text of its class.
 * @param path the path that was asked for: a mitigation that is changed was there before, which telemetry need not have
 * been
 * @param ok whether the code answers the method that was asked
 */
export function codeWords(code: string, path = '', ok = true): CodeWords {
  if (!ok && code.startsWith('2.')) return { ...unfit, name: words[code]?.name ?? unfit.name };
  if (code === '2.04' && path.includes('/mitigate/')) return known;
  return (
    words[code] ??
    byClass[code.charAt(0)] ?? {
      name: 'Unknown Code',
      meaning: 'The server answered with a code that CoAP does not define.',
      next: 'Check that this server speaks DOTS.',
    }
  );
}

/** Unlimited: RFC 9132 section 4.6. */
const endless = 2 ** 32 - 1;

/**
 * One sentence for the Max-Age of an answer: how long to wait, or how long the other server that it names is to be used
 * (RFC 9132 section 4.6); undefined without one.
 */
export function maxAgeWords({ maxAge, body }: { maxAge?: number; body?: JsonObject }): string | undefined {
  if (maxAge === undefined) return undefined;
  const time = maxAge < 60 ? `${maxAge} s` : `${maxAge} s (${duration(maxAge)})`;
  if (body !== undefined && documentTypeOf(body)?.kind === 'redirected-signal') {
    if (maxAge === endless) return 'Use the other server until it names a different one.';
    return maxAge === 0 ? 'Use the other server for this request only.' : `Use the other server for ${time}.`;
  }
  return maxAge === 0 ? 'The server does not ask to wait.' : `The server asks to wait ${time} before the next request.`;
}
