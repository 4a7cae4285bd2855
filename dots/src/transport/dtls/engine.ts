import { randomFillSync } from 'node:crypto';
import type { Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { dtlsModule } from './module';
import { instantiate, type CompiledModule, type LinearMemory } from './webassembly';

/** The exports of an instance: dots/mbedtls. Plain numbers are addresses, sizes in bytes, or error codes below zero. */
interface Exports {
  memory: LinearMemory;
  _initialize(): void;
  exchange_in(): number;
  exchange_out(): number;
  exchange_size(): number;
  allocate(size: number): number;
  release(memory: number, size: number): void;
  wipe(): void;
  describe(error: number): number;
  context_new(server: number): number;
  context_free(context: number): void;
  context_trust(context: number, der: number, size: number): number;
  context_revoke(context: number, pem: number, size: number): number;
  context_show(context: number, der: number, size: number): number;
  context_sign(context: number, pem: number, size: number): number;
  context_share(context: number, key: number, keySize: number, identity: number, identitySize: number): number;
  session_new(context: number, id: number, mtu: number, name: number): number;
  session_free(session: number): void;
  session_await(session: number, addressSize: number): number;
  session_step(session: number, size: number): number;
  session_read(session: number): number;
  session_write(session: number, size: number): number;
  session_close(session: number): number;
  session_wait(session: number): number;
  session_state(session: number): number;
  session_alert(session: number): number;
  session_flags(session: number): number;
  session_resumed(session: number): number;
  session_asked(session: number): number;
  session_suite(session: number): number;
  session_payload(session: number): number;
  session_save(session: number, largestTicket: number): number;
  session_resume(session: number, size: number): number;
}

/** The library's callbacks to the owner of a session. */
export interface SessionHost {
  /** Passes a datagram to the network. */
  transmit(bytes: Buffer): void;
  /** The key of a client's identity. */
  keyOf(identity: Buffer): Uint8Array | undefined;
  /** Records one certificate of the path above the leaf, DER, the trusted one first. */
  issuer(der: Buffer): void;
  /** Records one certificate of the peer's chain, the leaf first. */
  certificate(der: Buffer): void;
  /** Further reasons to refuse the peer, as flags, besides those that the library has found. */
  judge(): number;
  /** The identity of the client for its ticket, or undefined for no ticket. */
  passport(): Uint8Array | undefined;
  /** Whether the client of a ticket may resume its session. */
  admit(passport: Buffer): boolean;
}

/** MBEDTLS_X509_BADCERT_OTHER. */
const otherReason = 0x100;

/** The size of the client's identity in a ticket, bytes: PASSPORT_SIZE of dots/mbedtls/dots.h. */
export const passportSize = 96;

/** EBADF: the library has no files. */
const noFile = 8;

/** One instance of Mbed TLS with its own memory, for one client or one listener; the memory is freed with them. */
export class Engine {
  readonly calls: Exports;
  private readonly hosts = new Map<number, SessionHost>();
  private readonly inbox: number;
  private readonly outbox: number;
  private lastId = 0;

  static async load(clock: Clock): Promise<Engine> {
    return new Engine(await dtlsModule(), clock);
  }

  private constructor(
    module: CompiledModule,
    private readonly clock: Clock,
  ) {
    this.calls = instantiate(module, { host: this.hostCalls(), wasi_snapshot_preview1: this.systemCalls() }) as Exports;
    this.calls._initialize();
    this.inbox = this.calls.exchange_in();
    this.outbox = this.calls.exchange_out();
  }

  /** Frees a context whose sessions have ended, and wipes the plaintext. */
  close(context: number): void {
    this.calls.context_free(context);
    this.calls.wipe();
  }

  /** Registers a session's owner for the library's callbacks. */
  adopt(host: SessionHost): number {
    this.lastId += 1;
    this.hosts.set(this.lastId, host);
    return this.lastId;
  }

  forget(id: number): void {
    this.hosts.delete(id);
  }

  /** Copies bytes to the library's input; undefined if they are too many for it. */
  put(bytes: Uint8Array): number | undefined {
    if (bytes.length > this.calls.exchange_size()) return undefined;
    this.bytes(this.inbox, bytes.length).set(bytes);
    return bytes.length;
  }

  /** A copy of the library's output. */
  take(size: number): Buffer {
    return Buffer.from(this.bytes(this.outbox, size));
  }

  /** Passes byte strings to the library for one call, and wipes them there. */
  lend(parts: readonly Uint8Array[], call: (...places: number[]) => number): number {
    const places: number[] = [];
    try {
      for (const part of parts) {
        const place = this.allocate(part.length);
        places.push(place);
        this.bytes(place, part.length).set(part);
      }
      return call(...places);
    } finally {
      places.forEach((place, index) => this.calls.release(place, parts[index]!.length));
    }
  }

  /** The library's text for an error. */
  describe(error: number): string {
    return this.take(this.calls.describe(error)).toString().toLowerCase();
  }

  private allocate(size: number): number {
    const place = this.calls.allocate(Math.max(size, 1));
    if (place === 0)
      throw new DotsError(
        'unreachable',
        'transport/memory',
        'There is not enough memory for another DTLS session.',
        'Close some sessions.',
      );
    return place;
  }

  private bytes(place: number, size: number): Uint8Array {
    return new Uint8Array(this.calls.memory.buffer, place, size);
  }

  private copy(place: number, size: number): Buffer {
    return Buffer.from(this.bytes(place, size));
  }

  /** Nothing may be thrown through the library's frames: a failure here is a refusal there. */
  private ask<T>(session: number, question: (host: SessionHost) => T, otherwise: T): T {
    const host = this.hosts.get(session);
    try {
      return host === undefined ? otherwise : question(host);
    } catch {
      return otherwise;
    }
  }

  private hostCalls(): Record<string, (...values: number[]) => number | void> {
    return {
      random: (place: number, size: number) => this.randomize(place, size),
      clock: () => this.clock.monotonic(),
      date: () => this.clock.now(),
      send: (session: number, place: number, size: number) =>
        this.ask(session, (host) => host.transmit(this.copy(place, size)), undefined),
      key: (session: number, place: number, size: number, out: number, capacity: number) =>
        this.ask(session, (host) => this.answer(host.keyOf(this.copy(place, size)), out, capacity), 0),
      certificate: (session: number, place: number, size: number) =>
        this.ask(session, (host) => host.certificate(this.copy(place, size)), undefined),
      issuer: (session: number, place: number, size: number) =>
        this.ask(session, (host) => host.issuer(this.copy(place, size)), undefined),
      judge: (session: number) => this.ask(session, (host) => host.judge(), otherReason),
      passport: (session: number, out: number) =>
        this.ask(session, (host) => Math.min(1, this.answer(host.passport(), out, passportSize)), 0),
      admit: (session: number, place: number) =>
        this.ask(session, (host) => (host.admit(this.copy(place, passportSize)) ? 1 : 0), 0),
    };
  }

  private randomize(place: number, size: number): number {
    try {
      randomFillSync(this.bytes(place, size));
      return 0;
    } catch {
      return 1;
    }
  }

  private answer(bytes: Uint8Array | undefined, place: number, capacity: number): number {
    if (bytes === undefined || bytes.length > capacity) return 0;
    this.bytes(place, bytes.length).set(bytes);
    return bytes.length;
  }

  /** The system functions that the C library needs: the date, and stubs for files. */
  private systemCalls(): Record<string, (...values: never[]) => number> {
    return {
      clock_time_get: (_id: number, _precision: bigint, out: number) => {
        new DataView(this.calls.memory.buffer).setBigUint64(
          out,
          BigInt(Math.floor(this.clock.now())) * 1_000_000n,
          true,
        );
        return 0;
      },
      fd_close: () => noFile,
      fd_seek: () => noFile,
      fd_write: () => noFile,
    };
  }
}
