import type { Socket } from 'node:dgram';
import type { Channel } from '#dots/coap/messages/channel';
import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { addressText, type Address } from '../address';
import { Admission, type Start } from '../admission';
import { listeningHost } from '../listening';
import { sessionsWithin, type OpenSessions } from '../openSessions';
import { refusal } from '../refusals';
import { defaultSessionLimits, type SecureListenOptions, type SessionLimits } from '../secure';
import { bindSocket, type Listener } from '../udp';
import { Association, type AssociationOwner } from './association';
import { DtlsChannel } from './channel';
import { openContext } from './context';
import { Engine } from './engine';
import { FragmentedHellos } from './fragmentedHello';
import { ClientProof } from './proof';

/** How long a client may take to authenticate, and how long a failed handshake counts, milliseconds. */
const handshakeMs = 15_000;
/** The minimum time between reports on clients whose address is not verified, milliseconds. */
const strangersEveryMs = 1000;

/**
 * Listens for DTLS 1.2; `accept` receives a channel for each authenticated client.
 * Throws DotsErrors of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`,
 * `transport/credentials`, `transport/dtls-module-missing`.
 */
export async function listenDtls(
  wanted: Address,
  options: SecureListenOptions,
  accept: (channel: Channel) => void,
): Promise<Listener> {
  const host = listeningHost(wanted.host, options.allowRemote);
  if (options.credentials.certificate === undefined && options.credentials.psk === undefined) {
    throw new DotsError(
      'usage',
      'transport/credentials',
      'A DTLS server needs a certificate or pre-shared keys.',
      'Configure at least one of them.',
    );
  }
  const clock = options.clock ?? systemClock;
  const engine = await Engine.load(clock);
  const context = openContext(engine, 'server', options.credentials);
  try {
    const socket = await bindSocket(host, wanted.port);
    return new DtlsListener(engine, context, clock, socket, { host, port: socket.address().port }, options, accept);
  } catch (error) {
    engine.close(context);
    throw error;
  }
}

/** The offset of the random of a client hello, which identifies a handshake: RFC 6347 section 4.2.2. */
const [randomStart, randomEnd] = [27, 59];

/** The random of a plaintext client hello, or undefined for any other datagram. */
function helloRandom(bytes: Buffer): Buffer | undefined {
  const hello = bytes.length >= randomEnd && bytes[0] === 22 && bytes.readUInt16BE(3) === 0 && bytes[13] === 1;
  return hello ? Buffer.from(bytes.subarray(randomStart, randomEnd)) : undefined;
}

/** The refusal of a client because of a fault on this side, such as missing memory or a callback that failed. */
function faultOf(peer: string, cause: unknown): DotsError {
  return cause instanceof DotsError ? cause : refusal('broken', { peer, detail: 'this end failed' }, cause);
}

