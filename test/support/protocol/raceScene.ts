import type { Channel } from '#dots/coap/messages/channel';
import { DotsError } from '#dots/model/errors';
import { connect, type ConnectOptions, type Dialers } from '#dots/transport/connect/connect';
import type { Transport } from '#dots/transport/connect/paths';
import { refusal, type RefusalReason } from '#dots/transport/refusals';
import { FakeClock } from './fakeClock';

const credentials = { psk: { identity: 'dots', key: Buffer.from('secret123') } };
export const second = 1000;

/** What a path does: works after a time, fails after a time, or is silent. */
export type Fate = { works: number } | { fails: number; because: RefusalReason } | 'silent';

export interface Scene {
  clock: FakeClock;
  start: number;
  /** `dtls [2001:db8::1]` and the time of its start, in order. */
  started: [path: string, at: number][];
  aborted: string[];
  closed: string[];
  options: ConnectOptions;
}

/** A network in which each path, `dtls 192.0.2.1` for one, has its fate. */
export function scene(
  fates: Readonly<Record<string, Fate>>,
  hosts = ['192.0.2.1', '2001:db8::1'],
  more: Partial<ConnectOptions> = {},
): Scene {
  const clock = new FakeClock();
  const all: Scene = { clock, start: clock.now(), started: [], aborted: [], closed: [], options: {} };
  const dial =
    (transport: Transport): Dialers[Transport] =>
    ({ host }, { signal, deadlineMs = 0 }) =>
      new Promise((resolve, reject) => {
        const path = `${transport} ${host}`;
        const fate = fates[path] ?? 'silent';
        all.started.push([path, clock.now() - all.start]);
        const timers = [clock.setTimeout(() => settle(() => reject(refusal('no-answer', { peer: path }))), deadlineMs)];
        const settle = (outcome: () => void): void => {
          for (const timer of timers) clock.clearTimeout(timer);
          outcome();
        };
        signal?.addEventListener('abort', () => {
          if (all.closed.length === 0) all.aborted.push(path);
          settle(() => reject(new DotsError('unreachable', 'transport/cancelled', path)));
        });
        if (fate === 'silent') return;
        if ('works' in fate)
          timers.push(clock.setTimeout(() => settle(() => resolve(channelOf(path, all))), fate.works));
        else
          timers.push(clock.setTimeout(() => settle(() => reject(refusal(fate.because, { peer: path }))), fate.fails));
      });
  all.options = {
    credentials,
    clock,
    dialers: { dtls: dial('dtls'), tls: dial('tls') },
    resolver: () => Promise.resolve(hosts),
    ...more,
  };
  return all;
}

function channelOf(peer: string, { closed }: Scene): Channel {
  return {
    peer,
    kind: 'stream',
    maxMessageSize: Infinity,
    attach: () => undefined,
    send: () => undefined,
    close: () => {
      closed.push(peer);
      return Promise.resolve();
    },
  };
}

/** Runs to its end while time passes. */
export async function outcome(all: Scene, server = 'dots.example.net', milliseconds = 60 * second): Promise<string> {
  const ended = connect(server, all.options).then(
    ({ peer }) => peer,
    (error: unknown) => (error instanceof DotsError ? error.code : String(error)),
  );
  await all.clock.advance(milliseconds);
  return ended;
}

/** The paths to a name with one address of each family. */
export const inOrder = ['dtls 2001:db8::1', 'dtls 192.0.2.1', 'tls 2001:db8::1', 'tls 192.0.2.1'];
