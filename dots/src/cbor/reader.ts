import { SequenceEvents } from 'cbor2';
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

/**
 * One step of the CBOR package: major type, additional information, argument or content, offset; whether a text is
 * UTF-8.
 */
interface Head {
  notUtf8?: true;
  major: number;
  info: number;
  value: unknown;
  at: number;
}

const lengthOctets: Record<number, number> = { 24: 1, 25: 2, 26: 4, 27: 8 };

/** The package counts an array as two levels; its own limit is only a backstop for this one. */
const packageDepth = 4;

/** Builds items from the events of the CBOR package, which does not allocate memory by declared lengths. */
class Reader {
  /** The octets read so far: where the next item begins. */
  private at = 0;
  private count = 0;
  private readonly events: SequenceEvents;
  private readonly bytes: Uint8Array;
  /** The fault that ended a partial reading. */
  broken: CborError | undefined;

  constructor(
    bytes: Uint8Array,
    private readonly limits: Limits,
    private readonly partial: boolean,
  ) {
    // A partial reading overwrites what is not UTF-8.
    this.bytes = partial ? Uint8Array.from(bytes) : bytes;
    this.events = new SequenceEvents(this.bytes, { maxDepth: limits.depth * packageDepth });
  }

  /** The next item, which is required. */
  required(depth: number): Item {
    const at = this.at;
    return this.item(depth) ?? this.fail('cbor/malformed', at, 'Unexpected "break" where a data item is expected');
  }

  /** The error of octets after the item. */
  trailing(): CborError | undefined {
    if (this.at === this.bytes.length) return undefined;
    return broken('cbor/trailing', this.at, 'Unexpected data after the only item');
  }

  /** The next item; undefined for a break. */
  private item(depth: number): Item | undefined {
    if (depth > this.limits.depth)
      this.fail(
        'cbor/too-deep',
        this.at,
        `Arrays, maps and tags are nested more than ${this.limits.depth} levels deep`,
      );
    if (++this.count > this.limits.items)
      this.fail('cbor/too-many-items', this.at, `The data has more than ${this.limits.items} data items`);
    const head = this.head();
    const at = head.at;
    switch (head.major) {
      case 0:
      case 1:
        return { at, type: 'integer', value: BigInt(head.value as number | bigint) };
      case 2:
        return head.info === 31
          ? this.chunks(at, 'bytes', depth)
          : { at, type: 'bytes', value: head.value as Uint8Array };
      case 3:
        if (head.notUtf8) return { at, type: 'not-utf8' };
        return head.info === 31 ? this.chunks(at, 'text', depth) : { at, type: 'text', value: head.value as string };
      case 4:
        return {
          at,
          type: 'array',
          items: this.list(
            head,
            1,
            () => this.item(depth + 1),
            () => this.required(depth + 1),
          ),
          indefinite: head.info === 31,
        };
      case 5:
        return { at, type: 'map', entries: this.entries(head, depth + 1), indefinite: head.info === 31 };
      case 6:
        return { at, type: 'tag', tag: BigInt(head.value as number | bigint), content: this.required(depth + 1) };
      default:
        return simple(head);
    }
  }

  private head(): Head {
    if (this.broken !== undefined) throw this.broken;
    const at = this.at;
    if (at >= this.bytes.length)
      this.fail('cbor/truncated', at, at === 0 ? 'There is no data' : 'The data ends where a data item is expected');
    const notUtf8 = this.partial && this.replaceNotUtf8(at);
    try {
      const [major, info, value] = this.events.read() ?? [7, 31, undefined];
      const content = (major === 2 || major === 3) && info !== 31 ? this.contentOctets(at, info) : 0;
      this.at += 1 + (lengthOctets[info] ?? 0) + content;
      return { major, info, value, at, ...(notUtf8 && { notUtf8 }) };
    } catch (cause) {
      throw new CborError('cbor/malformed', `No well-formed data item at offset ${at}: ${this.reason(cause, at)}.`, {
        offset: at,
        cause,
      });
    }
  }

  /** Makes a definite-length text whose octets are not UTF-8 one that the package reads. Returns whether it did. */
  private replaceNotUtf8(at: number): boolean {
    const [major, info] = [(this.bytes[at] ?? 0) >> 5, (this.bytes[at] ?? 0) & 31];
    if (major !== 3 || info > 27) return false;
    const start = at + 1 + (lengthOctets[info] ?? 0);
    const end = start + this.contentOctets(at, info);
    if (end > this.bytes.length || isUtf8(this.bytes.subarray(start, end))) return false;
    this.bytes.fill(replacement, start, end);
    return true;
  }

  /** The declared octets of a definite-length string, once the package has found all of them. */
  private contentOctets(at: number, info: number): number {
    const octets = lengthOctets[info];
    if (octets === undefined) return info;
    return this.bytes.subarray(at + 1, at + 1 + octets).reduce((length, octet) => length * 256 + octet, 0);
  }

  private reason(cause: unknown, at: number): string {
    if (cause instanceof RangeError) return 'the data ends inside it';
    const declaresTooMuch = cause instanceof TypeError && ((this.bytes[at] ?? 0) & 31) === 27;
    if (declaresTooMuch || !(cause instanceof Error)) return 'it declares more octets than the data has';
    return cause.message.replace(/\.$/, '');
  }

  /**
   * The elements of an array or map: as many as declared, or all until a break; in a partial reading, those before the
   * fault.
   */
  private list<T>(head: Head, itemsEach: number, next: () => T | undefined, required: () => T): T[] {
    const elements: T[] = [];
    try {
      if (head.info === 31) for (let element = next(); element !== undefined; element = next()) elements.push(element);
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

  private declared(head: Head, itemsEach: number): number {
    const declared = Number(head.value);
    const left = this.bytes.length - this.at;
    if (declared * itemsEach > left && !this.partial)
      this.fail('cbor/truncated', head.at, `${declared} elements are declared, but only ${left} octets are left`);
    return declared;
  }

  private entries(head: Head, depth: number): MapEntry[] {
    const entry = (key: Item): MapEntry => ({ key, value: this.required(depth) });
    const next = () => {
      const key = this.item(depth);
      return key === undefined ? undefined : entry(key);
    };
    return this.list(head, 2, next, () => entry(this.required(depth)));
  }

  /** The parts of a string of indefinite length (RFC 8949 section 3.2.3); the package refuses parts of another type. */
  private chunks(at: number, of: 'text' | 'bytes', depth: number): Item {
    const items: Item[] = [];
    for (let part = this.item(depth); part !== undefined; part = this.item(depth)) items.push(part);
    return { at, type: 'chunks', of, items };
  }

  private fail(code: `cbor/${string}`, offset: number, what: string): never {
    throw broken(code, offset, what);
  }
}

/** A question mark. */
const replacement = 0x3f;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isUtf8(octets: Uint8Array): boolean {
  try {
    utf8.decode(octets);
    return true;
  } catch {
    return false;
  }
}

function broken(code: `cbor/${string}`, offset: number, what: string): CborError {
  return new CborError(code, `${what}, at offset ${offset}.`, { offset });
}

/** An item of major type 7; undefined for a break. */
function simple({ info, value, at }: Head): Item | undefined {
  if (info === 31) return undefined;
  if (typeof value === 'number') return { at, type: 'float', value };
  if (typeof value === 'object' && value !== null)
    return { at, type: 'simple', value: (value as { value: number }).value };
  return { at, type: 'constant', value: value as boolean | null | undefined };
}
