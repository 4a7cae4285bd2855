import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { Answer } from '../answer';
import { askedMid, grantedLifetime, listedMids } from '../scopes';

/** The longest wait of one timer; a longer one is checked again, milliseconds. */
const longestWait = 2 ** 31 - 1;

/** The lifetime of a mitigation whose answer names none: RFC 9132 section 4.4.1.1, seconds. */
const usualLifetime = 3600;

/**
 * Whether a mitigation is active or being requested, by the requests over the kept session and their answers: RFC 9132
 * section 4.5 has one configuration for that time and one for the other.
 */
export class MitigationActivity {
  /** When each active mitigation ends, by the monotonic time. */
  private readonly ends = new Map<number, number>();
  private underway = 0;
  private timer: TimerHandle;
  private isStopped = false;

  /** @param changed is called when it may have changed */
  constructor(
    private readonly clock: Clock,
    private readonly changed: () => void,
  ) {}

  get isActive(): boolean {
    return this.underway > 0 || this.ends.size > 0;
  }

  /** Runs a request that is sent because of an attack. */
  async during<T extends { answer: Answer }>(work: () => Promise<T>): Promise<T> {
    this.underway += 1;
    this.changed();
    try {
      const result = await work();
      this.requested(result.answer);
      return result;
    } finally {
      this.underway -= 1;
      this.update();
    }
  }

  /** Takes over what any other answer says: a mitigation was withdrawn, or is not among those that the server has. */
  heard(answer: Answer): void {
    const { method } = answer.request;
    const mid = askedMid(answer);
    if (mid !== undefined && (answer.code === '4.04' || (method === 'DELETE' && answer.ok)))
      this.ends.delete(Number(mid));
    const listed = mid === undefined && method === 'GET' && answer.ok ? listedMids(answer) : undefined;
    if (listed !== undefined) for (const each of this.ends.keys()) if (!listed.has(each)) this.ends.delete(each);
    this.update();
  }

  /** No timer is left, also after the answer to a request that is still under way. */
  stop(): void {
    this.isStopped = true;
    this.clock.clearTimeout(this.timer);
  }

  private requested(answer: Answer): void {
    const mid = askedMid(answer);
    if (!answer.ok || answer.request.method !== 'PUT' || mid === undefined) return;
    const lifetime = grantedLifetime(answer) ?? usualLifetime;
    this.ends.set(Number(mid), lifetime < 0 ? Infinity : this.clock.monotonic() + lifetime * 1000);
  }

  /** Forgets mitigations whose lifetime is over, and waits for the next end. */
  private update(): void {
    const now = this.clock.monotonic();
    for (const [mid, end] of this.ends) if (end <= now) this.ends.delete(mid);
    this.clock.clearTimeout(this.timer);
    const next = Math.min(...this.ends.values());
    if (next < Infinity && !this.isStopped)
      this.timer = this.clock.setTimeout(() => this.update(), Math.min(next - now, longestWait));
    this.changed();
  }
}
