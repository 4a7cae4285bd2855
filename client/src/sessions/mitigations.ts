import type { JsonObject, JsonValue } from '#dots/model/json';
import { scopesOf } from '#dots/signal/scopes';
import type { LedgerEntry } from '#dots/signal/ledger';
import { endWords } from '#dots/words/mitigationStatuses';
import { remaining, type Mitigation, type MitigationRecord } from '../ui/mitigation';

const started = 'attack-mitigation-in-progress';
const ended = 'attack-mitigation-terminated';

/** A request that a server has accepted. */
export type AcceptedRequest = Required<Pick<Mitigation, 'mid' | 'scope' | 'granted' | 'aliases'>> &
  Pick<Mitigation, 'record'>;

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

  /** Records a request that the server accepted; `granted` is the lifetime of its answer in seconds. */
  accepted(request: AcceptedRequest, now: number): void {
    this.entries.set(request.mid, { ...request, status: started, lifetime: request.granted, reportedAt: now });
  }

  /** Takes over what the ledger has of mitigations that the server was not asked about yet. */
  seed(known: readonly Mitigation[]): void {
    for (const each of known) if (!this.entries.has(each.mid)) this.entries.set(each.mid, each);
  }

  /** The server does not have a mitigation any more. It stays, with the reason, until it is removed. */
  end(mid: number, now: number, reason?: string): void {
    const entry = this.entries.get(mid);
    if (entry === undefined || entry.ended !== undefined) return;
    const { unanswered, ...known } = entry;
    const why = unanswered ? 'never arrived, or ended' : endWords(entry.status, remaining(entry, now));
    this.entries.set(mid, { ...known, status: ended, ended: reason ?? why });
  }

  /** This client has withdrawn a mitigation, and the server has confirmed it. */
  withdrawn(mid: number): void {
    const entry = this.entries.get(mid);
    if (entry !== undefined) this.entries.set(mid, { ...entry, status: 'dots-client-withdrawn-mitigation' });
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
      ...(before?.record === undefined ? {} : { record: before.record }),
      ...(dropped === undefined ? {} : { dropped }),
    };
  }
}

/** What the ledger has of a request. */
export function recordOf({ file, acceptedAt }: LedgerEntry): MitigationRecord {
  return { file, ...(acceptedAt !== null && { startedAt: Date.parse(acceptedAt) }) };
}

/** A mitigation as the ledger last knew it. */
export function mitigationOf(entry: LedgerEntry): Mitigation {
  const { id, document, state, status, expiresAt, statusAt, answeredAt, sentAt, createdAt } = entry;
  const reportedAt = Date.parse(statusAt ?? answeredAt ?? sentAt ?? createdAt);
  return {
    mid: id,
    scope: scopesOf(document)[0] ?? {},
    status: status ?? started,
    lifetime: expiresAt === null ? -1 : Math.ceil((Date.parse(expiresAt) - reportedAt) / 1000),
    reportedAt,
    record: recordOf(entry),
    ...(state === 'unanswered' && { unanswered: true as const }),
  };
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
