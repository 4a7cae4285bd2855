import type { JsonObject, JsonValue } from '#dots/model/json';
import { scopesOf } from '#dots/signal/scopes';
import type { Mitigation } from '../ui/mitigation';

const started = 'attack-mitigation-in-progress';
const ended = 'attack-mitigation-terminated';

/**
 * The mitigations of one session as reported by the server, by mid. It sends nothing itself: answers are passed to it.
 */
export class MitigationBook {
  private readonly entries = new Map<number, Mitigation>();

  /** In the order of their mids, the newest first. */
  list(): Mitigation[] {
    return [...this.entries.values()].sort((a, b) => b.mid - a.mid);
  }

  get(mid: number): Mitigation | undefined {
    return this.entries.get(mid);
  }

  /**
   * Records a request that the server accepted; `granted` is the lifetime of its answer in seconds. Removes those that
   * have ended.
   */
  accepted(request: Required<Pick<Mitigation, 'mid' | 'scope' | 'granted' | 'aliases'>>, now: number): void {
    for (const entry of this.list()) if (entry.status === ended) this.remove(entry.mid);
    this.entries.set(request.mid, { ...request, status: started, lifetime: request.granted, reportedAt: now });
  }

  /** Records the content of an answer or a notification on one mitigation, or on all. What is of another is not. */
  reported(body: JsonObject | undefined, now: number, mid?: number): void {
    for (const scope of scopesOf(body)) {
      const named = numberOf(scope.mid) ?? mid;
      if (named !== undefined && named === (mid ?? named)) this.entries.set(named, this.merged(named, scope, now));
    }
  }

  remove(mid: number): void {
    this.entries.delete(mid);
  }

  clear(): void {
    this.entries.clear();
  }

  private merged(mid: number, scope: JsonObject, now: number): Mitigation {
    const before = this.entries.get(mid);
    const lifetime = numberOf(scope.lifetime);
    const status = typeof scope.status === 'string' ? scope.status : (before?.status ?? started);
    const dropped = droppedOf(scope) ?? before?.dropped;
    return {
      mid,
      status,
      scope: { ...before?.scope, ...scope },
      lifetime: lifetime ?? before?.lifetime ?? 0,
      reportedAt: lifetime === undefined ? (before?.reportedAt ?? now) : now,
      ...(before?.granted === undefined ? {} : { granted: before.granted }),
      ...(before?.aliases === undefined ? {} : { aliases: before.aliases }),
      ...(dropped === undefined ? {} : { dropped }),
    };
  }
}

function droppedOf(scope: JsonObject): Mitigation['dropped'] {
  const octets = numberOf(scope['bytes-dropped']);
  const packets = numberOf(scope['pkts-dropped']);
  if (octets === undefined && packets === undefined) return undefined;
  return {
    octets: octets ?? 0,
    packets: packets ?? 0,
    octetsPerSecond: numberOf(scope['bps-dropped']) ?? 0,
    packetsPerSecond: numberOf(scope['pps-dropped']) ?? 0,
  };
}

/** 64-bit counters are strings in JSON (RFC 7951 section 6.1); a rounded number is enough for words. */
function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
}
