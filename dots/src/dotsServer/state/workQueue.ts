/** Runs pieces of work one after the other. */
export class WorkQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs work after all that was added before; resolves and rejects as the work does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all work that was added so far has ended. */
  async idle(): Promise<void> {
    await this.last;
  }
}
