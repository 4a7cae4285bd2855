import { makePrefix, type Prefix } from './prefix';

/** Sets of keys by name. */
export class KeySets {
  private readonly sets = new Map<string, Set<string>>();

  get(name: string): Iterable<string> {
    return this.sets.get(name) ?? [];
  }

  /** Whether the name is new. */
  add(name: string, key: string): boolean {
    const keys = this.sets.get(name);
    if (keys === undefined) this.sets.set(name, new Set([key]));
    else keys.add(key);
    return keys === undefined;
  }

  /** Whether no key of the name is left. */
  delete(name: string, key: string): boolean {
    const keys = this.sets.get(name);
    keys?.delete(key);
    return keys?.size === 0 && this.sets.delete(name);
  }
}

/**
 * Sets of keys by prefix. What overlaps a prefix is found by binary search: those inside it follow one another in the
 * order of addresses; those around it are one for each length at most.
 */
export class PrefixSets {
  private readonly keys = new KeySets();
  private readonly sorted: string[] = [];
  /** How many prefixes there are of each family and length. */
  private readonly lengths = new Map<string, number>();

  add(prefix: Prefix, key: string): void {
    if (!this.keys.add(placeOf(prefix), key)) return;
    this.sorted.splice(this.indexOf(placeOf(prefix)), 0, placeOf(prefix));
    this.count(prefix, 1);
  }

  delete(prefix: Prefix, key: string): void {
    if (!this.keys.delete(placeOf(prefix), key)) return;
    this.sorted.splice(this.indexOf(placeOf(prefix)), 1);
    this.count(prefix, -1);
  }

  /** The keys of prefixes that share an address with this one, each at least once. */
  *overlapping(prefix: Prefix): Generator<string> {
    yield* this.around(prefix);
    yield* this.inside(prefix);
  }

  private *around(prefix: Prefix): Generator<string> {
    for (let length = 0; length < prefix.length; length++)
      if (this.lengths.has(`${prefix.family} ${length}`))
        yield* this.keys.get(placeOf(makePrefix(prefix.octets, length)));
  }

  /** The prefix itself too. */
  private *inside(prefix: Prefix): Generator<string> {
    const [first, end] = [placeOf(prefix), `${addressText(prefix.family, lastOctets(prefix))}/~`];
    for (let index = this.indexOf(first); index < this.sorted.length; index++) {
      const place = this.sorted[index] as string;
      if (place > end) return;
      yield* this.keys.get(place);
    }
  }

  /** Where a place is in the order, or would be. */
  private indexOf(place: string): number {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] as string) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private count({ family, length }: Prefix, change: 1 | -1): void {
    const name = `${family} ${length}`;
    const count = (this.lengths.get(name) ?? 0) + change;
    if (count === 0) this.lengths.delete(name);
    else this.lengths.set(name, count);
  }
}

/**
 * Where a prefix is in the order of addresses: before all that are inside it, and behind all that begin at the same
 * address and are around it.
 */
function placeOf({ family, octets, length }: Prefix): string {
  return `${addressText(family, octets)}/${String(length).padStart(3, '0')}`;
}

const addressText = (family: string, octets: Prefix['octets']): string =>
  `${family} ${octets.map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;

/** The last address of a prefix. */
function lastOctets({ octets, length }: Prefix): number[] {
  return octets.map((octet, index) => octet | (0xff >> Math.min(8, Math.max(0, length - 8 * index))));
}
