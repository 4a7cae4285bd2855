import { rfcOf, type Problem } from './problem';

/** A file's bytes as text, with the fault of their encoding if there is one. */
export interface DecodedText {
  text: string;
  problem?: Problem;
}

const utf16 = new Map([
  ['fffe', 'UTF-16 (little endian)'],
  ['feff', 'UTF-16 (big endian)'],
]);

/**
 * Decodes a file's bytes. They must be UTF-8 (RFC 8259 section 8.1); otherwise the text up to the first invalid byte is
 * returned with a problem at its end. A byte order mark is kept in the text.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const mark = utf16.get([...bytes.subarray(0, 2)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
  if (mark !== undefined) return wrong('', `This file is ${mark}; JSON is exchanged in UTF-8. Save it as UTF-8.`);
  const text = decode(bytes);
  if (text !== undefined) return { text };
  const good = wellFormedLength(bytes);
  const byte = (bytes[good] ?? 0).toString(16).padStart(2, '0');
  return wrong(
    decode(bytes.subarray(0, good)) ?? '',
    `This file is not UTF-8: byte ${good} (0x${byte}) does not start a character. Save it as UTF-8.`,
  );
}

function wrong(text: string, message: string): DecodedText {
  return {
    text,
    problem: {
      code: 'json/encoding',
      severity: 'error',
      message,
      rfc: rfcOf.encoding,
      pointer: '',
      start: text.length,
      end: text.length,
    },
  };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** How many bytes from the start are whole UTF-8 characters. */
function wellFormedLength(bytes: Uint8Array): number {
  let at = 0;
  for (let length = characterLength(bytes, 0); length > 0; length = characterLength(bytes, at)) at += length;
  return at;
}

/** How many bytes the character at an offset has (RFC 3629 section 4), or 0 where none starts. */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0xff;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (byte < (index === 1 ? lowest(lead) : 0x80) || byte > (index === 1 ? highest(lead) : 0xbf)) return 0;
  }
  return length;
}

/** The second byte's bounds, which exclude overlong forms, surrogates and code points above U+10FFFF. */
const lowest = (lead: number): number => (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80);
const highest = (lead: number): number => (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf);
