import type { Security } from '#dots/coap/messages/channel';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { refusal } from '../refusals';
import type { Engine, SessionHost } from './engine';
import { closeNotify, helloVerifyRequired, refusalOf, silence, timedOut, wantRead } from './outcome';
import type { Proof } from './proof';

/** The callbacks of an association; they may end the association. */
export interface AssociationOwner {
  /** Passes a datagram to the network. */
  transmit(bytes: Buffer): void;
  /** The other end is authenticated. */
  established(): void;
  message(bytes: Buffer): void;
  /** It has ended: the other end closed it, or there was an error. Not called for `close` and `discard`. */
  ended(error?: DotsError): void;
}

export interface AssociationOptions {
  role: 'client' | 'server';
  /** The other end, in readable form; a server learns it with the client hello. */
  peer?: string;
  proof: Proof;
  /** The server name indication. */
  name?: string | undefined;
}

/** The payload of a datagram that every path carries, bytes: RFC 9132 section 7.3, less IPv6 and UDP headers. */
const payload = 1280 - 48;

/** The first byte of a DTLS record, and the first of its version: RFC 6347 section 4.1. */
function looksLikeDtls(bytes: Uint8Array): boolean {
  return bytes.length >= 13 && bytes[0]! >= 20 && bytes[0]! <= 25 && bytes[1] === 0xfe;
}

/** One DTLS association at one of its ends: it converts datagrams to messages and runs the timers. */
export class Association {
  established = false;
  private readonly id: number;
  private readonly session: number;
  private timer: TimerHandle;
  private over = false;
  private peer: string;
  private readonly heard = { datagrams: 0, dtls: false };

  /** Throws a DotsError if there is not enough memory. */
  constructor(
    private readonly engine: Engine,
    context: number,
    private readonly clock: Clock,
    private owner: AssociationOwner,
    private readonly options: AssociationOptions,
  ) {
    this.peer = options.peer ?? '';
    this.id = engine.adopt(this.host());
    this.session = sessionOf(engine, context, this.id, options.name);
  }

  get ended(): boolean {
    return this.over;
  }

  /** How the path is protected; known once the association is established. */
  get security(): Security {
    const { calls } = this.engine;
    const cipherSuite = this.engine.take(calls.session_suite(this.session)).toString().replaceAll('-', '_');
    return {
      protocol: 'DTLS 1.2',
      cipherSuite,
      ...this.options.proof.peer(this.resumed),
      ...(this.unasked && { asked: false as const }),
    };
  }

  /** Whether a full handshake with certificates has ended without a request for this client's. */
  private get unasked(): boolean {
    const { role, proof } = this.options;
    return role === 'client' && !proof.psk && !this.resumed && this.engine.calls.session_asked(this.session) === 0;
  }

  /** Whether it resumes an earlier session, without authentication of its own. */
  get resumed(): boolean {
    return this.engine.calls.session_resumed(this.session) !== 0;
  }

  /** The largest message, in bytes, that fits in one datagram. */
  get maxMessageSize(): number {
    return this.engine.calls.session_payload(this.session);
  }

  /** Offers to resume an earlier session; without effect if the library cannot read it. */
  resume(saved: Uint8Array): boolean {
    const size = this.engine.put(saved);
    const done = size !== undefined && this.engine.calls.session_resume(this.session, size) === 0;
    this.engine.calls.wipe();
    return done;
  }

  /**
   * The session, to be resumed later; undefined without a ticket of at most so many bytes, and if it would no longer be
   * known that the server did not request credentials.
   */
  save(largestTicket: number): Buffer | undefined {
    if (this.unasked) return undefined;
    const size = this.engine.calls.session_save(this.session, largestTicket);
    const saved = size === 0 ? undefined : this.engine.take(size);
    this.engine.calls.wipe();
    return saved;
  }

  /** Sends the client hello. */
  start(): void {
    this.move(0);
  }

  /**
   * Handles the client hello from an address, as a server. `verify`: a cookie was sent, and no state was kept (RFC 6347
   * section 4.2.1); `started`: the client has returned its cookie; `nothing`: not a client hello, and this object is
   * unchanged. An error ends nothing here, because the address is not verified.
   */
  greet(address: string, hello: Uint8Array): 'verify' | 'started' | 'nothing' | DotsError {
    const { calls } = this.engine;
    this.options.proof.reset();
    this.peer = address;
    const size =
      calls.session_await(this.session, this.engine.put(Buffer.from(address)) ?? 0) === 0
        ? this.engine.put(hello)
        : undefined;
    if (size === undefined) return 'nothing';
    const result = calls.session_step(this.session, size);
    if (result === helloVerifyRequired) return 'verify';
    if (result !== wantRead) return this.failureOf(result);
    if (calls.session_state(this.session) <= clientHello) return 'nothing';
    this.count(hello);
    this.arm();
    return 'started';
  }

