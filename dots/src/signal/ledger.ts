import { createHash } from 'node:crypto';
import { canonical } from '#dots/check/canonical';
import { planOf } from '#dots/check/plan';
import { documentTypeOf, type DocumentKind } from '#dots/model/documents';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { sharedTargets } from '#dots/model/sharedTargets';
import type { Resource } from './resources';
import { lifetimeOf, scopesOf } from './scopes';

/** The Uri-Path parameter that names a request: each has numbers of its own. */
export type IdName = NonNullable<Resource['id']>;

/**
 * What became of a request. unsent: it did not leave this machine; unanswered: it may have arrived; accepted: the
 * server has it, by its last answer; withdrawn: by this client; ended: its lifetime is over, or the server has it no
 * more.
 */
export type RequestState = 'unsent' | 'unanswered' | 'accepted' | 'refused' | 'withdrawn' | 'ended';

/** One request. Times are ISO 8601 in UTC. */
export interface LedgerEntry {
  kind: DocumentKind;
  parameter: IdName;
  /** The mid, sid, tsid or tmid. */
  id: number;
  document: JsonObject;
  /** Of what may not change when it is refreshed, see `contentHash`. */
  hash: string;
  /** The file that it was read from; null for standard input. */
  file: string | null;
  profile: string | null;
  state: RequestState;
  createdAt: string;
  sentAt: string | null;
  answeredAt: string | null;
  /** When the server first accepted it. */
  acceptedAt: string | null;
  endedAt: string | null;
  /** The last answer. */
  code: string | null;
  /** Granted, or reported as left: seconds; -1 is indefinite. */
  lifetime: number | null;
  /** When that is over; null where it is never, or unknown. */
  expiresAt: string | null;
  /** The last status of the mitigation, and when it came. */
  status: string | null;
  statusAt: string | null;
}

/** What one client asked of one server. */
export interface ClientLedger {
  /**
   * The name and port that the server's certificate is checked against: of the server that the user names, also where
   * it redirects to another one of its domain, which then acts for it (RFC 9132 section 4.6).
   */
  server: string;
  cuid: string;
  /** The address that was used last, as it was written. */
  address: string;
  /**
   * configured: by the user; derived: from a certificate, key or user; generated: because another client uses the one
   * before.
   */
  source: 'configured' | 'derived' | 'generated';
  /** The cuid that is used since the server has refused this one; null unless it has (RFC 9132 section 4.4.1.3). */
  replacedBy: string | null;
  /** The highest number of each kind that was used or reported since the last rollover. */
  highest: Partial<Record<IdName, number>>;
  entries: LedgerEntry[];
  /** The mitigations that the server last reported and that are in no entry, such as those of another machine. */
  others: OtherMitigation[];
  /** The aliases and ACLs that this client has installed; absent in ledgers of earlier versions. */
  installed?: InstalledEntry[];
  /** The requests that are sent again with their ACLs later; absent where there is none. */
  controls?: PendingControl[];
}

/** The second step of filter control that is due later (RFC 9133 section 3.2.1). Times are ISO 8601 in UTC. */
export interface PendingControl extends Pick<NewRequest, 'document' | 'file' | 'profile'> {
  /** The mitigation that runs without the ACLs; with it this ends. */
  mid: number;
  hash: string;
  /** The names of the ACLs. */
  acls: string[];
  dueAt: string;
  /** When a process has begun to send it; null before. */
  begunAt: string | null;
}

/** An alias or an ACL that this client has installed over the data channel. Times are ISO 8601 in UTC. */
export interface InstalledEntry {
  container: Extract<DocumentKind, 'aliases' | 'acls'>;
  name: string;
  /** As it was installed. */
  entry: JsonObject;
  /** The address of the data channel. */
  address: string;
  installedAt: string;
  /** When this client removed it; null while the server may have it. */
  removedAt: string | null;
}

/** A mitigation of this client that was not requested through this ledger. */
export interface OtherMitigation {
  mid: number;
  /** As the server reported it. */
  scope: JsonObject;
  expiresAt: string | null;
}

/** A request that is about to be sent. */
export interface NewRequest {
  kind: DocumentKind;
  parameter: IdName;
  /** As the user has chosen it; otherwise it is chosen here. */
  id?: number | undefined;
  document: JsonObject;
  file: string | null;
  profile: string | null;
}

