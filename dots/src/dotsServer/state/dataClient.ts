import type { JsonObject, JsonValue } from '#dots/model/json';

/** An alias or an ACL as its client wrote it. */
export interface StoredEntry {
  value: JsonObject;
  /** When it expires, milliseconds since 1970. */
  expiresAt: number;
  /** Increases in the order of its list; absent until it is stored. */
  position?: number;
}

/** A client that has registered on the data channel: RFC 8783 section 5. */
export interface DataClient {
  cuid: string;
  cdid?: string;
  /** SHA-256 of the public key in the certificate that registered it, hex: only this certificate may use the cuid. */
  owner: string;
  /**
   * The prefixes of its client when it was registered, which entries of its ACLs without a destination apply to;
   * absent: all.
   */
  ownPrefixes?: readonly string[];
  /**
   * When its aliases, ACLs or identifiers last changed, milliseconds since 1970: a refresh is no change. Absent where
   * an earlier version has stored it.
   */
  changedAt?: number;
  aliases: StoredEntry[];
  /** In the order in which they are applied. */
  acls: StoredEntry[];
}

/** How long an alias or an ACL is stored without a refresh, minutes: RFC 8783 sections 6.1 and 7.2. */
const lifetimeMinutes = 10_080;

const minute = 60_000;

/** An alias or an ACL that is new or was refreshed at `now`. */
export function storedEntry(value: JsonObject, now: number): StoredEntry {
  return { value, expiresAt: now + lifetimeMinutes * minute };
}

/** Minutes left, rounded up: `pending-lifetime`. */
export function pendingLifetime({ expiresAt }: StoredEntry, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / minute));
}

/** The alias or ACL of this name. */
export function findEntry(list: readonly StoredEntry[], name: JsonValue | undefined): StoredEntry | undefined {
  return list.find(({ value }) => value.name === name);
}