class DtlsListener implements Listener {
  private readonly limits: SessionLimits;
  private readonly sessions: OpenSessions;
  /** By address and port: authenticated clients, and those in a handshake. One address may be among both. */
  private readonly established = new Map<string, Client>();
  private readonly pending = new Map<string, Client>();
  private readonly admission: Admission;
  /** Handles client hellos and answers them with cookies; a client that returns one becomes its owner. */
  private spare: Client | undefined;
  private readonly hellos = new FragmentedHellos();
  private strangerReportedAt = -Infinity;
  private open = true;
  /** Datagrams on their way into the network, such as the close_notify to clients. */
  private sending = 0;
  private allSent: (() => void) | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly context: number,
    private readonly clock: Clock,
    private readonly socket: Socket,
    readonly address: Address,
    private readonly options: SecureListenOptions,
    private readonly accept: (channel: Channel) => void,
  ) {
    this.limits = { ...defaultSessionLimits, ...options.limits };
    this.admission = new Admission(this.limits, clock, handshakeMs);
    this.sessions = options.sessions ?? sessionsWithin(this.limits);
    socket.on('message', (bytes, { address: host, port }) => this.receive(bytes, { host, port }));
    // An error of a listening UDP socket belongs to one datagram and ends nothing.
    socket.on('error', () => undefined);
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    for (const client of [...this.pending.values()]) this.drop(client);
    await Promise.all([...this.established.values()].map((client) => client.channel?.close()));
    this.spare?.association.discard();
    this.engine.close(this.context);
    if (this.sending > 0)
      await new Promise<void>((resolve) => {
        this.allSent = resolve;
      });
    await new Promise<void>((resolve) => {
      this.socket.close(() => resolve());
    });
  }

  /**
   * A client is authenticated: only now does it replace an earlier one at its address (RFC 6347 section 4.2.8). Any
   * callback here may close the listener, which must know of each open session by then.
   */
  welcome(client: Client): void {
    const before = this.established.get(client.key);
    this.leavePending(client);
    if (client.start !== undefined) this.admission.release(client.start);
    client.identity = client.association.security.identity;
    this.admission.prove(client.address.host);
    if (!this.mayOpen(client, before))
      return this.turnAway(client, refusal('broken', { peer: client.key, detail: 'too many sessions are open' }));
    this.established.set(client.key, client);
    client.channel = new DtlsChannel(client.key, client.association, () => this.leave(client));
    client.heard();
    if (before !== undefined) this.replace(before);
    if (!client.association.ended) this.accept(client.channel);
  }

  private mayOpen({ identity }: Client, before: Client | undefined): boolean {
    return before === undefined ? this.sessions.enter(identity) : this.sessions.replace(before.identity, identity);
  }

  /** A client ended before it was authenticated, or because of a limit. */
  turnAway(client: Client, error: DotsError | undefined): void {
    this.drop(client);
    if (error !== undefined) this.report(error);
  }

  private newClient(): Client {
    const open = (owner: AssociationOwner): Association =>
      new Association(this.engine, this.context, this.clock, owner, {
        role: 'server',
        proof: new ClientProof(this.options.credentials, this.clock),
      });
    return new Client(this, this.clock, this.limits.idleMs, open, (bytes, address) => this.send(bytes, address));
  }

  private send(bytes: Buffer, { port, host }: Address): void {
    this.sending += 1;
    this.socket.send(bytes, port, host, () => {
      this.sending -= 1;
      if (this.sending === 0) this.allSent?.();
    });
  }

  private receive(datagram: Buffer, address: Address): void {
    // Nothing can be sent to port 0.
    if (!this.open || address.port === 0) return;
    const key = addressText(address);
    const bytes = this.hellos.take(datagram, key, this.clock.monotonic());
    if (bytes === undefined) return;
    const random = helloRandom(bytes);
    const established = this.established.get(key);
    if (random === undefined && established !== undefined) this.deliver(established, bytes);
    const pending = this.pending.get(key);
    if (pending !== undefined && (random === undefined || random.equals(pending.random))) this.deliver(pending, bytes);
    else if (random !== undefined) this.knock(bytes, address, random);
  }

  /** A fault on this side ends the session of the client whose datagram caused it, and no other. */
  private deliver(client: Client, bytes: Buffer): void {
    try {
      client.association.receive(bytes);
    } catch (cause) {
      this.fail(client, cause);
    }
  }

  private fail(client: Client, cause: unknown): void {
    const error = faultOf(client.key, cause);
    if (client.channel === undefined) return this.turnAway(client, error);
    client.association.close();
    client.finish(error);
    this.report(error);
  }

  /** No state is kept for a client until it has returned the cookie that was sent to its address. */
  private knock(hello: Buffer, address: Address, random: Buffer): void {
    if (!this.admission.mayStart(address.host))
      return this.reportStranger(
        refusal('broken', { peer: addressText(address), detail: 'too many handshakes are under way' }),
      );
    const client = this.greet(hello, address, random);
    if (client === undefined) return;
    const before = this.pending.get(client.key);
    if (before !== undefined) this.drop(before);
    client.start = this.admission.start(address.host);
    this.pending.set(client.key, client);
    client.hurry(handshakeMs);
  }

  /** Answers a client hello; returns the client once it has returned its cookie. */
  private greet(hello: Buffer, address: Address, random: Buffer): Client | undefined {
    try {
      this.spare ??= this.newClient();
      const { spare } = this;
      spare.begin(address, random);
      const answer = spare.association.greet(spare.key, hello);
      if (answer instanceof DotsError) this.reportStranger(answer);
      if (answer !== 'started') return undefined;
      this.spare = undefined;
      return spare;
    } catch (cause) {
      this.reportStranger(faultOf(addressText(address), cause));
      return undefined;
    }
  }

  private reportStranger(error: DotsError): void {
    if (this.clock.monotonic() - this.strangerReportedAt < strangersEveryMs) return;
    this.strangerReportedAt = this.clock.monotonic();
    this.report(error);
  }

  /** A failing callback for refusals must not affect the server. */
  private report(error: DotsError): void {
    try {
      this.options.refused?.(error);
    } catch {
      // No other callback could report that.
    }
  }

  private leavePending(client: Client): void {
    if (this.pending.get(client.key) === client) this.pending.delete(client.key);
    client.stop();
  }

  private drop(client: Client): void {
    this.leavePending(client);
    client.association.close();
  }

  private replace(client: Client): void {
    client.association.discard();
    client.finish();
  }

  private leave(client: Client): Promise<void> {
    client.stop();
    if (this.established.get(client.key) === client) {
      this.established.delete(client.key);
      this.sessions.exit(client.identity);
    }
    return Promise.resolve();
  }
}

