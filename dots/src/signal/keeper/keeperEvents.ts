import type { Security } from '#dots/coap/messages/channel';
import type { KeeperState } from '#dots/words/sessions';
import type { SessionState, SignalSession } from '../session';
import type { ControlOutcome, PlannedControl } from './laterFilterControl';
import type { ConfigurationSet, SessionConfiguration } from './configuration';

/** What a session keeper knows at one moment. Durations are by the monotonic time, milliseconds. */
export interface KeeperSnapshot {
  state: KeeperState;
  /** How long it has been in this state. */
  stateMs: number;
  /** The address of the server in use. */
  server: string;
  cuid: string;
  /** The host and port at the other end of the session; undefined before the first one. */
  peer: string | undefined;
  /** The state of the session itself; undefined before the first one. */
  session: SessionState | undefined;
  /** How it is protected; undefined before the first one, and on a plain path. */
  security: Security | undefined;
  /** How long ago the last message of the server arrived; undefined before the first one. */
  heardMs: number | undefined;
  /** The last round-trip time that was measured. */
  roundTripMs: number | undefined;
  /** The parameters in use, those of the time of a mitigation or of the other. */
  configuration: ConfigurationSet;
  /** Whether a mitigation is active, as far as the requests over this session say. */
  isMitigating: boolean;
  /** Why the last attempt to open the session failed; undefined once one has succeeded. */
  error: unknown;
  /** How long until the next attempt; undefined while one is under way or none is due. */
  nextAttemptMs: number | undefined;
}

/** What happens to a session that is kept. */
export type KeeperEvent =
  /** The state has changed. */
  | { type: 'state'; before: KeeperState; snapshot: KeeperSnapshot }
  /** A session was opened; it replaces the one before. Observations have to be registered again. */
  | { type: 'opened'; session: SignalSession }
  /** An attempt to open a session failed; one that is kept is attempted again later. */
  | { type: 'failed'; error: unknown }
  /** The configuration was negotiated, or could not be: then `problem` says why, and the server's values are used. */
  | { type: 'configuration'; configuration: SessionConfiguration; problem: string | undefined }
  /** The server redirects to another one for so many milliseconds; a loop is ignored (RFC 9132 section 4.6). */
  | { type: 'redirected'; to: string; ttlMs: number; isLoop: boolean }
  /** The time of a redirection is over: the server of the profile is used again. */
  | { type: 'redirection-ended'; from: string }
  /** The session continues over TLS, because one end refused the other over DTLS. */
  | { type: 'over-tls'; error: unknown }
  /** The second step of filter control was made, or was not needed any more (RFC 9133 section 3.2.1). */
  | { type: 'filter-control'; control: PlannedControl; outcome: ControlOutcome };
