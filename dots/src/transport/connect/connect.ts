import type { Channel } from '#dots/coap/messages/channel';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { thinned, type Trace } from '#dots/runtime/trace';
import type { Permit } from '#dots/model/hostAddress';
import { addressText, parseServer, withoutZone, type Address, type Scheme, type ServerAddress } from '../address';
import type { ClientCredentials } from '../certificates/credentials';
import { connectDtls, type DtlsOptions } from '../dtls/client';
import type { SessionMemory } from '../dtls/sessions';
import { attemptDelay, raceConnections } from './raceConnections';
import { limited, settled, type Limit } from '#dots/runtime/deadline';
import { answeringAddress } from './plainPath';
import { isTransient } from './repetition';
import { pathsFrom, pathsTo, type Path, type PathMemory, type Transport } from './paths';
import { refusal } from '../refusals';
import { addressesInTime, systemResolver, type AddressMemory, type Resolver } from './resolve';
import { keyTypeError, usableTransports } from './usableTransports';
import { connectUdp } from '../udp';

/** How a path of each kind is opened. */
export type Dialers = Readonly<Record<Transport, (address: Address, options: DtlsOptions) => Promise<Channel>>>;

export interface ConnectOptions {
  /** Required except for `coap`. */
  credentials?: ClientCredentials | undefined;
  /** What the certificate of the server must be for; default: the host of its address. */
  serverName?: string | undefined;
  /** Cancels the attempt. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
  /** Milliseconds for everything, name resolution and all attempts; default 10 s. */
  deadlineMs?: number;
  /** The outcomes of earlier attempts. */
  memory?: PathMemory | undefined;
  /** DTLS sessions that may be resumed. */
  sessions?: SessionMemory | undefined;
  /** Whether an attack is under way: attempts are started faster (RFC 9132 section 4.3). */
  underAttack?: boolean | undefined;
  resolver?: Resolver;
  /** The addresses of this machine to send from, the preferred one first; without them the system chooses. */
  localAddresses?: readonly string[] | undefined;
  /** The addresses that names had last. */
  addresses?: AddressMemory | undefined;
  /** Receives, one sentence each, what fails and is tried again until the deadline. */
  trace?: Trace | undefined;
  /**
   * Whether the current addresses of the server may be dialled: its rejection ends the attempt before anything is sent.
   */
  permit?: Permit | undefined;
  dialers?: Dialers;
}

const defaultDeadlineMs = 10_000;
const defaultDialers: Dialers = {
  dtls: connectDtls,
  // TLS takes as long to load as DTLS, and few servers need it.
  tls: async (...attempt) => (await import('../tls/client')).connectTls(...attempt),
};

const transportsOf: Readonly<Record<Exclude<Scheme, 'coap'> | 'any', readonly Transport[]>> = {
  coaps: ['dtls'],
  'coaps+tcp': ['tls'],
  any: ['dtls', 'tls'],
};

/**
 * One end has refused the other's credentials. Another path leads to the same server with the same certificate, or to
 * another server, and must not hide that: so this ends the race, and TLS is no fallback for a refused DTLS.
 */
const refused = [
  'unknown-ca',
  'wrong-name',
  'expired',
  'not-yet-valid',
  'not-a-ca',
  'purpose',
  'revoked',
  'weak',
  'bad-certificate',
  'bad-signature',
  'no-certificate',
  'client-certificate-missing',
  'client-certificate-refused',
  'psk-refused',
  'psk-mismatch',
].map((reason) => `transport/${reason}`);

/** Unspecific failures, the least specific last: another one is reported instead if there is one. */
const vague = [
  'transport/refused',
  'transport/no-answer',
  'transport/no-route',
  'transport/network',
  'transport/cancelled',
];

/** The rank of a failure; higher is less specific. An address without a route says nothing about the server. */
function vagueness(error: unknown): number {
  return error instanceof DotsError ? vague.indexOf(error.code) : vague.length;
}

/**
 * Opens a path to a server: `coap://` (loopback only), `coaps://`, `coaps+tcp://`, or, without a scheme, whichever of
 * DTLS and TLS over IPv6 and IPv4 is established first (RFC 9132 section 4.3, RFC 8305); the other attempts are
 * cancelled. What the network fails (a closed port, an ICMP error, a resolver without an answer) is tried again until
 * the deadline; what one end refuses ends it at once. Throws a DotsError: `usage` for an invalid address or invalid
 * credentials, `unreachable` with a code of the refusals or `transport/cancelled`.
 */