/** One client of a listener, unauthenticated at first. */
class Client implements AssociationOwner {
  readonly association: Association;
  address: Address = { host: '', port: 0 };
  key = '';
  random: Buffer = Buffer.alloc(0);
  channel: DtlsChannel | undefined;
  /** What it has proved, once it has. */
  identity = '';
  /** Its place among the handshakes, once it has returned its cookie. */
  start: Start | undefined;
  private timer: TimerHandle;
  private lastHeard = 0;

  constructor(
    private readonly listener: DtlsListener,
    private readonly clock: Clock,
    private readonly idleMs: number,
    open: (owner: AssociationOwner) => Association,
    private readonly send: (bytes: Buffer, address: Address) => void,
  ) {
    this.association = open(this);
  }

  begin(address: Address, random: Buffer): void {
    this.address = address;
    this.key = addressText(address);
    this.random = random;
  }

  /** Starts the time limit of its authentication, milliseconds. */
  hurry(milliseconds: number): void {
    this.timer = this.clock.setTimeout(() => this.listener.turnAway(this, this.association.silence()), milliseconds);
  }

  /** It is active: its idle time starts again. */
  heard(): void {
    this.lastHeard = this.clock.monotonic();
    this.stop();
    this.timer = this.clock.setTimeout(() => this.idle(), this.idleMs);
  }

  stop(): void {
    this.clock.clearTimeout(this.timer);
  }

  transmit(bytes: Buffer): void {
    this.send(bytes, this.address);
  }

  established(): void {
    this.listener.welcome(this);
  }

  message(bytes: Buffer): void {
    this.lastHeard = this.clock.monotonic();
    this.channel?.deliver(bytes);
  }

  ended(error?: DotsError): void {
    if (this.channel === undefined) this.listener.turnAway(this, error);
    else this.finish(error);
  }

  /** Its session has ended; a callback may throw on that, and nothing depends on it any more. */
  finish(error?: DotsError): void {
    this.channel?.finish(error).catch(() => undefined);
  }

  private idle(): void {
    const left = this.lastHeard + this.idleMs - this.clock.monotonic();
    if (left <= 0) void this.channel?.close();
    else this.timer = this.clock.setTimeout(() => this.idle(), left);
  }
}
