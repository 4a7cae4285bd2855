/** Which things go with which, each pair as often as it was counted. Each operation takes constant time. */
export class CountedPairs<A, B> {
  private readonly counts = new Map<A, Map<B, number>>();

  /** Counts a pair once more (1) or once less (-1). */
  count(one: A, other: B, change: 1 | -1): void {
    const others = this.counts.get(one) ?? new Map<B, number>();
    const count = (others.get(other) ?? 0) + change;
    if (count > 0) others.set(other, count);
    else others.delete(other);
    if (others.size > 0) this.counts.set(one, others);
    else this.counts.delete(one);
  }

  /** What goes with one, each once. */
  of(one: A): B[] {
    return [...(this.counts.get(one)?.keys() ?? [])];
  }
}
