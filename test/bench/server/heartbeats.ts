import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeDocument } from '#dots/cbor/codec';
import type { Channel, Receiver, Security } from '#dots/coap/messages/channel';
import { encodeMessage } from '#dots/coap/messages/codec';
import { dotsCbor, option } from '#dots/coap/messages/options';
import { SignalService } from '#dots/dotsServer/signal/signalService';
import { ClientQuota } from '#dots/dotsServer/state/clientQuota';
import { Clients } from '#dots/dotsServer/state/clients';
import { CuidClaims } from '#dots/dotsServer/state/cuidClaims';
import { Holdings } from '#dots/dotsServer/state/holdings';
import { defaultPolicy as policy } from '#dots/dotsServer/state/policy';
import { RequestTurns } from '#dots/dotsServer/state/requestTurns';
import { ServerState } from '#dots/dotsServer/state/serverState';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { TestMitigator } from '../../support/testMitigator';

const sessions = 1000;
/** `heartbeat-interval` by default: RFC 9132 section 4.5.2. */
const intervalMs = 30_000;
const rounds = (24 * 3600 * 1000) / intervalMs;
/** What grows by then has its usual size: the memory of duplicates lasts 247 s (RFC 7252 section 4.8.2). */
const warmUp = 20;

/** Time that passes in steps; a look at all timers is cheaper than an order where nearly all are cleared. */
class StepClock implements Clock {
  readonly timers = new Map<object, { at: number; callback: () => void }>();
  private current = 0;

  now(): number {
    return Date.UTC(2030, 0, 1) + this.current;
  }

  monotonic(): number {
    return this.current;
  }

  setTimeout(callback: () => void, milliseconds: number): TimerHandle {
    const handle = {};
    this.timers.set(handle, { at: this.current + milliseconds, callback });
    return handle;
  }

  clearTimeout(handle: TimerHandle): void {
    this.timers.delete(handle as object);
  }

  /** Lets time pass; what a timer sets for this time is called with the next step. */
  step(milliseconds: number): void {
    this.current += milliseconds;
    const due = [...this.timers].filter(([, { at }]) => at <= this.current);
    for (const [handle, { callback }] of due.sort(([, one], [, other]) => one.at - other.at))
      if (this.timers.delete(handle)) callback();
  }
}

/** A session in memory that counts what the server sends. */
class HeartbeatChannel implements Channel {
  readonly kind = 'datagram';
  readonly maxMessageSize = 1232;
  readonly security: Security;
  answers = 0;
  private receiver: Receiver | undefined;

  constructor(readonly peer: string) {
    this.security = { protocol: 'DTLS 1.2', cipherSuite: '', peerName: peer, identity: peer };
  }

  attach(receiver: Receiver): void {
    this.receiver = receiver;
  }

  send(): void {
    this.answers += 1;
  }

  receive(bytes: Uint8Array): void {
    this.receiver?.message(bytes);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const payload = encodeDocument({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } });

/** The heartbeat of a round: RFC 9132 section 4.7. */
function heartbeat(round: number): Uint8Array {
  const path = ['.well-known', 'dots', 'hb'].map((segment) => option('Uri-Path', segment));
  const options = [...path, option('Content-Format', dotsCbor)];
  return encodeMessage({ type: 'NON', code: '0.03', messageId: round & 0xffff, token: '01', options, payload });
}

interface Size {
  heapMb: number;
  timers: number;
}

/** A day of heartbeats of 1,000 sessions in fake time: heap and timers after ten minutes, and at the end. */
export async function heartbeats(report: (figure: string, values: object) => void): Promise<void> {
  const clock = new StepClock();
  const state = await ServerState.open({ clock, policy, mitigator: new TestMitigator() });
  const clients = new Clients();
  const [claims, quota] = [
    new CuidClaims(state, clients),
    new ClientQuota(new Holdings(clients, state), policy.limits),
  ];
  const turns = new RequestTurns(clients, policy.limits, clock);
  const service = new SignalService({
    ...{ state, mitigator: {}, clients, claims, quota, turns, clock, policy },
    log: () => undefined,
  });
  const channels = Array.from({ length: sessions }, (_, number) => new HeartbeatChannel(`client ${number}`));
  for (const channel of channels) service.accept(channel);
  let before: Size | undefined;
  for (let round = 1; round <= rounds; round++) {
    await beat(channels, round);
    clock.step(intervalMs);
    if (round === warmUp) before = sizeOf(clock);
  }
  const after = sizeOf(clock);
  report('heartbeats', { sessions, hours: 24, answered: sessions * rounds, afterTenMinutes: before, atTheEnd: after });
  service.close();
  await state.close();
}

/** One heartbeat of each session, answered. */
async function beat(channels: readonly HeartbeatChannel[], round: number): Promise<void> {
  const bytes = heartbeat(round);
  for (const channel of channels) channel.receive(bytes);
  while (channels.some(({ answers }) => answers < round)) await new Promise((resolve) => setImmediate(resolve));
}

function sizeOf({ timers }: StepClock): Size {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return { heapMb: Math.round(process.memoryUsage().heapUsed / 1e5) / 10, timers: timers.size };
}
