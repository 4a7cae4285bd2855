import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Channel, Security } from '#dots/coap/messages/channel';
import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { addressText, type Address } from '../address';
import { Admission, type Start } from '../admission';
import { listenError, listeningHost } from '../listening';
import { sessionsWithin, type OpenSessions } from '../openSessions';
import { refusal } from '../refusals';
import { defaultSessionLimits, type SecureListenOptions, type SessionLimits } from '../secure';
import type { Listener } from '../udp';
import { securityOf, TlsChannel } from './channel';
import { coapProtocol, serverOptions, speaksCoap } from './context';
import { hasExtendedSecret } from './extendedSecret';
import { objectionTo } from './peerCheck';
import { alertIn, certificateRefusal, faultIn, serverReason, symptomOf } from './symptoms';

/** How long a client may take for its handshake, and how long a failed one counts, milliseconds. */
const handshakeMs = 10_000;

/**
 * Listens for CoAP over TLS 1.2 and 1.3 (RFC 8323); `accept` receives a channel for each authenticated client.
 * Throws a DotsError of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`,
 * `transport/credentials`.
 */
export async function listenTls(
  wanted: Address,
  options: SecureListenOptions,
  accept: (channel: Channel) => void,
): Promise<Listener> {
  const host = listeningHost(wanted.host, options.allowRemote);
  const listener = new TlsListener(options, accept);
  await listener.listen({ host, port: wanted.port });
  return listener;
}

/** A client that is not authenticated yet. */
interface Guest {
  socket: Socket;
  peer: string;
  address: string;
  deadline?: TimerHandle;
  /** Its place among the handshakes; absent if the limit was reached. */
  start?: Start;
  /** Whether its refusal has been reported. */
  reported: boolean;
  /** Whether Node has reported its last event on it. */
  over: boolean;
}

class TlsListener implements Listener {
  address: Address = { host: '', port: 0 };
  private readonly server: Server;
  private readonly clock: Clock;
  private readonly limits: SessionLimits;
  private readonly sessions: OpenSessions;
  private readonly admission: Admission;
  private readonly guests = new Map<string, Guest>();
  /** Closed connections whose error Node has yet to report; the error does not identify them. */
  private readonly leaving: Guest[] = [];
  private readonly channels = new Set<TlsChannel>();
  private readonly identities = new WeakMap<TLSSocket, string>();

  constructor(
    private readonly options: SecureListenOptions,
    private readonly accept: (channel: Channel) => void,
  ) {
    this.clock = options.clock ?? systemClock;
    this.limits = { ...defaultSessionLimits, ...options.limits };
    this.admission = new Admission(this.limits, this.clock, handshakeMs);
    this.sessions = options.sessions ?? sessionsWithin(this.limits);
    this.server = createServer({
      ...serverOptions(options.credentials),
      ALPNProtocols: [coapProtocol],
      requestCert: true,
      rejectUnauthorized: true,
      ...this.keys(),
    });
    this.server.on('connection', (socket: Socket) => this.greet(socket));
    this.server.on('secureConnection', (socket) => this.admit(socket));
    this.server.on('tlsClientError', (error, socket) => this.refuse(error, socket));
  }

