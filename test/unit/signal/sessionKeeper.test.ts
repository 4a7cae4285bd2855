import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { askOver, type AskOverOptions, type Left } from '#dots/signal/requestWithFailover';
import { KeptSession } from '#dots/signal/sessionKeeper';
import type { Answer, SignalSession, SessionState } from '#dots/signal/session';
import { FakeClock, settle } from '../../support/protocol/fakeClock';

const answer = { code: '2.01', ok: true } as Answer;
const silence = new DotsError('unreachable', 'signal/no-answer', 'silence');
const minute = 60_000;

/** As much of a session as those who keep one see. */
interface Scene {
  session: SignalSession;
  state: SessionState;
  heard: number;
  heartbeats: number[];
  closed: boolean;
  change: (to: SessionState) => void;
}

function scene(
  clock: FakeClock,
  { state = 'open' as SessionState, protocol = 'DTLS 1.2' as string | null } = {},
): Scene {
  const made: Scene = {
    session: undefined as never,
    state,
    heard: 0,
    heartbeats: [],
    closed: false,
    change: () => undefined,
  };
  made.session = {
    get state() {
      return made.state;
    },
    get heard() {
      return made.heard;
    },
    ...(protocol !== null && { security: { protocol } }),
    onDidChange: (listener: () => void) => {
      made.change = (to) => {
        made.state = to;
        listener();
      };
      return () => undefined;
    },
    heartbeat: () => {
      made.heartbeats.push(clock.now());
      return Promise.reject(silence);
    },
    close: () => {
      made.closed = true;
      made.change('closed');
      return Promise.resolve();
    },
  } as unknown as SignalSession;
  return made;
}

/** Promises that a test settles: what is asked over each session, and the new session. */
class Asked {
  readonly over: {
    session: SignalSession;
    signal: AbortSignal | undefined;
    settle: (outcome: Answer | Error) => void;
  }[] = [];
  renewals: { signal: AbortSignal | undefined; settle: (outcome: SignalSession | Error) => void }[] = [];
  readonly outcome: Promise<unknown>;

  constructor(known: SignalSession | undefined, clock: FakeClock, more: Partial<AskOverOptions> = {}) {
    const promised = <T>(register: (settle: (outcome: T | Error) => void) => void): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        register((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      });
    const renew = ({ signal }: Left): Promise<SignalSession> =>
      promised((settle) => this.renewals.push({ signal, settle }));
    this.outcome = askOver({ known, renew, clock, ...more }, (session, { signal }) =>
      promised((settle) => this.over.push({ session, signal, settle })),
    );
    this.outcome.catch(() => undefined);
  }
}

test('a session that answers is all that is asked', async () => {
  const clock = new FakeClock();
  const { session } = scene(clock);
  const asked = new Asked(session, clock);
  await clock.advance(2_999);
  asked.over[0]?.settle(answer);
  assert.deepEqual(await asked.outcome, { session, answer });
  await clock.advance(minute);
  assert.deepEqual([asked.over.length, asked.renewals.length, clock.pending], [1, 0, 0]);
});

test('beside a session that keeps silent for three seconds a new one is asked, and the first answer counts', async () => {
  for (const first of ['new', 'known'] as const) {
    const clock = new FakeClock();
    const [known, fresh] = [scene(clock).session, scene(clock).session];
    const asked = new Asked(known, clock);
    await clock.advance(3_000);
    assert.equal(asked.renewals.length, 1);
    asked.renewals[0]?.settle(fresh);
    await settle();
    assert.deepEqual(
      asked.over.map(({ session }) => session),
      [known, fresh],
    );
    asked.over[first === 'new' ? 1 : 0]?.settle(answer);
    assert.deepEqual(await asked.outcome, { session: first === 'new' ? fresh : known, answer });
    assert.ok(
      asked.over.every(({ signal }) => signal?.aborted),
      'the other one is given up',
    );
  }
});

test('a session that answers while another one is opened ends that attempt', async () => {
  const clock = new FakeClock();
  const { session } = scene(clock);
  const asked = new Asked(session, clock);
  await clock.advance(3_000);
  asked.over[0]?.settle(answer);
  assert.deepEqual(await asked.outcome, { session, answer });
  assert.equal(asked.renewals[0]?.signal?.aborted, true);
});

