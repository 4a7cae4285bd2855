import { networkKey, type Prefix } from './prefix';

/** Finds the values stored for the networks that cover a prefix, without visiting all of them. */
export class NetworkIndex<T> {
  private readonly kept = new Map<string, T[]>();
  private readonly lengths = new Set<number>();

  add(prefix: Prefix, value: T): void {
    const key = networkKey(prefix, prefix.length);
    const values = this.kept.get(key);
    if (values === undefined) this.kept.set(key, [value]);
    else values.push(value);
    this.lengths.add(prefix.length);
  }

  /** Whether a value is stored for the prefix itself or a network around it. */
  covers(prefix: Prefix): boolean {
    for (const length of this.lengths)
      if (length <= prefix.length && this.kept.has(networkKey(prefix, length))) return true;
    return false;
  }

  /** The values stored for the prefix itself and for every network around it. */
  covering(prefix: Prefix): T[] {
    return [...this.lengths]
      .filter((length) => length <= prefix.length)
      .flatMap((length) => this.kept.get(networkKey(prefix, length)) ?? []);
  }
}