/** Names an entry: one number may have been used for several documents. */
export type EntryKey = Pick<LedgerEntry, 'parameter' | 'id' | 'hash'>;

/** How long what is over is kept, milliseconds. */
const retentionMs = 30 * 86_400_000;

/** A time as the ledger has it. */
export const iso = (now: number): string => new Date(now).toISOString();

export function emptyLedger(client: Pick<ClientLedger, 'server' | 'cuid' | 'address' | 'source'>): ClientLedger {
  return { ...client, replacedBy: null, highest: {}, entries: [], others: [] };
}

/**
 * The SHA-256 of what a refresh has to repeat: all but the lifetime, and but what an efficacy update adds (RFC 9132
 * sections 4.4.1.3 and 4.4.3).
 */
export function contentHash(document: JsonObject): string {
  const repeated = Object.entries(document).map(([name, body]) => [
    name,
    isObject(body) ? withoutChanging(body) : body,
  ]);
  const kind = documentTypeOf(document)?.kind;
  const text = canonical(Object.fromEntries(repeated) as JsonObject, kind && planOf(kind));
  return createHash('sha256').update(text).digest('hex');
}

/** The members that may change from one message of a mitigation to the next. */
const changing = ['lifetime', 'attack-status'];

function withoutChanging(body: JsonObject): JsonObject {
  const { scope } = body;
  if (!Array.isArray(scope)) return body;
  const repeated = ([name]: [string, JsonValue]): boolean => !changing.includes(name);
  return {
    ...body,
    scope: scope.map((entry) => (isObject(entry) ? Object.fromEntries(Object.entries(entry).filter(repeated)) : entry)),
  };
}

/** Whether the server has the mitigation, or may have it. */
export const isRunning = ({ kind, state }: LedgerEntry): boolean =>
  kind === 'mitigation-scope' && (state === 'accepted' || state === 'unanswered');

/**
 * Ends the entries whose lifetime is over, and drops those that have ended 30 days ago. `now`: milliseconds since 1970.
 */
export function settled(ledger: ClientLedger, now: number): ClientLedger {
  const entries = ledger.entries.map((entry) => expired(entry, now)).filter((entry) => isKept(entry, now));
  const others = ledger.others.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now);
  const installed = (ledger.installed ?? []).filter(
    ({ removedAt }) => removedAt === null || now - Date.parse(removedAt) < retentionMs,
  );
  const controls = (ledger.controls ?? []).filter(({ mid, hash }) =>
    entries.some((entry) => entry.id === mid && entry.hash === hash && isRunning(entry)),
  );
  const current: ClientLedger = { ...ledger, entries, others, installed, controls };
  if (installed.length === 0) delete current.installed;
  if (controls.length === 0) delete current.controls;
  return current;
}

function expired(entry: LedgerEntry, now: number): LedgerEntry {
  const { expiresAt } = entry;
  if (!isRunning(entry) || expiresAt === null || Date.parse(expiresAt) > now) return entry;
  return { ...entry, state: 'ended', endedAt: expiresAt };
}

function isKept(entry: LedgerEntry, now: number): boolean {
  if (isRunning(entry)) return true;
  const over = entry.endedAt ?? entry.answeredAt ?? entry.sentAt ?? entry.createdAt;
  return now - Date.parse(over) < retentionMs;
}

/** The request is handed to the network: from now on it may arrive. */
export function sending(ledger: ClientLedger, key: EntryKey, now: number): ClientLedger {
  return changed(ledger, key, (entry) => ({
    ...entry,
    state: 'unanswered',
    sentAt: iso(now),
    endedAt: null,
    expiresAt: later(entry.expiresAt, expiry(lifetimeOf(entry.document), now)),
  }));
}

/**
 * Nothing of the request has left this machine: restores the entry as it was before, unless another process has sent
 * the same request meanwhile and has its answer.
 */
export function notSent(ledger: ClientLedger, key: EntryKey, before: LedgerEntry): ClientLedger {
  const { state, sentAt, expiresAt, answeredAt } = before;
  return changed(ledger, key, (entry) =>
    entry.answeredAt === answeredAt ? { ...entry, state, sentAt, expiresAt } : entry,
  );
}

/** The content of an answer to a request. */
export interface Verdict {
  code: string;
  ok: boolean;
  /** Granted, seconds; absent where the answer names none: then it is the one that was asked for. */
  lifetime?: number | undefined;
}