test('a session that seems lost is asked and renewed at once', async () => {
  const clock = new FakeClock();
  const asked = new Asked(scene(clock, { state: 'lost' }).session, clock);
  await clock.advance(0);
  assert.deepEqual([asked.over.length, asked.renewals.length], [1, 1]);
});

test('where the session cannot be used any more a new one is opened at once', async () => {
  const clock = new FakeClock();
  const asked = new Asked(scene(clock).session, clock);
  asked.over[0]?.settle(new DotsError('unreachable', 'coap/closed', 'closed'));
  await settle();
  assert.equal(asked.renewals.length, 1);
  for (const none of [undefined, scene(clock, { state: 'closed' }).session]) {
    const first = new Asked(none, clock);
    assert.deepEqual([first.over.length, first.renewals.length], [0, 1]);
  }
});

test('plain CoAP has no handshake, so there is nothing to renew', async () => {
  const clock = new FakeClock();
  const asked = new Asked(scene(clock, { state: 'lost', protocol: null }).session, clock);
  await clock.advance(minute);
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, silence);
  assert.equal(asked.renewals.length, 0);
});

test('what is wrong with the request is wrong over every session', async () => {
  const clock = new FakeClock();
  const asked = new Asked(scene(clock).session, clock);
  const wrong = new DotsError('malformed', 'cbor/x', 'wrong');
  asked.over[0]?.settle(wrong);
  await assert.rejects(asked.outcome, wrong);
  assert.equal(asked.renewals.length, 0);
});

test('where no session answers, the failure to open another one is told', async () => {
  const clock = new FakeClock();
  const asked = new Asked(scene(clock).session, clock);
  const refused = new DotsError('unreachable', 'transport/unknown-ca', 'refused');
  await clock.advance(3_000);
  asked.renewals[0]?.settle(refused);
  await settle();
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, refused);
});

test('whoever gives up ends the request and the attempt to open a session', async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const asked = new Asked(scene(clock).session, clock, { signal: controller.signal });
  await clock.advance(3_000);
  controller.abort();
  assert.deepEqual([asked.over[0]?.signal?.aborted, asked.renewals[0]?.signal?.aborted], [true, true]);
});

test('where the time for the answer is over, no other session is opened', async () => {
  const clock = new FakeClock();
  const asked = new Asked(scene(clock).session, clock, { timeoutMs: 1_000 });
  await clock.advance(1_000);
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, silence);
  assert.equal(asked.renewals.length, 0);
});

test('each step has what is left of the time', async () => {
  const clock = new FakeClock();
  const left: (number | undefined)[] = [];
  const outcome = askOver(
    {
      known: scene(clock).session,
      clock,
      timeoutMs: 10_000,
      renew: async ({ timeoutMs }) => {
        left.push(timeoutMs);
        await clock.advance(2_000);
        return scene(clock).session;
      },
    },
    (_, { timeoutMs }) => {
      left.push(timeoutMs);
      return left.length === 1 ? new Promise(() => undefined) : Promise.resolve(answer);
    },
  );
  await clock.advance(3_000);
  await outcome;
  assert.deepEqual(left, [10_000, 7_000, 5_000]);
});

test('a second silence is told as the first, for what was asked may have arrived', async () => {
  const clock = new FakeClock();
  const asked = new Asked(scene(clock).session, clock);
  await clock.advance(3_000);
  asked.renewals[0]?.settle(new DotsError('unreachable', 'transport/no-answer', 'nobody there'));
  await settle();
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, silence);
});

interface Kept {
  kept: KeptSession;
  clock: FakeClock;
  opened: Scene[];
  changes: SessionState[];
  attempts: number[];
  failures: unknown[];
  fails: boolean;
}

