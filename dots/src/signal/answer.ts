import { decodeDocument, CborError } from '#dots/cbor/codec';
import { isSuccess, isSuccessOf, type CoapOption, type Content, type Method } from '#dots/coap/messages/message';
import { blockOf, dotsCbor, uintOf } from '#dots/coap/messages/options';
import type { Trace } from '#dots/runtime/trace';
import type { JsonObject } from '#dots/model/json';
import { oneLine } from '#dots/model/text';
import { scopesOf } from './scopes';

/** What a server said to one request. */
export interface Answer {
  /** `2.01` and so on: RFC 9132 section 9. */
  code: string;
  /** Whether the server accepted: a success code of the method that was asked (RFC 7252 section 5.8). */
  ok: boolean;
  /** The body, decoded from application/dots+cbor. */
  body?: JsonObject;
  /** The diagnostic text of a refusal, without control characters; or why the body could not be read. */
  diagnostic?: string;
  /**
   * Seconds, with 5.03 and 4.29: until the client may ask again (RFC 7252 section 5.9.3.4), or how long a named
   * alternate server is to be used (RFC 9132 section 4.6).
   */
  maxAge?: number;
  /** From sending to the whole answer, milliseconds; 0 for a notification, which is unsolicited. */
  roundTripMs: number;
  request: SentRequest;
  /** Deviations from the RFC, or what a refusal names in its options: one sentence each. */
  notes?: string[];
  /** The body as received. */
  payload?: Uint8Array;
}

/** What was asked. */
export interface SentRequest {
  method: Method;
  path: string;
  /** The size of the body, bytes. */
  octets: number;
  /** The body as sent. */
  payload?: Uint8Array | undefined;
}

/** The longest diagnostic text that is passed on, characters. */
const longestDiagnostic = 1000;

/** The refusals that state by Max-Age for how long: RFC 7252 section 5.9.3.4, RFC 8516 section 3. */
const asksToWait: readonly string[] = ['4.29', '5.03'];

/** CBOR null, undefined and an empty map are no body; go-dots sends null for an empty body, even as text. */
const nothings: readonly string[] = ['f6', 'f7', 'a0'];

/** Reads a response; never fails, because a server's answer must reach the user whatever it contains. */
export function readAnswer(
  response: Content,
  roundTripMs: number,
  request: SentRequest,
  trace: Trace = () => undefined,
): Answer {
  const { code, options } = response;
  const maxAge = asksToWait.includes(code) ? uintOf(options, 'Max-Age') : undefined;
  const ok = isSuccessOf(request.method, code);
  const answer: Answer = { code, ok, ...(maxAge !== undefined && { maxAge }), roundTripMs, request };
  return withNotes(withBody(answer, response, trace), options);
}

function withBody(answer: Answer, { code, payload, options }: Content, trace: Trace): Answer {
  if (payload.length === 0) return answer;
  if (nothings.includes(Buffer.from(payload).toString('hex'))) {
    trace(
      `The body of an answer is empty CBOR (${Buffer.from(payload).toString('hex')}), which is treated as no body.`,
    );
    return answer;
  }
  const format = uintOf(options, 'Content-Format');
  const isDocument = format === dotsCbor || (format === undefined && isSuccess(code));
  return { ...answer, payload, ...(isDocument ? decoded(payload) : { diagnostic: textOf(payload) }) };
}

function withNotes(answer: Answer, options: CoapOption[]): Answer {
  const notes = [otherCode(answer), otherMid(answer), acceptedSize(answer, options)].filter(
    (note) => note !== undefined,
  );
  return notes.length === 0 ? answer : { ...answer, notes };
}

function otherCode({ code, ok, request: { method } }: Answer): string | undefined {
  if (ok || !isSuccess(code)) return undefined;
  return `${code} does not answer a ${method} (RFC 7252 section 5.8): whether the request took effect is unknown. Ask for its status, and check that a DOTS server listens there.`;
}

function otherMid({ body, request }: Answer): string | undefined {
  const [, asked] = /\/mid=(\d+)$/.exec(request.path) ?? [];
  if (asked === undefined) return undefined;
  const other = scopesOf(body).find(({ mid }) => mid !== undefined && String(mid) !== asked);
  return other && `The answer is for mid ${String(other.mid)}, and the request was for mid ${asked}.`;
}

/** The sizes that a refusal of a large body names: RFC 7959 sections 2.9.3 and 4. */
function acceptedSize({ code }: Answer, options: CoapOption[]): string | undefined {
  const [largest, block] = [uintOf(options, 'Size1'), blockOf(options, 'Block1', true)];
  if (code !== '4.13' || (largest === undefined && typeof block !== 'object')) return undefined;
  const named = [
    ...(largest === undefined ? [] : [`bodies of at most ${largest} octets`]),
    ...(typeof block === 'object' ? [`blocks of ${block.size} octets`] : []),
  ];
  return `The server accepts ${named.join(', in ')} (RFC 7959 section 2.9.3).`;
}

function decoded(payload: Uint8Array): Pick<Answer, 'body' | 'diagnostic'> {
  try {
    return { body: decodeDocument(payload) };
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    return { diagnostic: `The body of the answer could not be read: ${oneLine(error.message, longestDiagnostic)}` };
  }
}

function textOf(payload: Uint8Array): string {
  return oneLine(new TextDecoder().decode(payload.subarray(0, 4 * longestDiagnostic)), longestDiagnostic);
}
