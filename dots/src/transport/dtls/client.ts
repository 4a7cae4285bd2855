import type { Socket } from 'node:dgram';
import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { addressText, indicatedName, type Address } from '../address';
import type { SecureOptions } from '../secure';
import { connectSocket, networkError } from '../udp';
import { Association, type AssociationOwner } from './association';
import { DtlsChannel } from './channel';
import { openContext } from './context';
import { Engine } from './engine';
import { Flights } from './flights';
import { ServerProof } from './proof';
import { endOfProof, isResumable, sessionKey, type SavedSession, type SessionMemory } from './sessions';

export interface DtlsOptions extends SecureOptions {
  /** The sessions that may be resumed; without it, each handshake is a full one. */
  sessions?: SessionMemory | undefined;
}

const defaultDeadlineMs = 10_000;

/**
 * A client hello that offers a larger ticket, bytes, would not fit in one datagram, and no server accepts fragments of
 * it (RFC 6347 section 4.2.1).
 */
const largestTicket = 750;

/**
 * Opens a DTLS 1.2 association with a server that is authenticated by its name: RFC 9132 section 7.
 * Throws DotsErrors of kind `unreachable` with the codes of ../refusals and `transport/cancelled`, and of kind `usage`
 * for credentials that cannot be used or a DTLS module that is missing.
 */
export async function connectDtls(address: Address, options: DtlsOptions): Promise<DtlsChannel> {
  if (options.signal?.aborted === true) throw cancelled(serverOf(address, options));
  const clock = options.clock ?? systemClock;
  const end = clock.monotonic() + (options.deadlineMs ?? defaultDeadlineMs);
  const attempt = await begin(address, options, clock, end);
  try {
    return await attempt.outcome;
  } catch (error) {
    // OpenSSL's servers issue tickets that some of them (libcoap 4.3) then fail on.
    if (!attempt.offered || !(error instanceof DotsError) || error.code !== 'transport/broken') throw error;
    return (await begin(address, options, clock, end)).outcome;
  }
}

function serverOf({ port }: Address, { serverName }: DtlsOptions): string {
  return `coaps://${addressText({ host: serverName, port })}`;
}

function cancelled(server: string): DotsError {
  return new DotsError(
    'unreachable',
    'transport/cancelled',
    `The connection with ${server} was cancelled before it was established.`,
  );
}

/**
 * Loading the module and opening a socket is local work, milliseconds; a cancellation meanwhile takes effect right
 * after it.
 */
async function begin(address: Address, options: DtlsOptions, clock: Clock, end: number): Promise<Attempt> {
  const name = indicatedName(options.serverName);
  const engine = await Engine.load(clock);
  const context = openContext(engine, 'client', options.credentials);
  let socket: Socket | undefined;
  try {
    socket = await connectSocket(address);
    return new Attempt(engine, context, clock, socket, address, options, end, name);
  } catch (error) {
    socket?.close();
    engine.close(context);
    throw error;
  }
}

