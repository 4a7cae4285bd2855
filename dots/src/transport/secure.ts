import type { Clock } from '#dots/runtime/clock';
import type { DotsError } from '#dots/model/errors';
import type { OpenSessions } from './openSessions';
import type { ClientCredentials, ServerCredentials } from './certificates/credentials';

/** The options of a secure connection. */
export interface SecureOptions {
  credentials: ClientCredentials;
  /** The DNS name or IP address that the user wrote: the certificate of the server must contain it. */
  serverName: string;
  /** Cancels the attempt. */
  signal?: AbortSignal | undefined;
  clock?: Clock;
  /** Milliseconds for the whole handshake; default 10 s. */
  deadlineMs?: number;
}

/** The limits of a server. */
export interface SessionLimits {
  /**
   * Handshakes under way, and those that failed before their time was over, in all and from one address; a /64 of IPv6
   * addresses counts as one.
   */
  halfOpen: number;
  halfOpenPerAddress: number;
  /**
   * Open sessions, in all and of one client, by what it has proved; `SecureListenOptions.sessions` has its own limits.
   */
  sessions: number;
  sessionsPerClient: number;
  /** Milliseconds without a message after which a session is closed. */
  idleMs: number;
}

export const defaultSessionLimits: SessionLimits = {
  halfOpen: 256,
  halfOpenPerAddress: 32,
  sessions: 1024,
  sessionsPerClient: 128,
  idleMs: 600_000,
};

/** The options of a secure server. */
export interface SecureListenOptions {
  credentials: ServerCredentials;
  clock?: Clock;
  limits?: Partial<SessionLimits>;
  /** Counts the open sessions, together with those of other listeners. */
  sessions?: OpenSessions | undefined;
  /** Called with each refused client, and the reason. */
  refused?: (error: DotsError) => void;
  /** Listens beyond loopback too; never unless an explicit setting says so. */
  allowRemote?: boolean;
}
