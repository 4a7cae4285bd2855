interface Scrubbed {
  dms: string;
  /** Bits per second; 0: unknown. */
  volume: number;
}

/** The volumes that were reported for the requests that DMSs carry out. */
export class ScrubbedVolumes {
  private readonly byKey = new Map<string, Scrubbed>();
  private readonly sums = new Map<string, number>();

  /** Whether a DMS carries out a request. */
  get isBusy(): boolean {
    return this.byKey.size > 0;
  }

  /** Of all requests that a DMS carries out, bits per second. */
  of(dms: string): number {
    return this.sums.get(dms) ?? 0;
  }

  set(key: string, scrubbed: Scrubbed): void {
    this.delete(key);
    this.byKey.set(key, scrubbed);
    this.sums.set(scrubbed.dms, this.of(scrubbed.dms) + scrubbed.volume);
  }

  delete(key: string): void {
    const before = this.byKey.get(key);
    if (before === undefined) return;
    this.byKey.delete(key);
    this.sums.set(before.dms, this.of(before.dms) - before.volume);
  }
}
