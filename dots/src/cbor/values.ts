import type { JsonValue } from '#dots/model/json';
import { mantissaIn } from '#dots/model/numbers';
import type { YangType } from '#dots/model/schema';
import type { Item } from './reader';

/** The values that are written as CBOR; floats are absent on purpose: DOTS has none. */
export type CborValue = bigint | string | boolean | Tagged | CborValue[] | Map<bigint, CborValue>;

/** A value with a tag: RFC 8949 section 3.4. */
export interface Tagged {
  tag: number;
  content: CborValue;
}

/** The wire form of one type of leaf (RFC 9132 section 6) and its JSON form (RFC 7951 section 6). */
interface LeafCodec {
  /** The expected JSON value, as a noun phrase. */
  json(type: YangType): string;
  /** The expected CBOR value, as a noun phrase. */
  cbor(type: YangType): string;
  /** undefined: the value is not of this type. */
  encode(value: JsonValue, type: YangType): CborValue | undefined;
  /** undefined: the item is not of this type. */
  decode(item: Item, type: YangType): JsonValue | undefined;
}

const decimalFractionTag = 4;
/** Beyond any number that DOTS carries; a larger exponent would only make a long string of zeros. */
const largestExponent = 32n;
const smallestInteger = -(2n ** 64n);
const largestInteger = 2n ** 64n - 1n;

const inRange = (value: bigint) => value >= smallestInteger && value <= largestInteger;

/** The type of a value without one in the schema. */
export const textType: YangType = { base: 'string' };

const text: LeafCodec = {
  json: () => 'a string of Unicode characters',
  cbor: () => 'a text string',
  // A lone surrogate has no UTF-8 form.
  encode: (value) => (typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : undefined),
  decode: textOf,
};

const boolean: LeafCodec = {
  json: () => 'true or false',
  cbor: () => 'true or false',
  encode: (value) => (typeof value === 'boolean' ? value : undefined),
  decode: (item) => (item.type === 'constant' && typeof item.value === 'boolean' ? item.value : undefined),
};

const integer: LeafCodec = {
  json: () => `a whole number up to ${Number.MAX_SAFE_INTEGER}, not in quotes`,
  cbor: () => `an integer up to ${Number.MAX_SAFE_INTEGER}`,
  encode: (value) => (Number.isSafeInteger(value) ? BigInt(value as number) : undefined),
  decode: (item) =>
    item.type === 'integer' && Number.isSafeInteger(Number(item.value)) ? Number(item.value) : undefined,
};

const longInteger: LeafCodec = {
  json: () => 'a whole number of at most 64 bits in quotes, such as "3600"',
  cbor: () => 'an integer',
  encode: (value) => {
    if (typeof value !== 'string' || !/^[+-]?\d+$/.test(value)) return undefined;
    const number = mantissaIn(value, 0);
    return number !== undefined && inRange(number) ? number : undefined;
  },
  decode: (item) => (item.type === 'integer' ? item.value.toString() : undefined),
};

const decimal: LeafCodec = {
  json: (type) =>
    `a decimal number in quotes with ${digitsOf(type)} digits after the point, such as "${decimalText(150n, -2n, digitsOf(type))}"`,
  cbor: () =>
    `a decimal fraction: tag 4 with an array of two integers, an exponent from -${largestExponent} to ${largestExponent} and a mantissa, which is no bignum`,
  encode: (value, type) => {
    const mantissa = typeof value === 'string' ? mantissaIn(value, digitsOf(type)) : undefined;
    return mantissa === undefined || !inRange(mantissa)
      ? undefined
      : { tag: decimalFractionTag, content: [BigInt(-digitsOf(type)), mantissa] };
  },
  decode: (item, type) => {
    if (item.type !== 'tag' || item.tag !== BigInt(decimalFractionTag) || item.content.type !== 'array')
      return undefined;
    const [exponent, mantissa, ...more] = item.content.items;
    if (exponent?.type !== 'integer' || mantissa?.type !== 'integer' || more.length > 0) return undefined;
    if (exponent.value > largestExponent || exponent.value < -largestExponent) return undefined;
    return decimalText(mantissa.value, exponent.value, digitsOf(type));
  },
};

const enumeration: LeafCodec = {
  json: (type) => `one of ${Object.keys(type.enums ?? {}).join(', ')}`,
  cbor: (type) =>
    `one of ${Object.entries(type.enums ?? {})
      .map(([label, value]) => `${value} (${label})`)
      .join(', ')}`,
  encode: (value, type) => {
    const enums = type.enums ?? {};
    return typeof value === 'string' && Object.hasOwn(enums, value) ? BigInt(enums[value] as number) : undefined;
  },
  decode: (item, type) =>
    item.type === 'integer'
      ? Object.entries(type.enums ?? {}).find(([, value]) => BigInt(value) === item.value)?.[0]
      : undefined,
};

/** The first member type that matches decides, as in YANG (RFC 7950 section 9.12). */
const union: LeafCodec = {
  json: (type) => alternatives(membersOf(type).map((member) => leafCodec(member).json(member))),
  cbor: (type) => alternatives(membersOf(type).map((member) => leafCodec(member).cbor(member))),
  encode: (value, type) => firstOf(membersOf(type), (member) => leafCodec(member).encode(value, member)),
  decode: (item, type) => firstOf(membersOf(type), (member) => leafCodec(member).decode(item, member)),
};

/** How values of a type are written. No signal channel leaf is binary or empty; the remaining types are text. */
export function leafCodec(type: YangType): LeafCodec {
  switch (type.base) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return integer;
    case 'int64':
    case 'uint64':
      return longInteger;
    case 'decimal64':
      return decimal;
    case 'enumeration':
      return enumeration;
    case 'boolean':
      return boolean;
    case 'union':
      return union;
    case 'string':
    case 'bits':
    case 'binary':
    case 'identityref':
    case 'leafref':
    case 'empty':
      return text;
  }
}

/** The string of a text item of definite or indefinite length; undefined for any other item. */
function textOf(item: Item): string | undefined {
  if (item.type === 'text') return item.value;
  if (item.type !== 'chunks' || item.of !== 'text') return undefined;
  const parts = item.items.map(textOf);
  return parts.includes(undefined) ? undefined : parts.join('');
}

/**
 * `mantissa * 10 ** exponent` in the form of the RFCs' examples: exactly `digits` digits after the point ("1.50",
 * "2.00"), more only if the number needs them. Only this form of a number is unchanged by encoding and decoding.
 */
export function decimalText(mantissa: bigint, exponent: bigint, digits: number): string {
  const scale = exponent < 0n ? Number(-exponent) : 0;
  const shifted = (mantissa < 0n ? -mantissa : mantissa) * (exponent > 0n ? 10n ** exponent : 1n);
  const all = shifted.toString().padStart(scale + 1, '0');
  const whole = all.slice(0, all.length - scale);
  const fraction = all
    .slice(all.length - scale)
    .replace(/0+$/, '')
    .padEnd(digits, '0');
  return `${mantissa < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function digitsOf(type: YangType): number {
  return type.fractionDigits ?? 2;
}

function membersOf(type: YangType): YangType[] {
  return type.members ?? [];
}

function alternatives(phrases: string[]): string {
  return [...new Set(phrases)].join(', or ');
}

function firstOf<T, R>(items: T[], attempt: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const result = attempt(item);
    if (result !== undefined) return result;
  }
  return undefined;
}
