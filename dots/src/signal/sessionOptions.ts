import type { MessageWatch } from '#dots/coap/watchedChannel';
import type { Permit } from '#dots/model/hostAddress';
import type { Clock } from '#dots/runtime/clock';
import type { Trace } from '#dots/runtime/trace';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import type { ConnectOptions } from '#dots/transport/connect/connect';
import { PathMemory } from '#dots/transport/connect/paths';
import { addressMemory, type AddressMemory } from '#dots/transport/connect/resolve';
import { sessionMemory, type SessionMemory } from '#dots/transport/dtls/sessions';

/** How long an attempt to open a session and one request take at most, where nothing else is said, milliseconds. */
export const defaultTimeoutMs = 10_000;

/** State that outlives a session; the addresses of names and the sessions may be in files. */
export interface ConnectionMemory {
  paths: PathMemory;
  addresses: AddressMemory;
  sessions: SessionMemory;
}

export function connectionMemory(
  addresses: AddressMemory = addressMemory(),
  sessions: SessionMemory = sessionMemory(),
): ConnectionMemory {
  return { paths: new PathMemory(), sessions, addresses };
}

export interface SessionOptions {
  /**
   * `coaps://dots.example.net:4646` for DTLS, `coaps+tcp://` for TLS; without a scheme both are tried (RFC 9132 section
   * 4.3).
   * `coap://127.0.0.1:4646` is for loopback only.
   */
  server: string;
  /** The IP addresses of its name where they are known otherwise; then no name is resolved. */
  addresses?: readonly string[] | undefined;
  /** The addresses of this machine to send from, the preferred one first; without them the system chooses. */
  localAddresses?: readonly string[] | undefined;
  /** The client's identifier, at most 250 bytes. */
  cuid: string;
  /** The client's credentials; required except for `coap`. */
  credentials?: ClientCredentials | undefined;
  /** What the certificate of the server must be for; default: the host of its address. */
  serverName?: string | undefined;
  /**
   * The outcomes of earlier connection attempts, and DTLS sessions that may be resumed; used when a session is opened
   * again.
   */
  memory?: ConnectionMemory;
  /** Cancels the connection attempt. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for the connection attempt, which is repeated until then; default 10 s. */
  timeoutMs?: number;
  /**
   * Whether an attack is under way, such as for a session that is opened to request mitigation: paths are tried faster
   * (RFC 9132 section 4.3).
   */
  underAttack?: boolean;
  /** Whether the addresses of the server may be dialled; see `ConnectOptions`. */
  permit?: Permit | undefined;
  clock?: Clock;
  /** Receives each message of the session. */
  watch?: MessageWatch | undefined;
  /**
   * Receives what was dropped, lost or tolerated, and what fails and is tried again while the session is opened, one
   * sentence each; repeated ones ever less often.
   */
  trace?: Trace;
}

/** The options of one request. */
export interface AskOptions {
  /** Cancels the request. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the request is given up; default 10 s. */
  timeoutMs?: number | undefined;
  /** When that time began, by the monotonic time of the clock; by default with the request. */
  since?: number;
  /** Called when the request is over, answered or not, if anything of it has left this machine. */
  left?: (() => void) | undefined;
}

/** Options for sending one document. */
export interface SendOptions extends AskOptions {
  /** The identifier in the path: mid, sid, tsid or tmid; generated if absent. */
  mid?: number | undefined;
  /** Whether the document may be sent to the server of this session; see `ConnectOptions`. */
  permit?: Permit | undefined;
  /** Whether a mitigation request that does not fit in one datagram is sent in blocks, against RFC 9132 section 7.3. */
  blocks?: boolean | undefined;
}

/** How the channel of a session is opened. */
export function connectOptions({
  credentials,
  serverName,
  memory,
  signal,
  timeoutMs = defaultTimeoutMs,
  underAttack,
  permit,
  clock,
  addresses,
  localAddresses,
  trace,
}: SessionOptions): ConnectOptions {
  return {
    ...(addresses !== undefined && { resolver: () => Promise.resolve(addresses) }),
    localAddresses,
    credentials,
    serverName,
    signal,
    permit,
    clock,
    deadlineMs: timeoutMs,
    underAttack,
    memory: memory?.paths,
    sessions: memory?.sessions,
    addresses: memory?.addresses,
    trace,
  };
}
