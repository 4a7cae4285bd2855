import type { TLSSocket } from 'node:tls';
import type { Channel, Receiver, Security } from '#dots/coap/messages/channel';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { DotsError } from '#dots/model/errors';
import { holderName, keyIdentity, pskIdentity } from '../certificates/certificateNames';
import { refusal } from '../refusals';
import { symptomOf } from './symptoms';

/** While a peer has this much unread data, nothing is read from it, bytes. */
const unreadByPeer = 256 * 1024;
/** A peer with more unread data than this is disconnected, bytes. */
const mostUnread = 4 * 1024 * 1024;
/** How long the other end may take to close its side, milliseconds. */
const closingTime = 1000;

export interface TlsChannelOptions {
  clock: Clock;
  /** Milliseconds without a byte after which the channel is closed. */
  idleMs?: number;
  /** The reason for a connection that breaks before the peer has sent anything, instead of the general one. */
  early?: ((symptom: string) => DotsError) | undefined;
}

/** One TLS connection as a channel of the CoAP layer. */
export class TlsChannel implements Channel {
  readonly kind = 'stream';
  readonly maxMessageSize = Infinity;
  private receiver: Receiver | undefined;
  private open = true;
  private heard = false;
  private failure: DotsError | undefined;
  private lastHeard: number;
  private idle: TimerHandle;
  private readonly gone: Promise<void>;

  constructor(
    private readonly socket: TLSSocket,
    readonly peer: string,
    readonly security: Security,
    private readonly options: TlsChannelOptions,
  ) {
    this.lastHeard = options.clock.monotonic();
    socket.setNoDelay(true);
    socket.on('error', (error) => this.fail(symptomOf(error)));
    socket.on('drain', () => socket.resume());
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        this.end();
        resolve();
      });
    });
    if (options.idleMs !== undefined) this.watch(options.idleMs, options.idleMs);
  }

  /** Earlier data waits in the socket. */
  attach(receiver: Receiver): void {
    this.receiver = receiver;
    this.socket.on('data', (bytes) => this.hear(bytes));
    if (this.socket.destroyed)
      queueMicrotask(() => {
        this.end();
        this.notify(receiver);
      });
  }

  send(bytes: Uint8Array): void {
    if (!this.open || !this.socket.writable) return;
    this.socket.write(bytes);
    if (this.socket.writableLength > mostUnread) this.socket.destroy(new Error('it does not read its data'));
    else if (this.socket.writableLength > unreadByPeer) this.socket.pause();
  }

  /** Flushes sent data, and waits at most one second for the other end. */
  async close(): Promise<void> {
    if (!this.open) return this.gone;
    this.leave();
    this.socket.end();
    this.socket.resume();
    await this.goneInTime();
  }

  /** Closes without waiting for the other end to close its side; sent data has the same second to be flushed. */
  async drop(): Promise<void> {
    this.leave();
    this.socket.destroySoon();
    await this.goneInTime();
  }

  /** The receiver may send a last message: a Release (RFC 8323 section 5.5). */
  private leave(): void {
    const { receiver } = this;
    this.receiver = undefined;
    receiver?.closed();
    this.open = false;
  }

  /** A peer that does not read its data is not waited for. */
  private async goneInTime(): Promise<void> {
    const timer = this.options.clock.setTimeout(() => this.socket.destroy(), closingTime);
    await this.gone;
    this.options.clock.clearTimeout(timer);
  }

  private hear(bytes: Uint8Array): void {
    this.heard = true;
    this.lastHeard = this.options.clock.monotonic();
    if (this.open) this.receiver?.message(bytes);
  }

  private watch(idleMs: number, wait: number): void {
    const { clock } = this.options;
    this.idle = clock.setTimeout(() => {
      const left = this.lastHeard + idleMs - clock.monotonic();
      if (left > 0) this.watch(idleMs, left);
      else void this.close();
    }, wait);
  }

  private fail(symptom: string): void {
    const early = this.heard ? undefined : this.options.early;
    this.failure ??=
      early?.(symptom) ??
      refusal('broken', {
        peer: this.peer,
        detail: symptom
          .trim()
          .replace(/[\p{Cc}\s]+/gu, ' ')
          .slice(0, 200),
      });
  }

  /** The connection has ended, with a reason unless it was closed properly. */
  private end(): void {
    this.options.clock.clearTimeout(this.idle);
    if (this.open && !this.heard && this.options.early !== undefined) this.fail('closed');
    this.open = false;
    if (this.receiver !== undefined) this.notify(this.receiver);
  }

  private notify(receiver: Receiver): void {
    this.receiver = undefined;
    if (this.failure !== undefined) receiver.failure(this.failure);
    receiver.closed();
  }
}

/**
 * The facts of an established connection; `identity` is that of the peer's pre-shared key, `serverName` the name that a
 * client connected to. Throws a DotsError if the peer is not authenticated, which the earlier checks must rule out.
 */
export function securityOf(
  socket: TLSSocket,
  peer: string,
  { identity, serverName }: { identity?: string | undefined; serverName?: string },
): Security {
  const protocol = (socket.getProtocol() ?? '').replace('TLSv', 'TLS ');
  const cipherSuite = socket.getCipher().standardName;
  if (identity !== undefined) return { protocol, cipherSuite, peerName: identity, identity: pskIdentity(identity) };
  const certificate = socket.getPeerX509Certificate()?.raw;
  if (certificate === undefined) throw refusal('no-certificate', { peer });
  return {
    protocol,
    cipherSuite,
    peerName: serverName ?? holderName(certificate),
    certificate,
    identity: keyIdentity(certificate),
    ...(serverName !== undefined && unasked(socket) && { asked: false as const }),
  };
}

/**
 * A server that requests a certificate lists the signature algorithms that it accepts. BoringSSL, in the desktop's VS
 * Code, does not expose them: there it is unknown.
 */
function unasked(socket: TLSSocket): boolean {
  return !process.versions.electron && !socket.isSessionReused() && socket.getSharedSigalgs().length === 0;
}