/** One handshake, and the association after it. */
class Attempt implements AssociationOwner {
  readonly outcome: Promise<DtlsChannel>;
  /** Whether an earlier session was offered to the server. */
  offered = false;
  private readonly association: Association;
  private readonly proof: ServerProof;
  /** The earlier session that may be resumed. */
  private readonly known: SavedSession | undefined;
  private readonly server: string;
  private readonly key: string | undefined;
  private readonly deadline: TimerHandle;
  private readonly flights: Flights;
  private channel: DtlsChannel | undefined;
  private settle: { resolve: (channel: DtlsChannel) => void; reject: (error: DotsError) => void } | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly context: number,
    private readonly clock: Clock,
    private readonly socket: Socket,
    private readonly address: Address,
    private readonly options: DtlsOptions,
    end: number,
    private readonly name: string | undefined,
  ) {
    const { serverName, credentials, sessions } = options;
    this.flights = new Flights(clock, (bytes) => this.transmit(bytes));
    this.server = serverOf(address, options);
    this.key = sessions === undefined ? undefined : sessionKey(address, serverName, credentials);
    const saved = this.key === undefined ? undefined : sessions?.get(this.key);
    this.known = saved !== undefined && isResumable(saved, this.clock.now()) ? saved : undefined;
    this.proof = new ServerProof(serverName, this.known, 'psk' in credentials ? credentials.psk.identity : undefined);
    this.association = this.open();
    this.outcome = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.deadline = clock.setTimeout(() => this.fail(this.association.silence()), Math.max(0, end - clock.monotonic()));
    options.signal?.addEventListener('abort', this.cancel, { once: true });
    socket.on('message', (bytes) => this.receive(bytes));
    socket.on('error', (cause) => this.networkFailed(cause));
    if (options.signal?.aborted === true) this.cancel();
    else this.association.start();
  }

  transmit(bytes: Buffer): void {
    if (this.channel === undefined) this.flights.sent(bytes);
    this.socket.send(bytes, (cause) => {
      if (cause !== null) this.networkFailed(cause);
    });
  }

  established(): void {
    this.remember();
    const release = (): Promise<void> => this.release();
    this.channel = new DtlsChannel(addressText(this.address), this.association, release, this.flights.roundTripMs);
    this.stopWaiting()?.resolve(this.channel);
  }

  message(bytes: Buffer): void {
    this.channel?.deliver(bytes);
  }

  ended(error?: DotsError): void {
    if (this.channel === undefined) this.fail(error ?? this.association.silence());
    else void this.channel.finish(error);
  }

  private receive(bytes: Buffer): void {
    if (this.channel === undefined) this.flights.answered();
    this.association.receive(bytes);
  }

  private open(): Association {
    const association = new Association(this.engine, this.context, this.clock, this, {
      role: 'client',
      peer: this.server,
      proof: this.proof,
      name: this.name,
    });
    this.offered = this.known !== undefined && association.resume(this.known.bytes);
    return association;
  }

  /** A resumed session is stored again, because its ticket may be new; the time of its authentication is unchanged. */
  private remember(): void {
    if (this.key === undefined) return;
    const bytes = this.association.save(largestTicket);
    if (bytes === undefined) return;
    const { peerName, certificate, identity } = this.association.security;
    const { provedAt, notAfter } = this.association.resumed && this.known !== undefined ? this.known : this.proved();
    this.options.sessions?.set(this.key, {
      bytes,
      peerName,
      ...(certificate && { certificate }),
      identity,
      provedAt,
      notAfter,
    });
  }

  /** When this handshake authenticated the peer, and until when that is valid. */
  private proved(): Pick<SavedSession, 'provedAt' | 'notAfter'> {
    const { credentials } = this.options;
    return {
      provedAt: this.clock.now(),
      notAfter: 'psk' in credentials ? Infinity : endOfProof(this.proof.chain, credentials.certificate.ca),
    };
  }

  private readonly cancel = (): void => {
    this.fail(cancelled(this.server));
  };

  private networkFailed(cause: Error): void {
    const error = networkError(this.address, cause);
    if (this.channel === undefined) this.fail(error);
    else this.channel.fail(error);
  }

  /** Ends the attempt; a session that it offered is not offered again. */
  private fail(error: DotsError): void {
    const settle = this.stopWaiting();
    if (settle === undefined) return;
    if (this.key !== undefined) this.options.sessions?.delete(this.key);
    this.association.discard();
    void this.release().then(() => settle.reject(error));
  }

  private stopWaiting(): typeof this.settle {
    const { settle } = this;
    this.settle = undefined;
    this.flights.end();
    this.clock.clearTimeout(this.deadline);
    this.options.signal?.removeEventListener('abort', this.cancel);
    return settle;
  }

  private release(): Promise<void> {
    this.engine.close(this.context);
    return new Promise((resolve) => {
      this.socket.close(() => resolve());
    });
  }
}
