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

/** The second that is simulated. */
export interface Now {
  second: number;
}

/**
 * Counts the bits of each class at one place: in the current second, and since the beginning. Of a class that is
 * forgotten only its part of the sum remains. A place where nothing is counted costs nothing in a second.
 */
export class Tally {
  private readonly current = new Map<string, number>();
  /** The second that `current` is of. */
  private at = -1;
  private readonly sums = new Map<string, { length: number; bits: bigint }>();
  private past: Amount = { bits: 0n, packets: 0n };

  constructor(private readonly now: Now) {}

  add({ name, length }: Counted, bits: number): void {
    if (bits === 0) return;
    if (this.at !== this.now.second) this.current.clear();
    this.at = this.now.second;
    this.current.set(name, this.bitsOf(name) + bits);
    const sum = this.sums.get(name);
    if (sum === undefined) this.sums.set(name, { length, bits: BigInt(bits) });
    else sum.bits += BigInt(bits);
  }

  /** The bits of one class, or of all, in the current second. */
  bitsOf(name: string): number {
    return this.at === this.now.second ? (this.current.get(name) ?? 0) : 0;
  }

  bits(): number {
    let sum = 0;
    for (const name of this.classes()) sum += this.bitsOf(name);
    return sum;
  }

  /** The names of the classes that were counted in the current second. */
  classes(): Iterable<string> {
    return this.at === this.now.second ? this.current.keys() : [];
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
