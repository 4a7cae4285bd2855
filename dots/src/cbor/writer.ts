import type { CborValue } from './values';

/** Major types: RFC 8949 section 3.1. */
const major = { unsigned: 0, negative: 1, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const [falseValue, trueValue] = [20, 21];

/** More than most documents need. */
const firstSize = 1024;

/** The CBOR of a value, every number in its shortest form, members in their order. Linear time. */
export function writeCbor(value: CborValue): Uint8Array {
  const writer = new Writer();
  writer.value(value);
  return writer.written();
}

const encoder = new TextEncoder();

class Writer {
  private bytes = new Uint8Array(firstSize);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  written(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  value(value: CborValue): void {
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'boolean') this.head(major.simple, value ? trueValue : falseValue);
    else if (typeof value === 'bigint') this.integer(value);
    else if (Array.isArray(value)) this.array(value);
    else if (value instanceof Map) this.map(value);
    else {
      this.head(major.tag, value.tag);
      this.value(value.content);
    }
  }

  private text(value: string): void {
    const octets = encoder.encode(value);
    this.head(major.text, octets.length);
    this.reserve(octets.length);
    this.bytes.set(octets, this.length);
    this.length += octets.length;
  }

  private integer(value: bigint): void {
    const [type, magnitude] = value < 0n ? [major.negative, -1n - value] : [major.unsigned, value];
    if (magnitude <= 0xffff_ffffn) return this.head(type, Number(magnitude));
    this.reserve(9);
    this.view.setUint8(this.length, (type << 5) | 27);
    this.view.setBigUint64(this.length + 1, magnitude);
    this.length += 9;
  }

  private array(items: readonly CborValue[]): void {
    this.head(major.array, items.length);
    for (const item of items) this.value(item);
  }

  private map(members: ReadonlyMap<bigint, CborValue>): void {
    this.head(major.map, members.size);
    for (const [key, value] of members) {
      this.integer(key);
      this.value(value);
    }
  }

  /** The head of an item, with a number below 2^32: RFC 8949 section 3. */
  private head(type: number, number: number): void {
    this.reserve(5);
    const size = number < 24 ? 0 : number <= 0xff ? 1 : number <= 0xffff ? 2 : 4;
    this.view.setUint8(this.length, (type << 5) | { 0: number, 1: 24, 2: 25, 4: 26 }[size]);
    if (size === 1) this.view.setUint8(this.length + 1, number);
    if (size === 2) this.view.setUint16(this.length + 1, number);
    if (size === 4) this.view.setUint32(this.length + 1, number);
    this.length += 1 + size;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
