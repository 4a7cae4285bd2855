import type { CoapResponse } from '#dots/coap/endpoint';
import type { CoapRequest } from '#dots/coap/request';
import type { CoapOption, Content } from '#dots/coap/messages/message';
import { DotsError, describeError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import type { KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';

/** The command by which another process asks over a session of `dots session`; it is not one of `dots`. */
export const relayName = 'relay';

/**
 * What the input of the command asks for: to report what happens to the session until it is stopped, to open the
 * session, to send a request, or to observe a resource until it is stopped.
 */
export type RelayCall =
  { type: 'follow' } | { type: 'open' } | { type: 'request' | 'observe'; request: CoapRequest; timeoutMs: number };

/** One line that the command prints. */
export type RelayLine =
  /** The session as it is now, without the certificate of the server; `opened`: how many were opened until now. */
  | { type: 'session'; snapshot: KeeperSnapshot; opened: number }
  /** The answer, which ends a request and begins an observation. */
  | { type: 'response'; response: CoapResponse }
  | { type: 'notification'; content: Content }
  /** There is no answer; `sent`: whether anything of the request has left the machine. */
  | { type: 'failed'; error: unknown; sent: boolean };

/** A call as the input of the command. */
export function relayInput(call: RelayCall): Buffer {
  if (!('request' in call)) return Buffer.from(safeJson(call));
  const { request, timeoutMs, type } = call;
  const { payload, options, ...rest } = request;
  const body = { ...rest, payload: payload && encoded(payload), options: options?.map(encodedOption) };
  return Buffer.from(safeJson({ type, request: body, timeoutMs: Number.isFinite(timeoutMs) ? timeoutMs : null }));
}

/** Reads the input of the command. */
export function readRelayCall(input: Uint8Array): RelayCall {
  const call = JSON.parse(Buffer.from(input).toString('utf8')) as RelayCall;
  if (!('request' in call)) return call;
  const { payload, options, ...rest } = call.request as unknown as Encoded<CoapRequest>;
  const request: CoapRequest = {
    ...rest,
    ...(payload !== undefined && { payload: decoded(payload) }),
    ...(options !== undefined && { options: options.map(decodedOption) }),
  };
  return { ...call, request, timeoutMs: (call.timeoutMs as number | null) ?? Infinity };
}

/** A line as it is printed. */
export function relayLine(line: RelayLine): string {
  return `${safeJson(encodedLine(line))}\n`;
}

/** Reads a line; undefined for anything else. */
export function readRelayLine(text: string): RelayLine | undefined {
  try {
    return decodedLine(JSON.parse(text) as EncodedLine);
  } catch {
    return undefined;
  }
}

/** Octets are base64, and errors have their words. */
type Encoded<T> = Omit<T, 'payload' | 'options'> & { payload?: string; options?: [number, string][] };

interface EncodedError {
  kind: DotsError['kind'];
  code: string;
  message: string;
  hint?: string;
}

interface EncodedLine {
  type: RelayLine['type'];
  snapshot: Omit<KeeperSnapshot, 'error'> & { error?: EncodedError };
  opened: number;
  response: Encoded<CoapResponse>;
  content: Encoded<Content>;
  error: EncodedError;
  sent: boolean;
}

function encodedLine(line: RelayLine): object {
  switch (line.type) {
    case 'session': {
      const { error, security, ...snapshot } = line.snapshot;
      const known = { ...snapshot, security: security && { ...security, certificate: undefined } };
      return { ...line, snapshot: { ...known, ...(error !== undefined && { error: encodedError(error) }) } };
    }
    case 'response':
      return { ...line, response: encodedContent(line.response) };
    case 'notification':
      return { ...line, content: encodedContent(line.content) };
    default:
      return { ...line, error: encodedError(line.error) };
  }
}

function decodedLine({ type, snapshot, opened, response, content, error, sent }: EncodedLine): RelayLine | undefined {
  switch (type) {
    case 'session': {
      const known = snapshot.error === undefined ? undefined : decodedError(snapshot.error);
      return { type, opened, snapshot: { ...snapshot, error: known } };
    }
    case 'response':
      return { type, response: decodedContent(response) as CoapResponse };
    case 'notification':
      return { type, content: decodedContent(content) };
    case 'failed':
      return { type, error: decodedError(error), sent };
    default:
      return undefined;
  }
}

const encoded = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
const decoded = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const encodedOption = ({ number, value }: CoapOption): [number, string] => [number, encoded(value)];
const decodedOption = ([number, value]: [number, string]): CoapOption => ({ number, value: decoded(value) });

function encodedContent<T extends Content>({ payload, options, ...rest }: T): object {
  return { ...rest, payload: encoded(payload), options: options.map(encodedOption) };
}

function decodedContent<T extends Content>({ payload = '', options = [], ...rest }: Encoded<T>): Content {
  return { ...(rest as unknown as T), payload: decoded(payload), options: options.map(decodedOption) };
}

function encodedError(error: unknown): EncodedError {
  if (!(error instanceof DotsError)) return { kind: 'malformed', code: 'cli/internal', message: describeError(error) };
  const { kind, code, message, hint } = error;
  return { kind, code, message, ...(hint !== undefined && { hint }) };
}

function decodedError({ kind, code, message, hint }: EncodedError): DotsError {
  return new DotsError(kind, code, message, hint);
}
