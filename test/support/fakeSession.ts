import type { TransmissionParameters } from '#dots/coap/messages/parameters';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { Answer, SignalSession, SessionState } from '#dots/signal/session';
import type { FakeClock } from './protocol/fakeClock';

export const answer = { code: '2.01', ok: true, request: { method: 'PUT', path: '/x' } } as Answer;
const notFound = { code: '4.04', ok: false, request: { method: 'GET', path: '/x' } } as Answer;
export const silence = new DotsError('unreachable', 'signal/no-answer', 'silence');
export const minute = 60_000;

/** As much of a session as those who keep one see. */
export interface FakeSession {
  session: SignalSession;
  state: SessionState;
  heard: number;
  heardAt: number;
  heartbeats: number[];
  closed: boolean;
  /** A message of the server arrives. */
  hear: () => void;
  change: (to: SessionState) => void;
  /** An answer or a notification of the server arrives. */
  tell: (answer: Answer) => void;
  onHeartbeat: () => void;
  /** The answers to questions about the configuration, and to a configuration that is sent. */
  onGet: (id?: number) => Promise<Answer>;
  onSend: (document: JsonObject) => Promise<Answer>;
  /** Those that were configured last. */
  parameters: TransmissionParameters | undefined;
}

export const usualServer = 'coaps://dots.example.net';

/** An open session over DTLS whose heartbeats get no answer, unless it is said otherwise. */
export function fakeSession(
  clock: FakeClock,
  { state = 'open' as SessionState, protocol = 'DTLS 1.2' as string | null, server = usualServer } = {},
): FakeSession {
  const made: FakeSession = {
    session: undefined as never,
    state,
    heard: 0,
    heardAt: clock.monotonic(),
    heartbeats: [],
    closed: false,
    hear: () => {
      made.heard += 1;
      made.heardAt = clock.monotonic();
    },
    change: () => undefined,
    tell: () => undefined,
    onHeartbeat: () => undefined,
    onGet: () => Promise.resolve(notFound),
    onSend: () => Promise.resolve(answer),
    parameters: undefined,
  };
  made.session = Object.assign(ends(made, clock), {
    server,
    ...(protocol !== null && { security: { protocol } }),
  }) as SignalSession;
  return made;
}

/** What the owner of a session calls; its state is that of the test at any time. */
function ends(made: FakeSession, clock: FakeClock): object {
  return {
    get state() {
      return made.state;
    },
    get heard() {
      return made.heard;
    },
    get heardAt() {
      return made.heardAt;
    },
    onDidChange: (listener: () => void) => {
      made.change = (to) => {
        made.state = to;
        listener();
      };
      return () => undefined;
    },
    configure: (parameters: TransmissionParameters) => {
      made.parameters = parameters;
    },
    get: ({ id }: { id?: number }) => made.onGet(id),
    send: (document: JsonObject) => made.onSend(document),
    onDidAnswer: (listener: (answer: Answer) => void) => {
      made.tell = listener;
      return () => undefined;
    },
    heartbeat: () => {
      made.heartbeats.push(clock.now());
      made.onHeartbeat();
      return Promise.reject(silence);
    },
    close: () => {
      made.closed = true;
      made.change('closed');
      return Promise.resolve();
    },
  };
}
