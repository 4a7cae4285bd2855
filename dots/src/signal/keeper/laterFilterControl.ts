import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { FailedControl } from '../filterControl';
import { iso, type LedgerEntry, type PendingControl } from '../ledger';
import { sendRecorded, type Recorded, type RecordedRequest } from '../recordedRequest';

/** A request whose ACLs a server could not change, and the mitigation that runs without them meanwhile. */
export interface FailedRequest extends Pick<RecordedRequest, 'client' | 'request' | 'permit'> {
  failed: FailedControl;
  entry: LedgerEntry;
}

/** A second step that is due later, and whose it is. */
export type PlannedControl = Pick<RecordedRequest, 'client' | 'permit'> &
  Pick<PendingControl, 'mid' | 'acls' | 'dueAt'>;

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
  report(control: PlannedControl, outcome: ControlOutcome): void;
}

/**
 * The second step of filter control (RFC 9133 section 3.2.1): after Max-Age of the refusal the request is sent again as
 * it was, with its ACLs and under a new mid, unless its mitigation has ended meanwhile. Once: if the ACLs cannot be
 * changed then either, the mitigation continues without that. It is in the ledger before it is waited for; where this
 * process ends before, the next one that keeps a session takes it up.
 */
export class LaterFilterControl {
  private readonly timers = new Map<number, { control: PlannedControl; timer: TimerHandle }>();
  private isStopped = false;

  constructor(private readonly options: LaterFilterControlOptions) {}

  /** Whether something will be sent. */
  get isPending(): boolean {
    return this.timers.size > 0;
  }

  /** What will be sent. */
  get pending(): PlannedControl[] {
    return [...this.timers.values()].map(({ control }) => control);
  }

  /** Sends a request again when its time has come. Throws a DotsError where it cannot be entered in the ledger. */
  async plan({ client, request, permit, failed: { acls, retryAfter }, entry }: FailedRequest): Promise<void> {
    const { document, file, profile } = request;
    const { id: mid, hash } = entry;
    const dueAt = iso(this.options.clock.now() + retryAfter * 1000);
    await client.controlLater({ mid, hash, document, file, profile, acls, dueAt });
    this.wait({ client, permit, mid, acls, dueAt }, retryAfter * 1000);
  }

  /** Waits for what another process has left in the ledger; what is due already is sent now. Throws a DotsError. */
  async takeUp({ client, permit }: Pick<PlannedControl, 'client' | 'permit'>): Promise<void> {
    const { controls = [] } = await client.read();
    for (const { mid, acls, dueAt } of controls)
      if (!this.timers.has(mid))
        this.wait({ client, permit, mid, acls, dueAt }, Math.max(0, Date.parse(dueAt) - this.options.clock.now()));
  }

  /** Sends nothing any more: what is pending stays in the ledger. */
  stop(): void {
    this.isStopped = true;
    for (const { timer } of this.timers.values()) this.options.clock.clearTimeout(timer);
    this.timers.clear();
  }

  private wait(control: PlannedControl, milliseconds: number): void {
    if (this.isStopped) return;
    const { clock, report } = this.options;
    clock.clearTimeout(this.timers.get(control.mid)?.timer);
    const timer = clock.setTimeout(() => {
      this.timers.delete(control.mid);
      void this.outcomeOf(control).then((outcome) => outcome && report(control, outcome));
    }, milliseconds);
    this.timers.set(control.mid, { control, timer });
  }

  /** Makes the second step; undefined where another process makes it, or this one ends meanwhile. */
  private async outcomeOf({ client, permit, mid }: PlannedControl): Promise<ControlOutcome | undefined> {
    try {
      const begun = await client.beginControl(mid);
      if (begun === 'busy') return undefined;
      if (begun === 'gone') return 'not-needed';
      const { document, file, profile } = begun;
      const request = { kind: 'mitigation-scope', parameter: 'mid', document, file, profile } as const;
      const recorded = await sendRecorded({ client, request, permit, ask: this.options.ask });
      await client.controlled(mid);
      return { recorded };
    } catch (error) {
      if (this.isStopped) return undefined;
      await client.controlled(mid).catch(() => undefined);
      return { error };
    }
  }
}
