import type { SignalSession } from '../session';

/**
 * Sessions that another one has replaced: each is closed once no request is under way any more, because it may still
 * answer one.
 */
export class DrainingSessions {
  private underway = 0;
  private sessions: SignalSession[] = [];

  /** Runs a function during which no session is closed. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.underway += 1;
    try {
      return await work();
    } finally {
      this.underway -= 1;
      await this.closeIdle();
    }
  }

  async add(session: SignalSession | undefined): Promise<void> {
    if (session !== undefined) this.sessions.push(session);
    await this.closeIdle();
  }

  /** Closes all, even with requests under way. */
  async close(): Promise<void> {
    await Promise.all(this.sessions.splice(0).map((session) => session.close()));
  }

  private async closeIdle(): Promise<void> {
    if (this.underway === 0) await this.close();
  }
}
