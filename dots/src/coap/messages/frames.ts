import { decodeBody, encodeBody } from './body';
import { codeByte, codeName, longestToken } from './codec';
import type { Malformed, TokenMessage } from './message';

/** The offsets of the longer forms of the length: RFC 8323 section 3.2. */
const lengthForms = [
  { nibble: 13, width: 1, base: 13 },
  { nibble: 14, width: 2, base: 269 },
  { nibble: 15, width: 4, base: 65_805 },
] as const;

/** How many segments are kept before they are joined: it bounds both their number and the copying. */
const segmentsKept = 64;

/**
 * The form of a message on a stream: RFC 8323 section 3.2. The code may be a signaling code, whose options have their
 * own numbers.
 */
export function encodeFrame(message: TokenMessage): Uint8Array {
  const token = Buffer.from(message.token, 'hex');
  const body = encodeBody(message);
  const { nibble, extension } = lengthOf(body.length);
  return Buffer.concat([
    Uint8Array.of((nibble << 4) | token.length),
    extension,
    Uint8Array.of(codeByte(message.code)),
    token,
    body,
  ]);
}

function lengthOf(length: number): { nibble: number; extension: Uint8Array } {
  const form = lengthForms.findLast(({ base }) => length >= base);
  if (form === undefined) return { nibble: length, extension: new Uint8Array(0) };
  const extension = Buffer.alloc(form.width);
  extension.writeUIntBE(length - form.base, 0, form.width);
  return { nibble: form.nibble, extension };
}

interface Head {
  /** Offset of the code. */ code: number;
  tokenLength: number;
  /** Bytes of the whole message, or of the length field while that is incomplete. */ total: number;
}

/** Splits a stream into messages, however it arrives. */
export class FrameReader {
  private segments: Uint8Array[] = [];
  private length = 0;
  /** How many bytes the next step needs; before that nothing is read. */
  private need = 2;

  /** @param largest the largest message, bytes: a larger one is refused by its length, before it has arrived */
  constructor(private readonly largest: number) {}

  /** The messages that these bytes complete; after one that is malformed the stream cannot be read any further. */
  *push(bytes: Uint8Array): Generator<TokenMessage | Malformed, void> {
    this.keep(bytes);
    while (this.length >= this.need) {
      const joined = this.join();
      const head = headOf(joined, this.largest);
      if ('malformed' in head) return yield head;
      this.need = head.total;
      if (joined.length < head.total) continue;
      this.restart(joined.subarray(head.total));
      yield messageOf(joined.subarray(0, head.total), head);
    }
  }

  private keep(bytes: Uint8Array): void {
    this.segments.push(bytes);
    this.length += bytes.length;
    if (this.segments.length > segmentsKept) this.join();
  }

  private join(): Uint8Array {
    const joined = this.segments.length === 1 ? (this.segments[0] as Uint8Array) : Buffer.concat(this.segments);
    this.segments = [joined];
    return joined;
  }

  private restart(rest: Uint8Array): void {
    this.segments = [rest];
    this.length = rest.length;
    this.need = 2;
  }
}

function headOf(bytes: Uint8Array, largest: number): Head | Malformed {
  const first = bytes[0] ?? 0;
  const tokenLength = first & 15;
  if (tokenLength > longestToken) return { malformed: `token length ${tokenLength}` };
  const form = lengthForms.find(({ nibble }) => nibble === first >> 4);
  const code = 1 + (form?.width ?? 0);
  if (bytes.length <= code) return { code, tokenLength, total: code + 1 };
  const length =
    form === undefined ? first >> 4 : Buffer.from(bytes.subarray(1, code)).readUIntBE(0, form.width) + form.base;
  const total = code + 1 + tokenLength + length;
  return total > largest
    ? { malformed: `a message of ${total} bytes, more than the Max-Message-Size of ${largest}` }
    : { code, tokenLength, total };
}

function messageOf(bytes: Uint8Array, { code, tokenLength }: Head): TokenMessage | Malformed {
  const start = code + 1 + tokenLength;
  const name = codeName(bytes[code] ?? 0);
  const body = decodeBody(bytes.subarray(start));
  return 'malformed' in body
    ? body
    : { code: name, token: Buffer.from(bytes.subarray(code + 1, start)).toString('hex'), ...body };
}