export async function connect(server: string, options: ConnectOptions = {}): Promise<Channel> {
  const target = parseServer(server);
  if (target.scheme === 'coap') return plain(target, options);
  const { channel, transport, soughtDtls } = await open(target, transportsOf[target.scheme ?? 'any'], options);
  const { memory, clock = systemClock } = options;
  // If TLS was tried first, because it has worked before, nothing is known of DTLS: the next attempt is due as before.
  if (target.scheme === undefined && soughtDtls)
    memory?.probed(nameOf(target), transport === 'dtls', clock.monotonic());
  return channel;
}

/**
 * For a session that is established over TLS, although its server may be reached over DTLS by now: tries that, unless
 * it was tried less than `intervalMs` ago (default 24 hours, never less than five minutes: RFC 9132 section 4.3).
 * Resolves to the new channel, or to undefined if DTLS is not due or does not work; fails as `connect` does if one end
 * refuses the other, or on cancellation.
 */
export async function probeDtls(
  server: string,
  { intervalMs, ...options }: ConnectOptions & { memory: PathMemory; intervalMs?: number | undefined },
): Promise<Channel | undefined> {
  const target = parseServer(server);
  const { memory, clock = systemClock } = options;
  const now = clock.monotonic();
  if (target.scheme !== undefined || now < memory.nextProbe(nameOf(target), now, intervalMs)) return undefined;
  memory.probed(nameOf(target), false, now);
  try {
    return (await open(target, ['dtls'], options)).channel;
  } catch (error) {
    const isUnable = error instanceof DotsError && error.code === keyTypeError;
    if (options.signal?.aborted === true || (isFinal(error) && !isUnable)) throw error;
    return undefined;
  }
}

/**
 * Plain CoAP is local and has no handshake: with one address there is no peer to wait for. `localhost` has two
 * addresses; a CoAP Ping finds the one with a server.
 */
async function plain(target: ServerAddress, options: ConnectOptions): Promise<Channel> {
  const { clock = systemClock, permit } = options;
  const limit = limitOf(target, options);
  const deadline = deadlineOf(options);
  try {
    const hosts = await hostsOf(target, options, { signal: limit.signal, deadline });
    const addresses = hosts.map((host) => ({ host, port: target.port }));
    await permitted(addresses, permit, limit.signal);
    const isOne = addresses.length === 1;
    const address = isOne ? target : await answeringAddress(addresses, { clock, signal: limit.signal, deadline });
    const channel = await connectUdp(address);
    if (!limit.signal.aborted) return channel;
    await channel.close();
    throw limit.signal.reason as DotsError;
  } catch (error) {
    throw Array.isArray(error) ? mostTelling(error, target, ['udp']) : error;
  } finally {
    limit.lift();
  }
}

async function permitted(
  addresses: readonly Address[],
  permit: Permit | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (permit !== undefined) await settled(permit(addresses), signal);
}

function nameOf({ host, port }: ServerAddress): string {
  return addressText({ host, port });
}

/** An established path, and whether DTLS was tried on it or before it. */
interface Opened {
  channel: Channel;
  transport: Transport;
  soughtDtls: boolean;
}

