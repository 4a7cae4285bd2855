import { CborError, decodeLeniently, leftOutWords } from '#dots/cbor/codec';
import { isSuccess, isSuccessOf, type CoapOption, type Content, type Method } from '#dots/coap/messages/message';
import { blockOf, dotsCbor, strayOptions, uintOf } from '#dots/coap/messages/options';
import type { JsonObject } from '#dots/model/json';
import { oneLine } from '#dots/model/text';
import { askedMid, scopeOfOther } from './scopes';

/** What a server said to one request. */
export interface Answer {
  /** `2.01` and so on: RFC 9132 section 9. */
  code: string;
  /** Whether the server accepted: a success code of the method that was asked (RFC 7252 section 5.8). */
  ok: boolean;
  /** The body, decoded from application/dots+cbor; parts that do not follow the RFC are left out. */
  body?: JsonObject;
  /** Whether the body could not be read, or not to its end; the notes say why. */
  broken?: true;
  /** The diagnostic text of a refusal, without control characters. */
  diagnostic?: string;
  /**
   * Seconds, with 5.03 and 4.29: until the client may ask again (RFC 7252 section 5.9.3.4), or how long a named
   * alternate server is to be used (RFC 9132 section 4.6).
   */
  maxAge?: number;
  /** Seconds, with 2.05 of the configuration: for how long it is current (RFC 9132 section 4.5.3). */
  currentFor?: number;
  /** From sending to the whole answer, milliseconds; 0 for a notification, which is unsolicited. */
  roundTripMs: number;
  request: SentRequest;
  /**
   * Deviations from the RFC that were left out or tolerated, the sizes that a refusal names, and a request that was
   * sent in blocks: one sentence each.
   */
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
  /** The number of blocks (Block1) of the body, if it was sent in more than one. */
  blocks?: number;
  /** Whether an observation was asked for. */
  observe?: true;
}

/** The longest diagnostic text that is passed on, characters. */
const longestDiagnostic = 1000;

/** The refusals that state by Max-Age for how long: RFC 7252 section 5.9.3.4, RFC 8516 section 3. */
const asksToWait: readonly string[] = ['4.29', '5.03'];

/** CBOR null, undefined and an empty map are no body; go-dots sends null for an empty body, even as text. */
const nothings: readonly string[] = ['f6', 'f7', 'a0'];

/** Reads a response; never fails, because a server's answer must reach the user whatever it contains. */
export function readAnswer(response: Content, roundTripMs: number, request: SentRequest): Answer {
  const { code, options } = response;
  const maxAge = asksToWait.includes(code) ? uintOf(options, 'Max-Age') : undefined;
  const ok = isSuccessOf(request.method, code);
  const head = { code, ok, ...(maxAge !== undefined && { maxAge }), ...currency(response), roundTripMs, request };
  const { notes: ofBody = [], ...read } = withBody(head, response);
  const answer = response.interrupted === undefined ? read : { ...read, broken: true as const };
  const notes = [
    otherCode(answer),
    otherMid(answer),
    acceptedSize(answer, options),
    manyBlocks(request),
    strayed(options),
    unnumbered(answer, options),
    cutOff(response),
    ...ofBody,
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? answer : { ...answer, notes };
}

function currency({ code, options }: Content): Pick<Answer, 'currentFor'> {
  const seconds = code === '2.05' ? uintOf(options, 'Max-Age') : undefined;
  return seconds === undefined ? {} : { currentFor: seconds };
}

function withBody(answer: Answer, { code, payload, options }: Content): Answer {
  if (payload.length === 0) return answer;
  const hex = payload.length === 1 ? Buffer.from(payload).toString('hex') : '';
  if (nothings.includes(hex))
    return { ...answer, notes: [`The body of the answer is empty CBOR (${hex}), which is treated as no body.`] };
  const format = uintOf(options, 'Content-Format');
  const isDocument = format === dotsCbor || (format === undefined && isSuccess(code));
  return { ...answer, payload, ...(isDocument ? decoded(payload) : { diagnostic: textOf(payload) }) };
}

function otherCode({ code, ok, request: { method } }: Answer): string | undefined {
  if (ok || !isSuccess(code)) return undefined;
  return `${code} does not answer a ${method} (RFC 7252 section 5.8): whether the request took effect is unknown. Ask for its status, and check that a DOTS server listens there.`;
}

function otherMid(answer: Answer): string | undefined {
  const other = scopeOfOther(answer);
  if (other === undefined) return undefined;
  const { mid, lifetime } = other;
  const lasting = typeof lifetime === 'number' ? ` (lifetime ${lifetime} s)` : '';
  return `The answer is for mid ${String(mid)}${lasting}, and the request was for mid ${askedMid(answer)}.`;
}

/**
 * What it means that a request goes in blocks: RFC 9132 section 7.3 for mitigations, RFC 9244 section 4.2 for
 * telemetry.
 */
export function blocksFail(path: string): string {
  const section = path.includes('/mitigate/') ? 'RFC 9132 section 7.3' : 'RFC 9244 section 4.2';
  return `The server has to answer each block (Block1), which fails on a full link: split the request into several that fit in one datagram (${section}).`;
}

function manyBlocks({ blocks, path }: SentRequest): string | undefined {
  if (blocks === undefined) return undefined;
  return `The request was sent in ${blocks} blocks. ${blocksFail(path)}`;
}

/** Options of the request that a server repeats: RFC 7252 section 5.10. */
function strayed(options: CoapOption[]): string | undefined {
  const stray = strayOptions(options);
  return stray.length === 0
    ? undefined
    : `The answer repeats options of the request, which are ignored: ${stray.join(', ')}.`;
}

function unnumbered({ ok, request }: Answer, options: CoapOption[]): string | undefined {
  if (!ok || request.observe === undefined || uintOf(options, 'Observe') !== undefined) return undefined;
  return 'The answer has no Observe option (RFC 7641 section 3.2); it and the notifications are used all the same.';
}

/** An error instead of a later block of the answer: RFC 7959 section 2.4. */
function cutOff({ interrupted }: Content): string | undefined {
  if (interrupted === undefined) return undefined;
  return `The server answered ${interrupted} instead of a later block of its answer, which was read as far as it came.`;
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

function decoded(payload: Uint8Array): Pick<Answer, 'body' | 'broken' | 'notes'> {
  try {
    const { document, leftOut, broken } = decodeLeniently(payload);
    const notes = leftOutWords(leftOut);
    if (broken === undefined) return { body: document, notes };
    return {
      body: document,
      broken: true,
      notes: [`The body of the answer was read in part: ${broken.message}`, ...notes],
    };
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    return { broken: true, notes: [`The body of the answer could not be read: ${error.message}`] };
  }
}

function textOf(payload: Uint8Array): string {
  return oneLine(new TextDecoder().decode(payload.subarray(0, 4 * longestDiagnostic)), longestDiagnostic);
}