/** A kept session whose sessions are scenes, and when each of them was asked for. */
function keep(): Kept {
  const clock = new FakeClock();
  const made: Kept = {
    kept: undefined as never,
    clock,
    opened: [],
    changes: [],
    attempts: [],
    failures: [],
    fails: false,
  };
  made.kept = new KeptSession({
    clock,
    failed: (error, what) => made.failures.push([what, error]),
    changed: ({ state }) => made.changes.push(state),
    open: () => {
      made.attempts.push(clock.now());
      if (made.fails) return Promise.reject(silence);
      const each = scene(clock);
      made.opened.push(each);
      return Promise.resolve(each.session);
    },
  });
  return made;
}

const answering = (): Promise<Answer> => Promise.resolve(answer);

test('a session is opened once, whoever asks, and has a heartbeat every 30 seconds', async () => {
  const { kept, clock, opened } = keep();
  const start = clock.now();
  await Promise.all([kept.ask(answering), kept.ask(answering), kept.open()]);
  await clock.advance(95_000);
  assert.equal(opened.length, 1);
  assert.deepEqual(
    opened[0]?.heartbeats.map((at) => at - start),
    [30_000, 60_000, 90_000],
  );
  await kept.close();
  assert.deepEqual([opened[0]?.closed, clock.pending], [true, 0]);
});

test('15 heartbeats without an answer, and the session is opened again; one that is answered starts the count anew', async () => {
  const { kept, clock, opened } = keep();
  await kept.open();
  await clock.advance(14 * 30_000);
  opened[0]!.heard += 1;
  await clock.advance(15 * 30_000);
  assert.equal(opened.length, 1);
  await clock.advance(2 * 30_000);
  assert.deepEqual([opened.length, opened[0]?.closed, opened[1]?.closed], [2, true, false]);
  await kept.close();
});

test('a session that cannot be opened again is tried every five minutes, while heartbeats go on over the old one', async () => {
  const made = keep();
  const { kept, clock, opened, attempts, failures } = made;
  await kept.open();
  made.fails = true;
  await clock.advance(60 * minute);
  const gaps = attempts.slice(2).map((at, index) => at - attempts[index + 1]!);
  assert.ok(gaps.length >= 8 && gaps.every((gap) => gap >= 5 * minute), String(gaps));
  assert.equal(failures.length, attempts.length - 1);
  assert.equal(opened[0]?.heartbeats.length, 120);
  made.fails = false;
  await clock.advance(6 * minute);
  assert.deepEqual([opened.length, opened[0]?.closed], [2, true]);
  await kept.close();
});

test('a session that its server has closed is opened again, and whoever asks does not wait for that', async () => {
  const { kept, clock, opened } = keep();
  await kept.open();
  await clock.advance(5 * minute);
  opened[0]!.heard += 1;
  opened[0]!.state = 'closed';
  await clock.advance(30_000);
  assert.equal(opened.length, 2);
  opened[1]!.state = 'closed';
  const { session } = await kept.ask(answering);
  assert.equal(session, opened[2]?.session);
  await kept.close();
});

test('a session over TLS goes on over DTLS once that works', async () => {
  const clock = new FakeClock();
  const [overTls, overDtls] = [scene(clock, { protocol: 'TLS 1.3' }), scene(clock)];
  let asked = 0;
  const kept = new KeptSession({
    clock,
    open: () => Promise.resolve(overTls.session),
    overDtls: () => {
      asked += 1;
      return Promise.resolve(asked < 3 ? undefined : overDtls.session);
    },
  });
  await kept.open();
  await clock.advance(10 * 30_000);
  assert.deepEqual([asked, overTls.closed, overDtls.closed, await kept.open()], [3, true, false, overDtls.session]);
  await kept.close();
});

test('changes of the session that is kept are told, not the end of one that was replaced or of the whole', async () => {
  const { kept, clock, opened, changes } = keep();
  await kept.open();
  for (const state of ['lost', 'open', 'closed'] as const) opened[0]!.change(state);
  await clock.advance(6 * minute);
  assert.equal(opened.length, 2);
  opened[0]!.change('lost');
  opened[1]!.change('lost');
  await kept.close();
  assert.deepEqual(changes, ['lost', 'open', 'closed', 'lost']);
});

