import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';

/** What a response code says: its name, and what it means for the one who asked. */
export interface CodeWords { name: string; meaning: string }

/** The codes that DOTS servers answer with (RFC 9132 section 9, RFC 9133, RFC 9066, RFC 9244). */
const words: Readonly<Record<string, CodeWords>> = {
  '2.01': { name: 'Created', meaning: 'the server accepted the request and keeps it.' },
  '2.02': { name: 'Deleted', meaning: 'the server took the withdrawal.' },
  '2.04': { name: 'Changed', meaning: 'the server accepted the update.' },
  '2.05': { name: 'Content', meaning: 'the server answers with what it knows.' },
  '4.00': { name: 'Bad Request', meaning: 'the server found the request invalid.' },
  '4.01': { name: 'Unauthorized', meaning: 'the server does not let this client ask for this.' },
  '4.02': { name: 'Bad Option', meaning: 'the server does not know an option of the request.' },
  '4.04': { name: 'Not Found', meaning: 'the server knows nothing under this identifier or name.' },
  '4.05': { name: 'Method Not Allowed', meaning: 'the resource does not offer this.' },
  '4.08': { name: 'Request Entity Incomplete', meaning: 'a part of the request did not arrive.' },
  '4.09': { name: 'Conflict', meaning: 'the request conflicts with another; the body says with which.' },
  '4.13': { name: 'Request Entity Too Large', meaning: 'the server does not take a request of this size.' },
  '4.15': { name: 'Unsupported Content-Format', meaning: 'the server does not take application/dots+cbor here.' },
  '4.22': { name: 'Unprocessable Entity', meaning: 'a value is outside of what the server accepts.' },
  '4.29': { name: 'Too Many Requests', meaning: 'the server asks to wait before the next request.' },
  '5.00': { name: 'Internal Server Error', meaning: 'the server failed.' },
  '5.03': { name: 'Service Unavailable', meaning: 'the server cannot mitigate now, or sends the client to another server.' },
  '5.08': { name: 'Hop Limit Reached', meaning: 'the request passed too many gateways, or goes in a circle.' },
};

/** A response code in words; an unknown one by its class. */
export function codeWords(code: string): CodeWords {
  return words[code] ?? { name: 'Unknown Code', meaning: code.startsWith('2') ? 'the server accepted the request.' : 'the server refused the request.' };
}

/** The entries of a mitigation document: of a request, or of the body of an answer. */
export function scopesOf(body: JsonObject | undefined): JsonValue[] {
  const [content] = Object.values(body ?? {});
  return isObject(content) ? itemsOf(content.scope) : [];
}

/** The lifetime in the first scope of a mitigation document, seconds; -1 is without end. */
export function lifetimeOf(body: JsonObject | undefined): number | undefined {
  const [scope] = scopesOf(body);
  return isObject(scope) && typeof scope.lifetime === 'number' ? scope.lifetime : undefined;
}

/** The lifetime that was granted, and beside it the one asked for where that is another. */
export function grantedWords(granted: number, asked: number | undefined): string {
  const words = lifetimeWords(granted);
  if (asked === undefined || asked === granted) return words;
  return `${words} (asked for ${asked === -1 ? '-1, no end' : `${asked} seconds`})`;
}

/** A lifetime for a person. */
export function lifetimeWords(seconds: number): string {
  return seconds === -1 ? 'without end, until it is withdrawn' : `${seconds} seconds`;
}
