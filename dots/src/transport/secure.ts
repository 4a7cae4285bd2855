import type { Clock } from '#dots/runtime/clock';
import type { DotsError } from '#dots/model/errors';
import type { ClientCredentials, ServerCredentials } from './certificates/credentials';

/** What a secure connection is made with. */
export interface SecureOptions {
  credentials: ClientCredentials;
  /** The DNS name or IP address that the user wrote: what the certificate of the server has to be for. */
  serverName: string;
  /** Gives the attempt up early. */
  signal?: AbortSignal | undefined;
  clock?: Clock;
  /** Milliseconds for the whole handshake; default 10 s. */
  deadlineMs?: number;
}

/** How much of a server strangers may take up. */
export interface SessionLimits {
  /** Handshakes under way, and those that failed before their time was over, in all and from one address; of IPv6 addresses a /64 counts as one. */
  halfOpen: number;
  halfOpenPerAddress: number;
  /** Sessions that stand, in all and with one address, counted alike. */
  sessions: number;
  sessionsPerAddress: number;
  /** Milliseconds without a message after which a session is closed. */
  idleMs: number;
}

export const defaultSessionLimits: SessionLimits = {
  halfOpen: 256,
  halfOpenPerAddress: 32,
  sessions: 1024,
  sessionsPerAddress: 128,
  idleMs: 600_000,
};

/** What a secure server listens with. */
export interface SecureListenOptions {
  credentials: ServerCredentials;
  clock?: Clock;
  limits?: Partial<SessionLimits>;
  /** Hears of each client that was turned away, and why. */
  refused?: (error: DotsError) => void;
  /** Listens beyond loopback too; never unless an explicit setting says so. */
  allowRemote?: boolean;
}
