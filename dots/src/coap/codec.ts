import { generate, parse } from 'coap-packet';
import type { OptionName } from 'coap-packet';
import { emptyCode, isRequest, isResponse, type CoapOption, type Message, type MessageType } from './message';
import { optionNumbers } from './options';

/** A datagram that is no CoAP message, and why. */
export interface Malformed { malformed: string }

/** The form of a message on the wire. */
export function encodeMessage(message: Message): Uint8Array {
  return generate({
    code: message.code, messageId: message.messageId, token: Buffer.from(message.token, 'hex'), payload: Buffer.from(message.payload),
    confirmable: message.type === 'CON', ack: message.type === 'ACK', reset: message.type === 'RST',
    options: message.options.map(({ number, value }) => ({ name: number, value: Buffer.from(value) })),
  }, 65_535);
}

/**
 * Reads one datagram; never throws.
 * The structure is walked first, because the codec takes lengths that run past the end, empty payloads and long tokens as they come.
 */
export function decodeMessage(bytes: Uint8Array): Message | Malformed {
  const malformed = structureFault(bytes);
  if (malformed !== undefined) return { malformed };
  const packet = parse(Buffer.from(bytes));
  return {
    type: typeOf(bytes), code: packet.code, messageId: packet.messageId, token: packet.token.toString('hex'),
    options: packet.options.map(readOption), payload: packet.payload,
  };
}

function readOption({ name, value }: { name: OptionName | number; value: Buffer }): CoapOption {
  return { number: optionNumbers[name as OptionName] ?? Number(name), value };
}

const types: readonly MessageType[] = ['CON', 'NON', 'ACK', 'RST'];

function typeOf(bytes: Uint8Array): MessageType {
  return types[((bytes[0] ?? 0) >> 4) & 3] as MessageType;
}

/** What breaks the message format of RFC 7252 section 3, or undefined. */
function structureFault(bytes: Uint8Array): string | undefined {
  const [first = 0, code = 0] = bytes;
  if (bytes.length < 4) return 'shorter than a header';
  if (first >> 6 !== 1) return `version ${first >> 6}`;
  const tokenLength = first & 15;
  if (tokenLength > 8) return `token length ${tokenLength}`;
  if (code === 0) return bytes.length === 4 && tokenLength === 0 ? undefined : 'an empty message with a body';
  const name = codeName(code);
  if (!isRequest(name) && !isResponse(name)) return `reserved code ${name}`;
  if (bytes.length < 4 + tokenLength) return 'token runs past the end';
  return typeFault(typeOf(bytes), name) ?? optionsFault(bytes, 4 + tokenLength);
}

function codeName(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}

function typeFault(type: MessageType, code: string): string | undefined {
  if (type === 'RST' && code !== emptyCode) return 'a reset with a code';
  return type === 'ACK' && isRequest(code) ? 'an acknowledgement with a request' : undefined;
}

function optionsFault(bytes: Uint8Array, start: number): string | undefined {
  let number = 0;
  for (let index = start; index < bytes.length;) {
    const byte = bytes[index] ?? 0;
    if (byte === 0xff) return index + 1 === bytes.length ? 'a payload marker without a payload' : undefined;
    const delta = extended(bytes, index + 1, byte >> 4);
    const length = delta && extended(bytes, delta.next, byte & 15);
    if (delta === undefined || length === undefined) return 'option header cut short or reserved';
    number += delta.value;
    if (number > 65_535) return 'option number above 65535';
    index = length.next + length.value;
    if (index > bytes.length) return 'option value runs past the end';
  }
  return undefined;
}

/** An option delta or length with its extension bytes (RFC 7252 section 3.1); undefined for the reserved 15 or missing bytes. */
function extended(bytes: Uint8Array, next: number, nibble: number): { value: number; next: number } | undefined {
  if (nibble < 13) return { value: nibble, next };
  const width = nibble - 12;
  if (nibble === 15 || next + width > bytes.length) return undefined;
  const [high = 0, low = 0] = bytes.subarray(next);
  return width === 1 ? { value: high + 13, next: next + 1 } : { value: high * 256 + low + 269, next: next + 2 };
}