  async listen(wanted: Address): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject);
        this.server.listen({ ...wanted, exclusive: true }, () => {
          this.server.off('error', reject);
          resolve();
        });
      });
    } catch (cause) {
      throw listenError('TCP', wanted, cause);
    }
    this.address = { host: wanted.host, port: (this.server.address() as AddressInfo).port };
  }

  /** Waits for a client at most as long as a dropped channel does: one second. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    for (const { socket } of this.guests.values()) socket.destroy();
    await Promise.all([...this.channels].map((channel) => channel.drop()));
    await closed;
  }

  private keys(): Pick<TlsOptions, 'pskCallback'> {
    const { psk } = this.options.credentials;
    if (psk === undefined) return {};
    return {
      pskCallback: (socket, identity) => {
        const key = psk(identity);
        if (key !== undefined) this.identities.set(socket, identity);
        return key ?? null;
      },
    };
  }

  private greet(socket: Socket): void {
    const address = socket.remoteAddress;
    // A closed one has no address, and no state is kept for it.
    if (address === undefined) return void socket.on('error', () => undefined).destroy();
    const guest: Guest = {
      socket,
      peer: addressText({ host: address, port: socket.remotePort ?? 0 }),
      address,
      reported: false,
      over: false,
    };
    socket
      .on('error', () => undefined)
      .once('close', () => {
        this.forget(guest);
        // One that has sent nothing has cost nothing: it only probed the port.
        if (guest.start !== undefined && hasCostNothing(guest)) this.admission.release(guest.start);
        if (!guest.over) this.leaving.push(guest);
      });
    if (!this.mayStart(address))
      return this.sendAway(guest, refusal('broken', { peer: guest.peer, detail: 'too many handshakes are under way' }));
    guest.start = this.admission.start(address);
    this.guests.set(guest.peer, guest);
    guest.deadline = this.clock.setTimeout(
      () =>
        this.sendAway(
          guest,
          refusal('no-answer', { peer: guest.peer, detail: 'it stopped answering in the middle of the handshake' }),
        ),
      handshakeMs,
    );
  }

  /** Where too many handshakes are under way, the oldest connection that has only been opened makes way. */
  private mayStart(address: string): boolean {
    if (this.admission.mayStart(address)) return true;
    const idle = [...this.guests.values()].find((guest) => hasCostNothing(guest) && guest.start !== undefined);
    if (idle?.start === undefined) return false;
    this.admission.release(idle.start);
    this.forget(idle);
    this.sendAway(
      idle,
      refusal('broken', { peer: idle.peer, detail: 'too many handshakes are under way, and it has sent nothing' }),
    );
    return this.admission.mayStart(address);
  }

  private sendAway(guest: Guest, why: DotsError): void {
    guest.reported = true;
    guest.socket.destroy();
    this.options.refused?.(why);
  }

  private forget(guest: Guest): void {
    if (this.guests.get(guest.peer) !== guest) return;
    this.guests.delete(guest.peer);
    this.clock.clearTimeout(guest.deadline);
  }

  private admit(socket: TLSSocket): void {
    const guest = this.guests.get(peerOf(socket));
    if (guest === undefined) return void socket.on('error', () => undefined).destroy();
    guest.over = true;
    const verdict = this.judge(socket, guest.peer);
    if (verdict instanceof DotsError) {
      socket.on('error', () => undefined).destroy();
      return this.sendAway(guest, verdict);
    }
    this.forget(guest);
    if (guest.start !== undefined) this.admission.release(guest.start);
    const channel = new TlsChannel(socket, guest.peer, verdict, { clock: this.clock, idleMs: this.limits.idleMs });
    this.channels.add(channel);
    socket.once('close', () => {
      this.channels.delete(channel);
      this.sessions.exit(verdict.identity);
    });
    this.accept(channel);
  }

  /**
   * The identity of a client after its handshake, or why it is refused. OpenSSL may have accepted a certificate that
   * cannot be read here.
   */
  private judge(socket: TLSSocket, peer: string): Security | DotsError {
    try {
      const security = securityOf(socket, peer, { identity: this.identities.get(socket) });
      return this.objectionTo(socket, peer, security) ?? security;
    } catch (cause) {
      return cause instanceof DotsError
        ? cause
        : refusal('bad-certificate', { peer, detail: 'it cannot be read' }, cause);
    }
  }

  /** Why a client is refused after its handshake; if it is not, its session is counted. */
  private objectionTo(socket: TLSSocket, peer: string, { identity }: Security): DotsError | undefined {
    if (!socket.authorized) return certificateRefusal(peer, String(socket.authorizationError));
    if (!hasExtendedSecret(socket)) return refusal('no-extended-secret', { peer });
    if (!speaksCoap(socket))
      return refusal('no-tls', {
        peer,
        detail: 'it negotiated another protocol than CoAP (ALPN, RFC 8323 section 8.2)',
      });
    const found = this.identities.has(socket) ? undefined : objectionTo(socket.getPeerCertificate(true));
    if (found !== undefined) return refusal(found.reason, { peer, detail: found.detail });
    this.admission.prove(socket.remoteAddress ?? '');
    return this.sessions.enter(identity)
      ? undefined
      : refusal('broken', { peer, detail: 'too many sessions are open' });
  }

  /**
   * Node closes the connection itself; if it did so before reporting it, the peer counts as the one that closed first.
   */
  private refuse(error: Error, socket: TLSSocket): void {
    const guest =
      this.guests.get(peerOf(socket)) ??
      this.leaving.shift() ??
      [...this.guests.values()].find((one) => one.socket.destroyed);
    if (guest === undefined) return;
    guest.over = true;
    if (!guest.reported) this.sendAway(guest, reasonFor(guest.peer, error, socket));
  }
}

/** Bytes of the smallest record with a client hello: until one has arrived, nothing is computed. */
const smallestHello = 50;

const hasCostNothing = ({ socket }: Guest): boolean => socket.bytesRead < smallestHello;

function peerOf({ remoteAddress = '', remotePort = 0 }: TLSSocket): string {
  return addressText({ host: remoteAddress, port: remotePort });
}

function reasonFor(peer: string, error: Error, { authorizationError }: TLSSocket): DotsError {
  // A string, contrary to the types, and only present if a certificate was refused.
  const verdict = authorizationError as unknown as string | null | undefined;
  if (typeof verdict === 'string') return certificateRefusal(peer, verdict, error);
  const symptom = symptomOf(error);
  const reason = serverReason(symptom);
  return refusal(
    reason ?? 'broken',
    {
      peer,
      detail:
        reason === undefined
          ? (alertIn(symptom) ?? faultIn(symptom) ?? 'it closed the connection in the middle of the handshake')
          : undefined,
    },
    error,
  );
}
