import { DotsError } from '#dots/model/errors';
import { methodCodes, noBytes, type CoapOption, type Content, type Delivery, type Method } from './messages/message';
import { option } from './messages/options';

/** A request to a peer. */
export interface CoapRequest {
  method: Method;
  /** One entry per Uri-Path option. */
  path: readonly string[];
  /** One entry per Uri-Query option. */
  query?: readonly string[];
  payload?: Uint8Array;
  contentFormat?: number;
  accept?: number;
  /** Any further options. */
  options?: readonly CoapOption[];
  /** Whether the body may be sent in several blocks (RFC 7959); true by default. */
  blocks?: boolean;
  /** true: confirmable; false: non-confirmable, repeated until it is answered (RFC 9132 section 4.4). */
  confirmable: boolean;
  /** A non-confirmable request is not repeated, such as a heartbeat. */
  once?: boolean;
}

/** How long to wait for an answer, and how to cancel. */
export interface Patience {
  /** Milliseconds until the request fails. */
  timeoutMs: number;
  /** When the wait began, by the monotonic time of the clock, milliseconds; by default now. */
  since?: number;
  signal?: AbortSignal | undefined;
}

/** How a request is sent over datagrams. */
export function deliveryOf({ confirmable, once }: CoapRequest): Delivery {
  if (confirmable) return 'confirmed';
  return once === true ? 'once' : 'repeated';
}

/** The path as written in a URI. */
export function pathText(path: readonly string[]): string {
  return `/${path.join('/')}`;
}

/** The message a request makes. */
export function contentOf(request: CoapRequest): Content {
  const options = [
    ...request.path.map((segment) => option('Uri-Path', segment)),
    ...(request.query ?? []).map((argument) => option('Uri-Query', argument)),
    ...(request.options ?? []),
  ];
  if (request.contentFormat !== undefined) options.push(option('Content-Format', request.contentFormat));
  if (request.accept !== undefined) options.push(option('Accept', request.accept));
  refuseLongOptions(options);
  return { code: methodCodes[request.method], options, payload: request.payload ?? noBytes };
}

function refuseLongOptions(options: CoapOption[]): void {
  if (options.every(({ value }) => value.length <= 255)) return;
  throw new DotsError(
    'usage',
    'coap/option-too-long',
    'A part of the path or query is longer than the 255 bytes that CoAP allows (RFC 7252 section 5.10).',
    'Use a shorter cuid.',
  );
}
