import { CborError } from './errors';

/** One CBOR data item (RFC 8949), with the octets before it. */
export type Item = { at: number } & (
  | { type: 'integer'; value: bigint }
  | { type: 'float'; value: number }
  | { type: 'constant'; value: boolean | null | undefined }
  /** A simple value without a meaning. */
  | { type: 'simple'; value: number }
  | { type: 'text'; value: string }
  /**
   * In a partial reading: a text string whose octets are not UTF-8 (RFC 8949 section 3.1), which is well-formed
   * otherwise.
   */
  | { type: 'not-utf8' }
  | { type: 'bytes'; value: Uint8Array }
  /** A string of indefinite length: its parts, each a definite string of that type. */
  | { type: 'chunks'; of: 'text' | 'bytes'; items: Item[] }
  | { type: 'array'; items: Item[]; indefinite: boolean }
  | { type: 'map'; entries: MapEntry[]; indefinite: boolean }
  | { type: 'tag'; tag: bigint; content: Item }
);

/** A key and its value, in the order of the bytes. */
export interface MapEntry {
  key: Item;
  value: Item;
}

/** The limits of what is read. */
export interface Limits {
  octets: number;
  /** The deepest nesting of arrays, maps and tags. */
  depth: number;
  /** Data items, keys included. */
  items: number;
}

/** For data from a peer: more than any DOTS message needs, small enough to bound the cost of hostile data. */
export const wireLimits: Limits = { octets: 65_536, depth: 32, items: 32_768 };

/** For files that the user names: a document of any realistic size. */
export const fileLimits: Limits = { octets: 16_777_216, depth: 32, items: 4_194_304 };

/** Reads exactly one well-formed data item. Throws CborError with the offset of what is wrong. */
export function readItem(bytes: Uint8Array, limits: Limits = wireLimits): Item {
  const { item, broken } = readPart(bytes, limits, false);
  if (broken !== undefined) throw broken;
  return item;
}

/** The well-formed part of a data item, and the fault that follows it. */
export interface PartialItem {
  item: Item;
  broken?: CborError;
}

/**
 * Reads one data item up to the first fault; arrays and maps around the fault have the elements before it.
 * Throws CborError if there is no item at all, or more octets than the limit.
 * @param partial whether an item with a fault inside is read in part, instead of throwing the fault
 */
export function readPart(bytes: Uint8Array, limits: Limits = wireLimits, partial = true): PartialItem {
  if (bytes.length > limits.octets) {
    throw new CborError('cbor/too-large', `${bytes.length} octets of CBOR exceed the limit of ${limits.octets}.`, {
      offset: limits.octets,
    });
  }
  const reader = new Reader(bytes, limits, partial);
  const item = reader.required(0);
  const broken = reader.broken ?? reader.trailing();
  return broken === undefined ? { item } : { item, broken };
}

/** Major types: RFC 8949 section 3.1. */
const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/** The head of a data item: RFC 8949 section 3. An indefinite length has the argument 0. */
interface Head {
  at: number;
  major: number;
  info: number;
  argument: number | bigint;
}

/** The octets of the argument, by the additional information; smaller values are the argument themselves. */
const argumentOctets: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 };
const indefinite = 31;
const breakOctet = 0xff;

/** What may have an indefinite length, and the break: RFC 8949 section 3.2. */
const indefiniteMajors: readonly number[] = [major.bytes, major.text, major.array, major.map, major.simple];

/** The first simple value that is written in two octets: RFC 8949 section 3.3. */
const firstLongSimple = 32;

/** Reads items one after the other; memory is used for what is there, not for declared lengths. */
class Reader {
  /** The octets read so far: where the next item begins. */
  private at = 0;
  private count = 0;
  private readonly view: DataView;
  /** The fault that ended a partial reading. */
  broken: CborError | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly limits: Limits,
    private readonly partial: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next item, which is required. */
  required(depth: number): Item {
    const at = this.at;
    return this.item(depth) ?? fail('cbor/malformed', at, 'Unexpected "break" where a data item is expected');
  }

  /** The error of octets after the item. */
  trailing(): CborError | undefined {
    if (this.at === this.bytes.length) return undefined;
    return broken('cbor/trailing', this.at, 'Unexpected data after the only item');
  }

  /** The next item; undefined for a break. */
  private item(depth: number): Item | undefined {
    this.bound(depth);
    const head = this.head();
    const { at, argument } = head;
    switch (head.major) {
      case major.unsigned:
        return { at, type: 'integer', value: BigInt(argument) };
      case major.negative:
        return { at, type: 'integer', value: -1n - BigInt(argument) };
      case major.bytes:
      case major.text:
        return head.info === indefinite ? this.chunks(head, depth) : this.string(head);
      case major.array:
        return { at, type: 'array', items: this.elements(head, depth + 1), indefinite: head.info === indefinite };
      case major.map:
        return { at, type: 'map', entries: this.entries(head, depth + 1), indefinite: head.info === indefinite };
      case major.tag:
        return { at, type: 'tag', tag: BigInt(argument), content: this.required(depth + 1) };
      default:
        return this.simple(head);
    }
  }

  private bound(depth: number): void {
    if (depth > this.limits.depth)
      fail('cbor/too-deep', this.at, `Arrays, maps and tags are nested more than ${this.limits.depth} levels deep`);
    if (++this.count > this.limits.items)
      fail('cbor/too-many-items', this.at, `The data has more than ${this.limits.items} data items`);
  }

