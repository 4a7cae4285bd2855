import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isRunning, type LedgerEntry } from '../ledger';
import { sendRecorded, type Recorded, type RecordedRequest } from '../recordedRequest';
import type { FailedControl } from '../filterControl';

/** A request whose ACLs a server could not change, and the mitigation that runs without them meanwhile. */
export interface FailedRequest extends Pick<RecordedRequest, 'client' | 'request' | 'permit'> {
  failed: FailedControl;
  entry: LedgerEntry;
}

/** What became of the second step. */
export type ControlOutcome =
  /** It was answered. */
  | { recorded: Recorded }
  /** No answer came, or it could not be sent. */
  | { error: unknown }
  /** The mitigation does not run any more, so it was not sent. */
  | 'not-needed';

export interface LaterFilterControlOptions {
  clock: Clock;
  ask: RecordedRequest['ask'];
  /** Receives each outcome. */
  report(request: FailedRequest, outcome: ControlOutcome): void;
}

/**
 * The second step of filter control (RFC 9133 section 3.2.1): after Max-Age of the refusal the request is sent again as
 * it was, with its ACLs and under a new mid, unless its mitigation has ended meanwhile. Once: if the ACLs cannot be
 * changed then either, the mitigation continues without that.
 */
export class LaterFilterControl {
  private readonly timers = new Set<TimerHandle>();

  constructor(private readonly options: LaterFilterControlOptions) {}

  /** Whether something will be sent. */
  get isPending(): boolean {
    return this.timers.size > 0;
  }

  /** Sends a request again when its time has come. */
  plan(request: FailedRequest): void {
    const { clock } = this.options;
    const timer = clock.setTimeout(() => {
      this.timers.delete(timer);
      void this.outcomeOf(request).then((outcome) => this.options.report(request, outcome));
    }, request.failed.retryAfter * 1000);
    this.timers.add(timer);
  }

  /** Sends nothing any more. */
  stop(): void {
    for (const timer of this.timers) this.options.clock.clearTimeout(timer);
    this.timers.clear();
  }

  private async outcomeOf({ client, request, permit, entry }: FailedRequest): Promise<ControlOutcome> {
    try {
      const { entries } = await client.read();
      const isNeeded = entries.some((each) => each.id === entry.id && each.hash === entry.hash && isRunning(each));
      if (!isNeeded) return 'not-needed';
      const again = { ...request, id: undefined };
      return { recorded: await sendRecorded({ client, request: again, permit, ask: this.options.ask }) };
    } catch (error) {
      return { error };
    }
  }
}
