/** Counts what strangers take up: in all, and from one address. */
export class Quota {
  private readonly counts = new Map<string, number>();
  private total = 0;

  constructor(private readonly most: number, private readonly mostPerHost: number) {}

  has(host: string): boolean {
    return this.total < this.most && (this.counts.get(host) ?? 0) < this.mostPerHost;
  }

  take(host: string): void {
    this.total += 1;
    this.counts.set(host, (this.counts.get(host) ?? 0) + 1);
  }

  give(host: string): void {
    const left = (this.counts.get(host) ?? 1) - 1;
    this.total -= 1;
    if (left > 0) this.counts.set(host, left);
    else this.counts.delete(host);
  }
}
