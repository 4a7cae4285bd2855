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

class Writer {
  private bytes = Buffer.allocUnsafe(firstSize);
  private length = 0;

  written(): Uint8Array {
    return Uint8Array.from(this.bytes.subarray(0, this.length));
  }

  value(value: CborValue): void {
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'boolean') this.head(major.simple, value ? trueValue : falseValue);
    else if (typeof value === 'bigint') this.integer(value);
    else if (Array.isArray(value)) this.array(value);
    else if (value instanceof Map) this.map(value);
    else {
      this.head(major.tag, Number(value.tag));
      this.value(value.contents as CborValue);
    }
  }

  private text(value: string): void {
    const length = Buffer.byteLength(value);
    this.head(major.text, length);
    this.reserve(length);
    this.length += this.bytes.write(value, this.length);
  }

  private integer(value: bigint): void {
    const [type, magnitude] = value < 0n ? [major.negative, -1n - value] : [major.unsigned, value];
    if (magnitude <= 0xffff_ffffn) return this.head(type, Number(magnitude));
    this.reserve(9);
    this.length = this.bytes.writeUInt8((type << 5) | 27, this.length);
    this.length = this.bytes.writeBigUInt64BE(magnitude, this.length);
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
    if (number < 24) this.length = this.bytes.writeUInt8((type << 5) | number, this.length);
    else {
      const [code, size] = number <= 0xff ? [24, 1] : number <= 0xffff ? [25, 2] : [26, 4];
      this.length = this.bytes.writeUInt8((type << 5) | code, this.length);
      this.length = this.bytes.writeUIntBE(number, this.length, size);
    }
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.length + more));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