  /** Handles a datagram of the other end. */
  receive(datagram: Uint8Array): void {
    if (this.over) return;
    this.count(datagram);
    const size = this.engine.put(datagram);
    if (size !== undefined && size > 0) this.move(size);
  }

  /** Sends a message, once established. Throws a DotsError for a message that does not fit in a datagram. */
  send(message: Uint8Array): void {
    if (this.over) return;
    const size = this.engine.put(message);
    const result = size === undefined ? -1 : this.engine.calls.session_write(this.session, size);
    if (result < 0) {
      throw new DotsError(
        'unreachable',
        'transport/not-sent',
        `A message of ${message.length} bytes for ${this.peer} could not be sent over DTLS.`,
        `At most ${this.maxMessageSize} bytes fit in one datagram.`,
      );
    }
  }

  /** Sends close_notify, and ends. */
  close(): void {
    if (this.over) return;
    if (this.established) this.engine.calls.session_close(this.session);
    this.discard();
  }

  /** Ends silently. */
  discard(): void {
    if (this.over) return;
    this.over = true;
    this.established = false;
    this.clock.clearTimeout(this.timer);
    this.engine.forget(this.id);
    this.engine.calls.session_free(this.session);
  }

  /** Why a handshake timed out. */
  silence(): DotsError {
    const { role, proof } = this.options;
    return silence(this.peer, role, this.engine.calls.session_state(this.session), this.heard, proof.psk);
  }

  private host(): SessionHost {
    const { proof } = this.options;
    return {
      transmit: (bytes) => this.owner.transmit(bytes),
      keyOf: (identity) => proof.keyOf(identity),
      issuer: (der) => {
        proof.issuers.push(der);
      },
      certificate: (der) => {
        proof.chain.push(der);
      },
      judge: () => proof.judge(),
      passport: () => proof.passport(),
      admit: (passport) => proof.admit(passport),
    };
  }

  private count(datagram: Uint8Array): void {
    this.heard.datagrams += 1;
    this.heard.dtls ||= looksLikeDtls(datagram);
  }

  /** Continues with a datagram in the inbox or, with size 0, because a timer has expired. */
  private move(size: number): void {
    this.clock.clearTimeout(this.timer);
    if (this.shakeHands(size)) this.readAll();
    if (!this.over) this.arm();
  }

  /** Whether the handshake has ended. */
  private shakeHands(size: number): boolean {
    const result = this.engine.calls.session_step(this.session, size);
    if (result === 0 && !this.established) {
      this.established = true;
      this.owner.established();
      this.options.proof.reset();
    }
    if (result !== 0 && result !== wantRead) this.end(this.failureOf(result));
    return result === 0 && !this.over;
  }

  private readAll(): void {
    while (!this.over) {
      const result = this.engine.calls.session_read(this.session);
      if (result === wantRead) return;
      if (result > 0) this.owner.message(this.engine.take(result));
      else this.endBy(result);
    }
  }

  private endBy(result: number): void {
    if (result !== 0 && result !== closeNotify) return this.end(this.failureOf(result));
    this.engine.calls.session_close(this.session);
    this.end();
  }

  private end(error?: DotsError): void {
    if (this.over) return;
    this.discard();
    this.owner.ended(error);
  }

  private failureOf(result: number): DotsError {
    const {
      peer,
      engine: { calls },
      options: { role, proof },
    } = this;
    if (this.established) return refusal('broken', { peer, detail: this.engine.describe(result) });
    if (result === timedOut) return this.silence();
    return refusalOf({
      peer,
      role,
      result,
      psk: proof.psk,
      chain: proof.chain,
      words: this.engine.describe(result),
      state: calls.session_state(this.session),
      flags: calls.session_flags(this.session),
      alert: calls.session_alert(this.session),
    });
  }

  private arm(): void {
    const wait = this.engine.calls.session_wait(this.session);
    if (wait >= 0) this.timer = this.clock.setTimeout(() => this.move(0), wait);
  }
}

/** MBEDTLS_SSL_CLIENT_HELLO: the first message that a server waits for. */
const clientHello = 1;

function sessionOf(engine: Engine, context: number, id: number, name: string | undefined): number {
  let session = 0;
  const text = name === undefined ? [] : [Buffer.from(`${name}\0`)];
  engine.lend(text, (place = 0) => {
    session = engine.calls.session_new(context, id, payload, place);
    return 0;
  });
  if (session !== 0) return session;
  engine.forget(id);
  throw new DotsError(
    'unreachable',
    'transport/memory',
    'There is not enough memory for another DTLS session.',
    'Close some sessions.',
  );
}
