/** An amount of traffic. */
export interface Amount {
  bits: bigint;
  packets: bigint;
}

/** What a tally needs of a class. */
export interface Counted {
  name: string;
  /** Of a packet, octets. */
  length: number;
}

/**
 * Counts the bits of each class at one place: in the current second, and since the beginning. Of a class that is
 * forgotten only its part of the sum remains.
 */
export class Tally {
  private readonly current = new Map<string, number>();
  private readonly sums = new Map<string, { length: number; bits: bigint }>();
  private past: Amount = { bits: 0n, packets: 0n };

  add({ name, length }: Counted, bits: number): void {
    if (bits === 0) return;
    this.current.set(name, this.bitsOf(name) + bits);
    const sum = this.sums.get(name);
    if (sum === undefined) this.sums.set(name, { length, bits: BigInt(bits) });
    else sum.bits += BigInt(bits);
  }

  beginSecond(): void {
    if (this.current.size > 0) this.current.clear();
  }

  /** The bits of one class, or of all, in the current second. */
  bitsOf(name: string): number {
    return this.current.get(name) ?? 0;
  }

  bits(): number {
    let sum = 0;
    for (const bits of this.current.values()) sum += bits;
    return sum;
  }

  /** All since the beginning, classes that are gone included. */
  sum(): Amount {
    return [...this.sums.values()].map(amountOf).reduce(plus, this.past);
  }

  /** All of one class since the beginning. */
  sumOf(name: string): Amount {
    const sum = this.sums.get(name);
    return sum === undefined ? { bits: 0n, packets: 0n } : amountOf(sum);
  }

  forget(name: string): void {
    this.past = plus(this.past, this.sumOf(name));
    this.sums.delete(name);
    this.current.delete(name);
  }
}

const amountOf = ({ length, bits }: { length: number; bits: bigint }): Amount => ({
  bits,
  packets: bits / BigInt(8 * length),
});

const plus = (one: Amount, other: Amount): Amount => ({
  bits: one.bits + other.bits,
  packets: one.packets + other.packets,
});
