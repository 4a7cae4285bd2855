import { canonical } from '#dots/check/canonical';
import { planAt } from '#dots/check/plan';
import type { JsonObject } from '#dots/model/json';
import type { Answer } from './answer';
import { isOverStatus, midOf } from './ledgerReport';
import { listedMids, scopesOf } from './scopes';

/** A mitigation as a server reports it. */
export interface SeenMitigation {
  mid: number;
  /** Null where the server reports none. */
  status: string | null;
  /** Seconds that are left; -1 is indefinite. */
  lifetime: number | null;
  /** As reported, with its counters. */
  scope: JsonObject;
}

/** present: it existed before; added, changed, ended: since the state before. */
export type MitigationEvent = SeenMitigation & { event: 'present' | 'added' | 'changed' | 'ended' };

/** The mitigations of an answer. @param asked the mid in the path of the request */
export function seenMitigations(answer: Pick<Answer, 'body'>, asked?: number): SeenMitigation[] {
  return scopesOf(answer.body).flatMap((scope): SeenMitigation[] => {
    const mid = midOf(scope, asked);
    const { status, lifetime } = scope;
    if (mid === undefined) return [];
    return [
      {
        mid,
        status: typeof status === 'string' ? status : null,
        lifetime: typeof lifetime === 'number' ? lifetime : null,
        scope,
      },
    ];
  });
}

/** What changes from one reported state of mitigations to the next (RFC 9132 section 4.4.2.1). */
export class MitigationChanges {
  private readonly seen = new Map<number, SeenMitigation>();
  private isFirst = true;

  /** @param asked the only mid that is observed; undefined: all of the client */
  constructor(private readonly asked?: number) {}

  /** Takes the next state, and returns what is new in it. An answer that is not ok has no mitigation. */
  take(answer: Answer): MitigationEvent[] {
    const now = answer.ok ? seenMitigations(answer, this.asked) : [];
    const gone = this.goneIn(answer, now).map((before): MitigationEvent => {
      this.seen.delete(before.mid);
      return { ...before, event: 'ended', lifetime: null };
    });
    const events = now.flatMap((mitigation) => this.eventOf(mitigation));
    this.isFirst = false;
    return [...events, ...gone.filter(({ status }) => !isOver(status))];
  }

  /** Whether nothing is left that could change: no mitigation, or all are over. */
  get isOver(): boolean {
    return [...this.seen.values()].every(({ status }) => isOver(status));
  }

  /** The mids of those that are not over. */
  get running(): number[] {
    return [...this.seen.values()].filter(({ status }) => !isOver(status)).map(({ mid }) => mid);
  }

  private eventOf(mitigation: SeenMitigation): MitigationEvent[] {
    const before = this.seen.get(mitigation.mid);
    this.seen.set(mitigation.mid, mitigation);
    if (before === undefined) return [{ ...mitigation, event: this.isFirst ? 'present' : 'added' }];
    if (!differs(before, mitigation)) return [];
    return [{ ...mitigation, event: isOver(mitigation.status) ? 'ended' : 'changed' }];
  }

  /** Those that the server does not have any more; a list that was not read whole does not show that. */
  private goneIn(answer: Answer, now: readonly SeenMitigation[]): SeenMitigation[] {
    const isWhole = !answer.ok || this.asked !== undefined || listedMids(answer) !== undefined;
    if (!isWhole || (answer.ok && this.asked !== undefined)) return [];
    return [...this.seen.values()].filter(({ mid }) => now.every((other) => other.mid !== mid));
  }
}

const isOver = (status: string | null): boolean => status !== null && isOverStatus(status);

/** A lifetime that runs down is no change; one that is longer than before was refreshed. */
function differs(before: SeenMitigation, now: SeenMitigation): boolean {
  const isRefreshed = (now.lifetime ?? 0) > (before.lifetime ?? 0) || (now.lifetime === -1 && before.lifetime !== -1);
  return isRefreshed || textOf(before) !== textOf(now);
}

function textOf({ scope }: SeenMitigation): string {
  const others = Object.entries(scope).filter(([name]) => name !== 'lifetime');
  return canonical(Object.fromEntries(others), planAt('mitigation-scope', 'scope'));
}
