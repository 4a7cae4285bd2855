interface Entry<T> {
  value: T;
  expires: number;
}

/** A cache that expires entries by age, and drops the oldest when it is full. It needs no timer. */
export class Recent<T> {
  private readonly entries = new Map<string | number, Entry<T>>();

  /**
   * `now` below is the monotonic time of a clock.
   * @param lifetime milliseconds
   * @param limit entries
   */
  constructor(
    private readonly lifetime: number,
    private readonly limit: number,
  ) {}

  get(key: string | number, now: number): T | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && entry.expires > now ? entry.value : undefined;
  }

  set(key: string | number, value: T, now: number): void {
    this.entries.delete(key);
    this.entries.set(key, { value, expires: now + this.lifetime });
    for (const [oldest, { expires }] of this.entries) {
      if (expires > now && this.entries.size <= this.limit) break;
      this.entries.delete(oldest);
    }
  }

  delete(key: string | number): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }
}
