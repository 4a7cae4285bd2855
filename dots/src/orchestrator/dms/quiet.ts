import type { Policy } from '#dots/workspace/policy/policy';

/** Watches whether an attack is over: its traffic is below a share of its peak for some seconds. */
export class QuietWatch {
  private peak = 0;
  private seconds = 0;

  constructor(private readonly quiet: Policy['quiet']) {}

  /** Takes the attack traffic of a second, bits. Whether the attack is over; one that never began is not. */
  isOver(bits: number): boolean {
    this.peak = Math.max(this.peak, bits);
    const isQuiet = this.peak > 0 && bits < this.quiet.below * this.peak;
    this.seconds = isQuiet ? this.seconds + 1 : 0;
    return this.seconds > 0 && this.seconds >= this.quiet.for;
  }
}
