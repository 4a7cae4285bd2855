import { decodeBody, encodeBody } from './body';
import { emptyCode, isRequest, isResponse, type Malformed, type Message, type MessageType } from './message';

const types: readonly MessageType[] = ['CON', 'NON', 'ACK', 'RST'];
const version = 1;
export const longestToken = 8;

/** The form of a message in a datagram: RFC 7252 section 3. */
export function encodeMessage(message: Message): Uint8Array {
  const token = Buffer.from(message.token, 'hex');
  const head = [
    (version << 6) | (types.indexOf(message.type) << 4) | token.length,
    codeByte(message.code),
    message.messageId >> 8,
    message.messageId & 0xff,
  ];
  return Buffer.concat([Uint8Array.from(head), token, encodeBody(message)]);
}

/** Reads one datagram; never throws. */
export function decodeMessage(bytes: Uint8Array): Message | Malformed {
  const malformed = headFault(bytes);
  if (malformed !== undefined) return { malformed };
  const [first = 0, code = 0, high = 0, low = 0] = bytes;
  const end = 4 + (first & 15);
  const body = decodeBody(bytes.subarray(end));
  if ('malformed' in body) return body;
  return {
    type: typeOf(first),
    code: codeName(code),
    messageId: high * 256 + low,
    token: Buffer.from(bytes.subarray(4, end)).toString('hex'),
    ...body,
  };
}

/**
 * The message ID of a confirmable message of this version, even if the rest of it is invalid; undefined for every other
 * datagram.
 */
export function confirmableId(bytes: Uint8Array): number | undefined {
  const [first = 0, , high = 0, low = 0] = bytes;
  return bytes.length >= 4 && first >> 6 === version && typeOf(first) === 'CON' ? high * 256 + low : undefined;
}

function typeOf(first: number): MessageType {
  return types[(first >> 4) & 3] as MessageType;
}

/** What is wrong before the options, or undefined. */
function headFault(bytes: Uint8Array): string | undefined {
  const [first = 0, code = 0] = bytes;
  if (bytes.length < 4) return 'shorter than a header';
  if (first >> 6 !== version) return `version ${first >> 6}`;
  const tokenLength = first & 15;
  if (tokenLength > longestToken) return `token length ${tokenLength}`;
  if (code === 0) return bytes.length === 4 && tokenLength === 0 ? undefined : 'an empty message with a body';
  const name = codeName(code);
  if (!isRequest(name) && !isResponse(name)) return `reserved code ${name}`;
  if (bytes.length < 4 + tokenLength) return 'token exceeds the message';
  return typeFault(typeOf(first), name);
}

/** `2.05` for 0x45. */
export function codeName(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}

/** 0x45 for `2.05`. */
export function codeByte(name: string): number {
  const [group = 0, detail = 0] = name.split('.').map(Number);
  return (group << 5) | detail;
}

function typeFault(type: MessageType, code: string): string | undefined {
  if (type === 'RST' && code !== emptyCode) return 'a reset with a code';
  return type === 'ACK' && isRequest(code) ? 'an acknowledgement with a request' : undefined;
}
