import { networkKey, type Prefix } from './prefix';

/** Finds what is kept under the networks that cover a prefix, without looking at all of them. */
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

  /** Whether something is kept under the prefix itself or a network around it. */
  covers(prefix: Prefix): boolean {
    for (const length of this.lengths)
      if (length <= prefix.length && this.kept.has(networkKey(prefix, length))) return true;
    return false;
  }

  /** What is kept under the prefix itself and under every network around it. */
  covering(prefix: Prefix): T[] {
    return [...this.lengths]
      .filter((length) => length <= prefix.length)
      .flatMap((length) => this.kept.get(networkKey(prefix, length)) ?? []);
  }
}