async function open(target: ServerAddress, wanted: readonly Transport[], options: ConnectOptions): Promise<Opened> {
  const { credentials, clock = systemClock, memory, underAttack = false } = options;
  if (credentials === undefined) throw noCredentials(target);
  const transports = usableTransports(wanted, credentials, options.trace);
  const deadline = deadlineOf(options);
  const tried: Path[] = [];
  const report = reporter(options);
  const limit = limitOf(target, options);
  try {
    const hosts = await hostsOf(target, options, { signal: limit.signal, deadline });
    const paths = pathsFrom(options.localAddresses ?? [], pathsTo(hosts, target.port, transports));
    const addresses = paths.map(({ address }) => address);
    await permitted(addresses, options.permit, limit.signal);
    const { candidate, winner } = await raceConnections<Path, Channel>({
      candidates: memory?.sorted(paths, clock.monotonic()) ?? paths,
      delayMs: attemptDelay[underAttack ? 'attack' : 'idle'],
      clock,
      signal: limit.signal,
      deadline,
      isFinal,
      attempt: (path, signal) => {
        tried.push(path);
        return (options.dialers ?? defaultDialers)[path.transport](path.address, {
          credentials,
          serverName: options.serverName ?? withoutZone(target.host),
          signal,
          clock,
          deadlineMs: deadline - clock.monotonic(),
          sessions: options.sessions,
        });
      },
      failed: (path, error) => {
        memory?.remember(path, false, clock.monotonic());
        report(error);
      },
      discard: (late) => void late.close(),
    });
    memory?.remember(candidate, true, clock.monotonic());
    const soughtDtls = tried.slice(0, tried.indexOf(candidate) + 1).some(({ transport }) => transport === 'dtls');
    return { channel: winner, transport: candidate.transport, soughtDtls };
  } catch (error) {
    throw Array.isArray(error) ? mostTelling(error, target, transports) : error;
  } finally {
    limit.lift();
  }
}

/** By the monotonic time. */
function deadlineOf({ clock = systemClock, deadlineMs = defaultDeadlineMs }: ConnectOptions): number {
  return clock.monotonic() + deadlineMs;
}

function hostsOf(
  { host }: ServerAddress,
  options: ConnectOptions,
  within: { signal: AbortSignal; deadline: number },
): Promise<readonly string[]> {
  const { clock = systemClock, resolver = systemResolver, addresses: memory } = options;
  return addressesInTime(host, { clock, resolver, memory, failed: reporter(options), ...within });
}

/** Traces what is tried again, rarely once it has been traced. */
function reporter({ trace, deadlineMs = defaultDeadlineMs }: ConnectOptions): (error: unknown) => void {
  const rarely = trace && thinned(trace);
  const until = deadlineMs === Infinity ? 'until it is cancelled' : `for up to ${deadlineMs / 1000} s`;
  return (error) => {
    if (isTransient(error)) rarely?.(`${(error as DotsError).message} Trying again ${until}.`);
  };
}

function limitOf(target: ServerAddress, options: ConnectOptions): Limit {
  const { clock = systemClock, signal, deadlineMs = defaultDeadlineMs } = options;
  return limited({
    clock,
    signal,
    deadlineMs: deadlineMs + graceMs,
    cancelled: () => cancelled(target),
    late: () => refusal('no-answer', { peer: nameOf(target) }),
  });
}

/** The time in which an attempt at the deadline may still report its failure, milliseconds. */
const graceMs = 100;

function cancelled(target: ServerAddress): DotsError {
  return new DotsError(
    'unreachable',
    'transport/cancelled',
    `The connection with ${nameOf(target)} was cancelled before it was established.`,
  );
}

/**
 * Whether an error applies to every path, because one end refuses the other or an option is wrong; but if only the DTLS
 * module is missing, TLS still works.
 */
export function isFinal(error: unknown): boolean {
  return (
    !(error instanceof DotsError) ||
    (error.kind === 'usage' && error.code !== 'transport/dtls-module-missing') ||
    refused.includes(error.code)
  );
}

/** What a server has to listen on for each transport. */
const ports: Readonly<Record<Transport | 'udp', string>> = { dtls: 'UDP (DTLS)', tls: 'TCP (TLS)', udp: 'UDP' };

function mostTelling(
  errors: readonly unknown[],
  target: ServerAddress,
  tried: readonly (keyof typeof ports)[],
): unknown {
  const allRefused = errors.every((error) => error instanceof DotsError && error.code === 'transport/refused');
  if (allRefused && errors.length > 1) {
    const on = tried.map((transport) => ports[transport]);
    const where = on.length > 1 ? `, neither on ${on.join(' nor on ')}` : ` on ${on.join()}`;
    return refusal('refused', { peer: `${nameOf(target)}${where}` }, errors[0]);
  }
  return [...errors].sort((one, other) => vagueness(one) - vagueness(other))[0];
}

function noCredentials(target: ServerAddress): DotsError {
  return new DotsError(
    'usage',
    'transport/credentials',
    `${nameOf(target)} requires DTLS or TLS, and no client credentials were configured.`,
    'Specify a CA, a certificate and its key, or a pre-shared key and its identity.',
  );
}
