import { isUtf8 } from 'node:buffer';
import type { Budget } from './layer';
import type { CoapOption } from './message';

/** The options by name: RFC 7252 section 12.2, RFC 7641, RFC 7959, RFC 8768, RFC 9177. */
export const optionNumbers = {
  'If-Match': 1,
  'Uri-Host': 3,
  ETag: 4,
  'If-None-Match': 5,
  Observe: 6,
  'Uri-Port': 7,
  'Location-Path': 8,
  'Uri-Path': 11,
  'Content-Format': 12,
  'Max-Age': 14,
  'Uri-Query': 15,
  'Hop-Limit': 16,
  Accept: 17,
  'Q-Block1': 19,
  'Location-Query': 20,
  Block2: 23,
  Block1: 27,
  Size2: 28,
  'Q-Block2': 31,
  'Proxy-Uri': 35,
  'Proxy-Scheme': 39,
  Size1: 60,
} as const;

export type OptionName = keyof typeof optionNumbers;

/** application/dots+cbor: RFC 9132 section 10.3. */
export const dotsCbor = 271;

interface Rule {
  min: number;
  max: number;
  repeatable?: true;
}

/**
 * The options this endpoint understands, with the bounds of their length in bytes: RFC 7252 section 5.10, RFC 7641, RFC
 * 7959, RFC 8768.
 */
const understood: Partial<Record<OptionName, Rule>> = {
  'If-Match': { min: 0, max: 8, repeatable: true },
  'Uri-Host': { min: 1, max: 255 },
  ETag: { min: 1, max: 8, repeatable: true },
  Observe: { min: 0, max: 3 },
  'Uri-Port': { min: 0, max: 2 },
  'Uri-Path': { min: 0, max: 255, repeatable: true },
  'Content-Format': { min: 0, max: 2 },
  'Max-Age': { min: 0, max: 4 },
  'Uri-Query': { min: 0, max: 255, repeatable: true },
  'Hop-Limit': { min: 1, max: 1 },
  Accept: { min: 0, max: 2 },
  Block2: { min: 0, max: 3 },
  Block1: { min: 0, max: 3 },
  Size2: { min: 0, max: 4 },
  'Proxy-Uri': { min: 1, max: 1034 },
  'Proxy-Scheme': { min: 1, max: 255 },
  Size1: { min: 0, max: 4 },
};

const rules = new Map<number, Rule>(
  Object.entries(understood).map(([name, rule]) => [optionNumbers[name as OptionName], rule]),
);

/** An option by name. */
export function option(name: OptionName, value: Uint8Array | string | number): CoapOption {
  return { number: optionNumbers[name], value: typeof value === 'number' ? uintBytes(value) : bytesOf(value) };
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}

/** The shortest big-endian form of an unsigned integer below 2^32; 0 is empty (RFC 7252 section 3.2). */
export function uintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** The first value of an option, or undefined; one of an invalid length counts as absent (RFC 7252 section 5.4.3). */
export function valueOf(options: CoapOption[], name: OptionName): Uint8Array | undefined {
  const value = options.find(({ number }) => number === optionNumbers[name])?.value;
  const rule = understood[name];
  return value === undefined || rule === undefined || (value.length >= rule.min && value.length <= rule.max)
    ? value
    : undefined;
}

/** The first value of an option as an unsigned integer, or undefined. */
export function uintOf(options: CoapOption[], name: OptionName): number | undefined {
  return valueOf(options, name)?.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Every value of a repeatable option, in order. */
export function valuesOf(options: CoapOption[], name: OptionName): Uint8Array[] {
  return options.filter(({ number }) => number === optionNumbers[name]).map(({ value }) => value);
}

/** The same as text: the segments of Uri-Path, the arguments of Uri-Query. */
export function textsOf(options: CoapOption[], name: OptionName): string[] {
  return valuesOf(options, name).map((value) => Buffer.from(value).toString('utf8'));
}

/** The numbers of the options whose value must be UTF-8 (RFC 7252 section 3.2) and is not, in order. */
export function malformedTexts(options: CoapOption[]): number[] {
  return options.filter(({ number, value }) => texts.has(number) && !isUtf8(value)).map(({ number }) => number);
}

const texts = new Set<number>((['Uri-Host', 'Uri-Path', 'Uri-Query'] as const).map((name) => optionNumbers[name]));

/** The options without those of one name. */
export function without(options: CoapOption[], ...names: OptionName[]): CoapOption[] {
  const dropped = new Set<number>(names.map((name) => optionNumbers[name]));
  return options.filter(({ number }) => !dropped.has(number));
}

/**
 * The critical options that must be refused: unknown, of an invalid length, or wrongly repeated (RFC 7252 section 5.4).
 */
export function badOptions(options: CoapOption[]): number[] {
  return options
    .filter(({ number, value }, index) => {
      if (number % 2 === 0) return false;
      const rule = rules.get(number);
      if (rule === undefined || value.length < rule.min || value.length > rule.max) return true;
      return rule.repeatable === undefined && options.findIndex((other) => other.number === number) < index;
    })
    .map(({ number }) => number);
}

/** Options of requests only: RFC 7252 sections 5.10.1, 5.10.2, 5.10.4 and 5.10.8. */
const ofRequests: readonly OptionName[] = ['If-Match', 'Uri-Host', 'Uri-Port', 'Uri-Path', 'Uri-Query', 'Accept'];

/** The request options in a response, where they have no meaning. */
export function strayOptions(options: CoapOption[]): OptionName[] {
  return ofRequests.filter((name) => options.some(({ number }) => number === optionNumbers[name]));
}

/** The position of a block in a transfer: RFC 7959 section 2.2. */
export interface Block {
  number: number;
  more: boolean;
  /** Bytes, 16 to 1024; what `number` counts in. */
  size: number;
  /** The message carries any number of blocks of 1024 bytes: RFC 8323 section 6. */
  bert?: true;
}

/** SZX of a BERT block; over datagrams it is reserved. */
const bertSize = 7;

/** Reads Block1 or Block2; undefined when absent, `malformed` if its size is reserved without BERT. */
export function blockOf(
  options: CoapOption[],
  name: 'Block1' | 'Block2',
  bert = false,
): Block | 'malformed' | undefined {
  const value = uintOf(options, name);
  if (value === undefined) return undefined;
  const place = { number: value >>> 4, more: (value & 8) !== 0 };
  if ((value & 7) !== bertSize) return { ...place, size: 16 << (value & 7) };
  return bert ? { ...place, size: largestBlock, bert } : 'malformed';
}

/** A Block1 or Block2 option. */
export function blockOption(name: 'Block1' | 'Block2', { number, more, size, bert }: Block): CoapOption {
  return option(name, number * 16 + (more ? 8 : 0) + (bert === true ? bertSize : Math.log2(size / 16)));
}

/** Whether a payload of this length is allowed in a block that is not the last. */
export function fillsBlock({ size, bert }: Block, length: number): boolean {
  return bert === true ? length > 0 && length % size === 0 : length === size;
}

const largestBlock = 1024;

/** How a body is split: the unit of block numbers, and how many bytes of it one message carries. */
export interface Cut {
  size: number;
  step: number;
  bert?: true;
}

/** The largest blocks that leave space for the header and the options. */
export function cutFor({ maxMessageSize, bert }: Budget, overhead: number): Cut {
  const space = Math.max(16, maxMessageSize - overhead);
  if (bert && space >= largestBlock) return { size: largestBlock, step: space - (space % largestBlock), bert };
  const size = Math.min(largestBlock, 2 ** Math.floor(Math.log2(space)));
  return { size, step: size };
}
