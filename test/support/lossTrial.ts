import { plainAnswer } from '#dots/coap/answer';
import { Endpoint } from '#dots/coap/endpoint';
import type { Channel, Receiver } from '#dots/coap/messages/channel';
import { DotsError } from '#dots/model/errors';
import { requestWithFailover, type Remaining } from '#dots/signal/requestWithFailover';
import { SignalSession } from '#dots/signal/session';
import { FakeClock } from './protocol/fakeClock';
import type { Random } from './random';

/** The round trip of the simulated path, and how long a request waits for its answer, milliseconds. */
export const roundTripMs = 50;
export const patienceMs = 60_000;

/** The pace: RFC 9132 section 4.4, with a known round trip. Milliseconds. */
const pace = { eager: 5000, soon: Math.max(roundTripMs, 250), later: 3000 } as const;

const security = { protocol: 'DTLS 1.2', cipherSuite: 'none', peerName: 'server', identity: 'server' };
const mitigation = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};

/** When the pace allows the copies of a request that is never answered, on all sessions together, milliseconds. */
export function pacedTimes(): number[] {
  const times: number[] = [];
  for (let at = 0; at < patienceMs; at += at + pace.soon < pace.eager ? pace.soon : pace.later) times.push(at);
  return times;
}

/** A path in fake time on which each datagram is lost with a probability. */
export class LossyPath {
  /** When a datagram with a request was sent, over any session. */
  readonly sentAt: number[] = [];

  constructor(
    readonly clock: FakeClock,
    private readonly loss: number,
    private readonly random: Random,
  ) {}

  /** A session that is established, with a server that answers each request. */
  session(peer = '192.0.2.1:4646'): SignalSession {
    const [near, far] = [new PathEnd(peer), new PathEnd('client')];
    near.carry = (bytes) => {
      this.sentAt.push(this.clock.monotonic());
      this.pass(bytes, far);
    };
    far.carry = (bytes) => this.pass(bytes, near);
    new Endpoint(far, { clock: this.clock, handler: () => Promise.resolve(plainAnswer('2.01')) });
    return SignalSession.over(near, { server: `coaps://${peer}`, cuid: 'c', clock: this.clock });
  }

  /**
   * A DTLS handshake: three flights, each repeated after 1, 3, 7 and 12 s until it is answered. Rejects at its
   * deadline.
   */
  async handshake(timeoutMs: number): Promise<void> {
    const lastsMs = this.flight(timeoutMs) + this.flight(timeoutMs) + this.flight(timeoutMs);
    await new Promise<void>((resolve) => void this.clock.setTimeout(resolve, Math.min(lastsMs, timeoutMs)));
    if (lastsMs >= timeoutMs) throw new DotsError('unreachable', 'transport/no-answer', 'The handshake is over.');
  }

  private flight(timeoutMs: number): number {
    let lastsMs = roundTripMs;
    for (let copy = 0; lastsMs < timeoutMs && (this.isLost() || this.isLost()); copy += 1)
      lastsMs += Math.min(1000 * 2 ** copy, 5000);
    return lastsMs;
  }

  private isLost(): boolean {
    return this.random.below(1_000_000) < this.loss * 1_000_000;
  }

  private pass(bytes: Uint8Array, to: PathEnd): void {
    if (!this.isLost()) this.clock.setTimeout(() => to.receiver?.message(bytes), roundTripMs / 2);
  }
}

class PathEnd implements Channel {
  readonly kind = 'datagram';
  readonly maxMessageSize = 1200;
  readonly security = security;
  readonly roundTripMs = roundTripMs;
  receiver: Receiver | undefined;
  carry: (bytes: Uint8Array) => void = () => undefined;

  constructor(readonly peer: string) {}

  attach(receiver: Receiver): void {
    this.receiver = receiver;
  }

  send(bytes: Uint8Array): void {
    this.carry(bytes);
  }

  close(): Promise<void> {
    this.receiver = undefined;
    return Promise.resolve();
  }
}

/** What came of one mitigation request. */
export interface Trial {
  answered: boolean;
  /** When its copies were sent, milliseconds. */
  sentAt: number[];
}

/** One mitigation request over an open session, beside which another is opened after 3 s of silence. */
export async function lossTrial(loss: number, random: Random): Promise<Trial> {
  const clock = new FakeClock();
  const path = new LossyPath(clock, loss, random);
  const renew = async (left: Remaining): Promise<SignalSession> => {
    await path.handshake(left.timeoutMs ?? patienceMs);
    return path.session();
  };
  let answered: boolean | undefined;
  requestWithFailover({ known: path.session(), renew, clock, timeoutMs: patienceMs }, (session, left) =>
    session.send(mitigation, { mid: 1, ...left }),
  ).then(
    () => (answered = true),
    () => (answered = false),
  );
  while (answered === undefined) await clock.advance(250);
  return { answered, sentAt: path.sentAt };
}

/** Whether no copy of a request was sent before the pace allowed it. */
export function isPaced({ sentAt }: Trial): boolean {
  const allowed = pacedTimes();
  return sentAt.length <= allowed.length && sentAt.every((at, index) => at >= (allowed[index] ?? Infinity));
}
