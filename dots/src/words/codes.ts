import { documentTypeOf } from '#dots/model/documents';
import { duration } from '#dots/model/text';
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

const corrected = 'Mend what the server names, then send again.';

/** The codes that DOTS servers answer with (RFC 9132 section 9, RFC 9133, RFC 9066, RFC 9244). */
const words: Readonly<Record<string, CodeWords>> = {
  '2.01': {
    name: 'Created',
    meaning: 'The server accepted the request and keeps it.',
    next: 'Ask for its status, and withdraw it when the attack is over.',
  },
  '2.02': {
    name: 'Deleted',
    meaning: 'The server withdrew it.',
    next: 'Filters may stay in place for a short while, until the server has made sure that the attack is over.',
  },
  '2.04': { name: 'Changed', meaning: 'The server took what was sent.', next: 'Nothing to do.' },
  '2.05': { name: 'Content', meaning: 'The server told what it has.', next: 'Nothing to do.' },
  '4.00': { name: 'Bad Request', meaning: 'The server refused the request as it stands.', next: corrected },
  '4.01': {
    name: 'Unauthorized',
    meaning: 'The server does not allow this client to ask for that.',
    next: 'Ask for targets in your own domain, or have the client authorised by the operator of the server.',
  },
  '4.02': {
    name: 'Bad Option',
    meaning: 'The server does not know a CoAP option that it must understand.',
    next: 'Check that this server speaks DOTS.',
  },
  '4.03': { name: 'Forbidden', meaning: 'The server refused the request.', next: 'Ask the operator of the server.' },
  '4.04': {
    name: 'Not Found',
    meaning: 'The server does not know what the request names.',
    next: 'Check the names of ACLs and aliases; a mitigation may have ended.',
  },
  '4.05': {
    name: 'Method Not Allowed',
    meaning: 'The server does not offer this for that kind of document.',
    next: 'Send a mitigation request instead.',
  },
  '4.06': {
    name: 'Not Acceptable',
    meaning: 'The server cannot answer with application/dots+cbor.',
    next: 'Check that this server speaks DOTS.',
  },
  '4.08': {
    name: 'Request Entity Incomplete',
    meaning: 'Parts of the request got lost on the way.',
    next: 'Send it again.',
  },
  '4.09': {
    name: 'Conflict',
    meaning: 'The request overlaps another one, or another client already uses this cuid.',
    next: 'The answer says with what it conflicts: withdraw that, or ask for other targets.',
  },
  '4.12': {
    name: 'Precondition Failed',
    meaning: 'What the request was to change is not there, or has changed meanwhile.',
    next: 'Ask for its status, then send again.',
  },
  '4.13': {
    name: 'Request Entity Too Large',
    meaning: 'The request is larger than the server takes.',
    next: 'Split the targets over several requests.',
  },
  '4.15': {
    name: 'Unsupported Content-Format',
    meaning: 'The server did not take the body as application/dots+cbor.',
    next: 'Check that this server speaks DOTS.',
  },
  '4.22': {
    name: 'Unprocessable Entity',
    meaning: 'A configuration value is outside of what the server accepts.',
    next: 'Read the bounds that the server tells, then send values inside of them.',
  },
  '4.29': {
    name: 'Too Many Requests',
    meaning: 'The server asks to wait before the next request.',
    next: 'Wait as long as the server says, then send again.',
  },
  '5.00': {
    name: 'Internal Server Error',
    meaning: 'The server failed while it worked on the request.',
    next: 'Send again later.',
  },
  '5.03': {
    name: 'Service Unavailable',
    meaning: 'The server cannot mitigate now, or names another server.',
    next: 'Wait as long as the server says, then send again.',
  },
  '5.08': {
    name: 'Hop Limit Reached',
    meaning: 'The request went round in a circle of gateways.',
    next: 'Tell the operators of the gateways that the answer names.',
  },
};

const known: CodeWords = {
  name: 'Changed',
  meaning: 'The server knew it already and took the change.',
  next: 'Nothing to do.',
};

const byClass: Readonly<Record<string, CodeWords>> = {
  2: { name: 'Success', meaning: 'The server accepted the request.', next: 'Nothing to do.' },
  4: { name: 'Client Error', meaning: 'The server refused the request.', next: corrected },
  5: { name: 'Server Error', meaning: 'The server could not serve the request.', next: 'Send again later.' },
};

/**
 * The words for a response code such as `2.01`; a code that DOTS does not list gets those of its class.
 * @param path the path that was asked for: a mitigation that is changed was there before, which telemetry need not have been
 */
export function codeWords(code: string, path = ''): CodeWords {
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

/** Without end: RFC 9132 section 4.6. */
const endless = 2 ** 32 - 1;

/** One sentence for the Max-Age of an answer: how long to wait, or how long the other server that it names counts (RFC 9132 section 4.6); undefined without one. */
export function maxAgeWords({ maxAge, body }: { maxAge?: number; body?: JsonObject }): string | undefined {
  if (maxAge === undefined) return undefined;
  const time = maxAge < 60 ? `${maxAge} s` : `${maxAge} s (${duration(maxAge)})`;
  if (body !== undefined && documentTypeOf(body)?.kind === 'redirected-signal') {
    if (maxAge === endless) return 'The other server counts until it names another one.';
    return maxAge === 0 ? 'The other server counts for this request only.' : `The other server counts for ${time}.`;
  }
  return maxAge === 0 ? 'The server asks for no wait.' : `The server asks to wait ${time} before the next request.`;
}