  private head(): Head {
    if (this.broken !== undefined) throw this.broken;
    const { at } = this;
    const first = this.bytes[at];
    if (first === undefined)
      return fail('cbor/truncated', at, at === 0 ? 'There is no data' : 'The data ends where a data item is expected');
    const type = first >> 5;
    const info = first & 31;
    const octets = info < 24 ? 0 : argumentOctets[info];
    if (octets === undefined && !(info === indefinite && indefiniteMajors.includes(type)))
      malformed(at, `major type ${type} with the additional information ${info} is reserved`);
    this.at = at + 1 + (octets ?? 0);
    if (this.at > this.bytes.length) malformed(at, 'the data ends inside it');
    return { at, major: type, info, argument: this.argument(info, at + 1) };
  }

  private argument(info: number, at: number): number | bigint {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.view.getUint8(at);
      case 25:
        return this.view.getUint16(at);
      case 26:
        return this.view.getUint32(at);
      case 27:
        return this.view.getBigUint64(at);
      default:
        return 0;
    }
  }

  /** A string of definite length. */
  private string({ at, major: type, argument }: Head): Item {
    const end = this.at + Number(argument);
    if (end > this.bytes.length) malformed(at, 'it declares more octets than the data has');
    const octets = this.bytes.subarray(this.at, end);
    const text = type === major.text ? textOf(octets) : undefined;
    if (type === major.text && text === undefined && !this.partial) malformed(at, 'its text is not UTF-8');
    this.at = end;
    if (type === major.bytes) return { at, type: 'bytes', value: octets };
    return text === undefined ? { at, type: 'not-utf8' } : { at, type: 'text', value: text };
  }

  /** The parts of a string of indefinite length, each a definite string of its type: RFC 8949 section 3.2.3. */
  private chunks({ at, major: type }: Head, depth: number): Item {
    const items: Item[] = [];
    for (let part = this.chunk(type, depth); part !== undefined; part = this.chunk(type, depth)) items.push(part);
    return { at, type: 'chunks', of: type === major.text ? 'text' : 'bytes', items };
  }

  private chunk(type: number, depth: number): Item | undefined {
    const first = this.bytes[this.at] ?? breakOctet;
    if (first !== breakOctet && (first >> 5 !== type || (first & 31) === indefinite))
      malformed(this.at, 'a string of indefinite length consists of definite strings of its type');
    return this.item(depth);
  }

  /** An item of major type 7: RFC 8949 section 3.3; undefined for a break. */
  private simple({ at, info, argument }: Head): Item | undefined {
    switch (info) {
      case 20:
      case 21:
        return { at, type: 'constant', value: info === 21 };
      case 22:
        return { at, type: 'constant', value: null };
      case 23:
        return { at, type: 'constant', value: undefined };
      case 25:
        return { at, type: 'float', value: halfFloat(Number(argument)) };
      case 26:
        return { at, type: 'float', value: this.view.getFloat32(at + 1) };
      case 27:
        return { at, type: 'float', value: this.view.getFloat64(at + 1) };
      case indefinite:
        return undefined;
      default:
        if (info === 24 && Number(argument) < firstLongSimple)
          malformed(at, `the simple value ${argument} has two octets instead of one`);
        return { at, type: 'simple', value: Number(argument) };
    }
  }

  private elements(head: Head, depth: number): Item[] {
    return this.list(
      head,
      1,
      () => this.item(depth),
      () => this.required(depth),
    );
  }

  private entries(head: Head, depth: number): MapEntry[] {
    const entry = (key: Item): MapEntry => ({ key, value: this.required(depth) });
    const next = () => {
      const key = this.item(depth);
      return key === undefined ? undefined : entry(key);
    };
    return this.list(head, 2, next, () => entry(this.required(depth)));
  }

  /**
   * The elements of an array or map: as many as declared, or all until a break; in a partial reading, those before the
   * fault.
   */
  private list<T>(head: Head, itemsEach: number, next: () => T | undefined, required: () => T): T[] {
    const elements: T[] = [];
    try {
      if (head.info === indefinite)
        for (let element = next(); element !== undefined; element = next()) elements.push(element);
      else {
        const declared = this.declared(head, itemsEach);
        while (elements.length < declared) elements.push(required());
      }
    } catch (error) {
      if (!this.partial || !(error instanceof CborError)) throw error;
      this.broken ??= error;
    }
    return elements;
  }

  private declared({ at, argument }: Head, itemsEach: number): number {
    const declared = Number(argument);
    const left = this.bytes.length - this.at;
    if (declared * itemsEach > left && !this.partial)
      fail('cbor/truncated', at, `${declared} elements are declared, but only ${left} octets are left`);
    return declared;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Longer texts are decoded faster by the platform. */
const longestByHand = 48;

/** The text of octets in UTF-8; undefined for others. */
function textOf(octets: Uint8Array): string | undefined {
  if (octets.length <= longestByHand && isAscii(octets)) return String.fromCharCode(...octets);
  try {
    return utf8.decode(octets);
  } catch {
    return undefined;
  }
}

function isAscii(octets: Uint8Array): boolean {
  for (const octet of octets) if (octet >= 0x80) return false;
  return true;
}

/** The value of a floating-point number of 16 bits: RFC 8949 appendix D. */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function malformed(offset: number, why: string): never {
  throw new CborError('cbor/malformed', `No well-formed data item at offset ${offset}: ${why}.`, { offset });
}

function fail(code: `cbor/${string}`, offset: number, what: string): never {
  throw broken(code, offset, what);
}

function broken(code: `cbor/${string}`, offset: number, what: string): CborError {
  return new CborError(code, `${what}, at offset ${offset}.`, { offset });
}
