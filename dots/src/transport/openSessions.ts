/** Counts open sessions by the client that they are of. */
export class OpenSessions {
  private total = 0;
  private readonly byClient = new Map<unknown, number>();

  /**
   * @param mayOpen whether a client with `own` of `total` sessions may have one more
   * @param clientOf the client of a proved identity; default: each identity is a client of its own
   */
  constructor(
    private readonly mayOpen: (identity: string, own: number, total: number) => boolean,
    private readonly clientOf: (identity: string) => unknown = (identity) => identity,
  ) {}

  /** Counts a session; false if the limit is reached. @param identity `Security.identity` */
  enter(identity: string): boolean {
    const own = this.byClient.get(this.clientOf(identity)) ?? 0;
    if (!this.mayOpen(identity, own, this.total)) return false;
    this.count(identity, 1);
    return true;
  }

  /** Stops counting a session. */
  exit(identity: string): void {
    this.count(identity, -1);
  }

  /** A session takes over from another one; false if the limit is reached, and the other one still counts. */
  replace(before: string, identity: string): boolean {
    this.count(before, -1);
    if (this.enter(identity)) return true;
    this.count(before, 1);
    return false;
  }

  private count(identity: string, change: 1 | -1): void {
    const client = this.clientOf(identity);
    const own = (this.byClient.get(client) ?? 0) + change;
    this.total += change;
    if (own > 0) this.byClient.set(client, own);
    else this.byClient.delete(client);
  }
}

/** Counts open sessions within the limits of one listener. */
export function sessionsWithin({
  sessions,
  sessionsPerClient,
}: {
  sessions: number;
  sessionsPerClient: number;
}): OpenSessions {
  return new OpenSessions((_identity, own, total) => total < sessions && own < sessionsPerClient);
}