/**
 * The server has answered. A refusal of a refresh does not end the mitigation that it was for; what is accepted ends
 * what it replaces.
 */
export function answered(
  before: ClientLedger,
  key: EntryKey,
  { code, ok, lifetime: granted }: Verdict,
  now: number,
): ClientLedger {
  const asked = before.entries.find((entry) => isNamed(entry, key));
  const ledger = ok && asked !== undefined ? withoutReplaced(before, asked, now) : before;
  return changed(ledger, key, (entry) => {
    const common = { ...entry, code, answeredAt: iso(now) };
    if (!ok) return { ...common, state: isRunning(entry) ? stateRefused(entry) : entry.state };
    const lifetime = granted ?? lifetimeOf(entry.document) ?? null;
    const acceptedAt = entry.acceptedAt ?? iso(now);
    return expired(
      { ...common, state: 'accepted', acceptedAt, endedAt: null, lifetime, expiresAt: expiry(lifetime, now) },
      now,
    );
  });
}

/** What a refusal leaves: the mitigation that was to be refreshed, or nothing. */
const stateRefused = ({ acceptedAt }: LedgerEntry): RequestState => (acceptedAt === null ? 'refused' : 'accepted');

/**
 * The running mitigations that a request replaces: those of lower mids that share a target and start in the same way,
 * and other content of the same mid (RFC 9132 section 4.4.1.3).
 */
export function replacedBy(
  { entries, others }: ClientLedger,
  { kind, id, hash, document }: LedgerEntry,
): { own: LedgerEntry[]; others: OtherMitigation[] } {
  const [scope] = scopesOf(document);
  if (kind !== 'mitigation-scope' || scope === undefined) return { own: [], others: [] };
  const isReplaced = (mid: number, other: JsonObject): boolean =>
    mid < id && triggersAtOnce(other) === triggersAtOnce(scope) && sharedTargets(scope, other) !== undefined;
  return {
    own: entries.filter(
      (entry) =>
        isRunning(entry) &&
        (entry.id === id ? entry.hash !== hash : isReplaced(entry.id, scopesOf(entry.document)[0] ?? {})),
    ),
    others: others.filter((other) => isReplaced(other.mid, other.scope)),
  };
}

/** Whether a scope asks for mitigation now, not when the session is lost. */
export const triggersAtOnce = (scope: JsonObject): boolean => scope['trigger-mitigation'] !== false;

function withoutReplaced(ledger: ClientLedger, by: LedgerEntry, now: number): ClientLedger {
  const replaced = replacedBy(ledger, by);
  return {
    ...ledger,
    entries: ledger.entries.map((entry) =>
      replaced.own.includes(entry) ? { ...entry, state: 'ended', endedAt: iso(now) } : entry,
    ),
    others: ledger.others.filter((other) => !replaced.others.includes(other)),
  };
}

/** This client has withdrawn a mitigation, and the server has confirmed it (RFC 9132 section 4.4.4). */
export function withdrawn(ledger: ClientLedger, mid: number, code: string, now: number): ClientLedger {
  const others = ledger.others.filter((other) => other.mid !== mid);
  return changed({ ...ledger, others }, { parameter: 'mid', id: mid }, (entry) =>
    isRunning(entry) ? { ...entry, state: 'withdrawn', code, endedAt: iso(now) } : entry,
  );
}

/** When a lifetime ends, in seconds from `now`; null for an indefinite or unknown one. */
export function expiry(lifetime: number | undefined | null, now: number): string | null {
  return typeof lifetime !== 'number' || lifetime < 0 ? null : iso(now + 1000 * lifetime);
}

/** The later of two ends, where both are known. */
const later = (one: string | null, other: string | null): string | null =>
  one !== null && other !== null && one > other ? one : other;

function changed(
  ledger: ClientLedger,
  key: Omit<EntryKey, 'hash'> & { hash?: string },
  change: (entry: LedgerEntry) => LedgerEntry,
): ClientLedger {
  return { ...ledger, entries: ledger.entries.map((entry) => (isNamed(entry, key) ? change(entry) : entry)) };
}

const isNamed = (entry: LedgerEntry, { parameter, id, hash }: Omit<EntryKey, 'hash'> & { hash?: string }): boolean =>
  entry.parameter === parameter && entry.id === id && (hash === undefined || hash === entry.hash);