test('a request under way is not ended by the session that takes the place of its own', async () => {
  for (const first of ['before', 'after'] as const) {
    const clock = new FakeClock();
    const [overTls, overDtls] = [scene(clock, { protocol: 'TLS 1.3' }), scene(clock)];
    const kept = new KeptSession({
      clock,
      open: () => Promise.resolve(overTls.session),
      overDtls: () => Promise.resolve(overDtls.session),
    });
    await kept.open();
    await clock.advance(29_900);
    const settles: ((answer: Answer) => void)[] = [];
    const asked = kept.ask(
      () =>
        new Promise((resolve) => {
          settles.push(resolve);
        }),
    );
    await clock.advance(100);
    assert.deepEqual([await kept.open(), overTls.closed], [overDtls.session, false]);
    if (first === 'after') await clock.advance(2_900);
    settles[first === 'before' ? 0 : 1]?.(answer);
    assert.equal((await asked).session, first === 'before' ? overTls.session : overDtls.session);
    assert.deepEqual([overTls.closed, overDtls.closed], [true, false]);
    await kept.close();
  }
});

test('a session that was found over DTLS too late is closed', async () => {
  const clock = new FakeClock();
  const [overTls, overDtls, fresh] = [scene(clock, { protocol: 'TLS 1.3' }), scene(clock), scene(clock)];
  let found: (session: SignalSession) => void = () => undefined;
  let opened = 0;
  const kept = new KeptSession({
    clock,
    open: () => Promise.resolve([overTls, fresh][opened++]!.session),
    overDtls: () =>
      new Promise((resolve) => {
        found = resolve;
      }),
  });
  await kept.open();
  await clock.advance(30_000);
  overTls.state = 'closed';
  await kept.ask(answering);
  found(overDtls.session);
  await clock.advance(0);
  assert.deepEqual([overDtls.closed, await kept.open()], [true, fresh.session]);
  await kept.close();
});

test('a server that lets nobody stay is asked again after a minute, not at each heartbeat', async () => {
  const { kept, clock, opened } = keep();
  await kept.open();
  for (let beat = 0; beat < 20; beat += 1) {
    opened.at(-1)!.state = 'closed';
    await clock.advance(30_000);
  }
  assert.equal(opened.length, 11);
  await kept.close();
});

test('whoever has less time does not wait as long as the others, and ends the attempt for nobody', async () => {
  const clock = new FakeClock();
  const made = scene(clock);
  let stands: (session: SignalSession) => void = () => assert.fail();
  let attempts = 0;
  const kept = new KeptSession({
    clock,
    open: () =>
      new Promise((resolve) => {
        attempts += 1;
        stands = resolve;
      }),
  });
  const short = assert.rejects(kept.ask(answering, { timeoutMs: 2_000 }), { code: 'transport/no-answer' });
  const long = kept.ask(answering, { timeoutMs: 12_000 });
  const controller = new AbortController();
  const given = assert.rejects(kept.ask(answering, { signal: controller.signal }), { code: 'transport/cancelled' });
  controller.abort();
  await given;
  await clock.advance(2_000);
  await short;
  await clock.advance(8_000);
  stands(made.session);
  assert.equal((await long).session, made.session);
  assert.equal(attempts, 1);
  await kept.close();
  assert.equal(clock.pending, 0);
});

test('the end gives up an attempt to open a session', async () => {
  const clock = new FakeClock();
  let given: AbortSignal | undefined;
  const failures: unknown[] = [];
  const kept = new KeptSession({
    clock,
    failed: (error) => failures.push(error),
    open: ({ signal }) =>
      new Promise((_, reject) => {
        given = signal;
        signal?.addEventListener('abort', () => reject(silence));
      }),
  });
  const opening = assert.rejects(kept.open(), silence);
  await kept.close();
  await opening;
  assert.deepEqual([given?.aborted, failures, clock.pending], [true, [], 0]);
});

test('nothing is opened after the end', async () => {
  const { kept, clock, opened } = keep();
  const opening = kept.open();
  await kept.close();
  await assert.rejects(opening, { code: 'signal/closed' });
  await clock.advance(60 * minute);
  assert.deepEqual([opened.length, opened[0]?.closed, clock.pending], [1, true, 0]);
});
