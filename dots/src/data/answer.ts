import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import type { Request, Response } from './connection';

/** What a server said to one request of the data channel. */
export interface DataAnswer {
  /** The HTTP status. */
  status: number;
  /** Whether the server accepted: 2xx. */
  ok: boolean;
  /** The body, if it is a JSON object that is nested at most 64 levels deep. */
  body?: JsonObject;
  /** The messages of an `ietf-restconf:errors` body (RFC 8040 section 7.1), or a text instead. */
  errors: { tag?: string; message: string; path?: string }[];
  /** The entity tag of the resource, if it may be used in If-Match: RFC 8040 section 3.5.2. */
  etag?: string;
  /** From sending to the whole answer, milliseconds. */
  roundTripMs: number;
  request: {
    method: string;
    path: string;
    /** The size of the body, bytes. */ octets: number;
    /** The body as sent. */ payload?: string;
  };
}

/** The longest text of a server that is passed on, characters. */
const longestText = 1000;

/** Reads a response; never fails, because a server's answer must reach the user whatever it contains. */
export function readAnswer(
  { status, headers, body }: Response,
  { method, path, body: payload }: Request,
  roundTripMs: number,
): DataAnswer {
  const ok = status >= 200 && status < 300;
  const value = objectIn(body);
  const etag = strongTag(headers.etag);
  return {
    status,
    ok,
    ...(value === undefined ? {} : { body: value }),
    ...(etag === undefined ? {} : { etag }),
    errors: ok ? [] : errorsIn(value, body),
    roundTripMs,
    request: { method, path, octets: Buffer.byteLength(payload ?? ''), ...(payload === undefined ? {} : { payload }) },
  };
}

/** If-Match compares strongly, so a weak tag never matches (RFC 9110 section 13.1.1). */
function strongTag(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^"[\x21\x23-\x7e]*"$/.test(header) ? header : undefined;
}

function errorsIn(body: JsonObject | undefined, text: string): DataAnswer['errors'] {
  const holder = body?.['ietf-restconf:errors'];
  const entries = isObject(holder) ? itemsOf(holder.error).filter(isObject) : [];
  if (entries.length === 0) return text.trim() === '' ? [] : [{ message: plain(text) }];
  return entries.map((entry) => {
    const { 'error-tag': tag, 'error-message': message, 'error-path': path } = entry;
    return {
      ...(typeof tag === 'string' ? { tag: plain(tag) } : {}),
      ...(typeof path === 'string' ? { path: plain(path) } : {}),
      message: typeof message === 'string' ? plain(message) : 'The server states no reason.',
    };
  });
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !isDeep(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The deepest nesting of an answer; no document needs half of it, and what compares and prints it recurses. */
const deepest = 64;

function isDeep(value: JsonValue): boolean {
  let level = [value];
  for (let depth = 0; depth < deepest && level.length > 0; depth += 1)
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  return level.length > 0;
}

/** Untrusted text that is safe to show: no control characters, of bounded length. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, longestText);
}
