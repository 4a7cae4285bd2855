/** One key and its time, milliseconds since 1970. */
interface Due {
  key: string;
  at: number;
}

/** Keys by the time at which something happens to them. Each operation takes time logarithmic in their number. */
export class DueQueue {
  /**
   * A heap by time: the parent of the entry at `i` is at `(i - 1) >> 1`. An entry whose time has changed since stays in
   * it until it is on top.
   */
  private heap: Due[] = [];
  private readonly times = new Map<string, number>();

  /** The earliest time; Infinity where there is none. */
  get nextAt(): number {
    this.dropOutdated();
    return this.heap[0]?.at ?? Infinity;
  }

  /** Sets the time of a key; undefined removes it. */
  set(key: string, at: number | undefined): void {
    if (this.times.get(key) === at) return;
    if (at === undefined) return void this.times.delete(key);
    this.times.set(key, at);
    this.push({ key, at });
    if (this.heap.length > 2 * this.times.size + 64) this.rebuild();
  }

  /** Takes out the keys whose time has come, the earliest first. */
  takeDue(now: number): string[] {
    const due: string[] = [];
    while (this.nextAt <= now) {
      const { key } = this.pop() as Due;
      this.times.delete(key);
      due.push(key);
    }
    return due;
  }

  private dropOutdated(): void {
    for (let [top] = this.heap; top !== undefined && this.times.get(top.key) !== top.at; [top] = this.heap) this.pop();
  }

  private rebuild(): void {
    this.heap = [...this.times].map(([key, at]) => ({ key, at })).sort((a, b) => a.at - b.at);
  }

  private push(due: Due): void {
    const { heap } = this;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Due;
      if (above.at <= due.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = due;
  }

  private pop(): Due | undefined {
    const { heap } = this;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let index = 0;
    for (let child = this.earlierChild(index); child !== undefined; child = this.earlierChild(index)) {
      const below = heap[child] as Due;
      if (below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return top;
  }

  private earlierChild(index: number): number | undefined {
    const left = 2 * index + 1;
    const [one, other] = [this.heap[left], this.heap[left + 1]];
    if (one === undefined) return undefined;
    return other !== undefined && other.at < one.at ? left + 1 : left;
  }
}
