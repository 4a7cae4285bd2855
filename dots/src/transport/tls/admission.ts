import type { SessionLimits } from '../secure';

/** Counts who is at the door and who is in, in all and by address. */
export class Admission {
  private readonly waiting = new Tally();
  private readonly inside = new Tally();

  constructor(private readonly limits: SessionLimits) {}

  /** Takes a place at the door, or says that there is none. */
  knock(address: string): boolean {
    return this.waiting.add(address, this.limits.halfOpen, this.limits.halfOpenPerAddress);
  }

  /** Gives the place at the door back. */
  leave(address: string): void {
    this.waiting.remove(address);
  }

  /** Takes a place inside, or says that there is none. */
  enter(address: string): boolean {
    return this.inside.add(address, this.limits.sessions, this.limits.sessionsPerAddress);
  }

  exit(address: string): void {
    this.inside.remove(address);
  }
}

class Tally {
  private total = 0;
  private readonly byAddress = new Map<string, number>();

  add(address: string, most: number, mostPerAddress: number): boolean {
    const here = this.byAddress.get(address) ?? 0;
    if (this.total >= most || here >= mostPerAddress) return false;
    this.byAddress.set(address, here + 1);
    this.total += 1;
    return true;
  }

  remove(address: string): void {
    const here = this.byAddress.get(address) ?? 0;
    if (here <= 1) this.byAddress.delete(address);
    else this.byAddress.set(address, here - 1);
    this.total -= 1;
  }
}
