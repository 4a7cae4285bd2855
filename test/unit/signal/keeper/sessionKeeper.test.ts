import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import type { Answer, SignalSession } from '#dots/signal/session';
import { DotsError } from '#dots/model/errors';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { answer, fakeSession, minute, silence, type FakeSession } from '../../../support/fakeSession';

interface Kept {
  kept: SessionKeeper;
  clock: FakeClock;
  opened: FakeSession[];
  events: KeeperEvent[];
  attempts: number[];
  /** Why the next attempts fail. */
  error: DotsError | undefined;
}

const client = { server: 'coaps://dots.example.net', cuid: 'c' };

/** The states that were reported, in order. */
const statesOf = ({ events }: Kept): string[] =>
  events.flatMap((event) => (event.type === 'state' ? [event.snapshot.state] : []));
const failuresOf = ({ events }: Kept): unknown[] =>
  events.flatMap((event) => (event.type === 'failed' ? [event.error] : []));

/** A kept session whose sessions are those of the test, and when each of them was asked for. */
function keep(): Kept {
  const clock = new FakeClock();
  const made: Kept = {
    kept: undefined as never,
    clock,
    opened: [],
    events: [],
    attempts: [],
    error: undefined,
  };
  made.kept = new SessionKeeper({
    ...client,
    clock,
    open: () => {
      made.attempts.push(clock.monotonic());
      if (made.error !== undefined) return Promise.reject(made.error);
      const each = fakeSession(clock);
      made.opened.push(each);
      return Promise.resolve(each.session);
    },
  });
  made.kept.onEvent((event) => made.events.push(event));
  return made;
}

const answering = (): Promise<Answer> => Promise.resolve(answer);

test('a session is opened once, for all callers, and has a heartbeat every 30 seconds', async () => {
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
  const { kept, clock, opened, attempts } = made;
  await kept.open();
  made.error = silence;
  await clock.advance(60 * minute);
  const gaps = attempts.slice(2).map((at, index) => at - attempts[index + 1]!);
  assert.ok(gaps.length >= 8 && gaps.every((gap) => gap >= 5 * minute), String(gaps));
  assert.equal(failuresOf(made).length, attempts.length - 1);
  assert.equal(opened[0]?.heartbeats.length, 120);
  made.error = undefined;
  await clock.advance(6 * minute);
  assert.deepEqual([opened.length, opened[0]?.closed], [2, true]);
  await kept.close();
});

test('a session that its server has closed is opened again, and callers do not wait for that', async () => {
  const { kept, clock, opened } = keep();
  await kept.open();
  await clock.advance(5 * minute);
  opened[0]!.heard += 1;
  opened[0]!.change('closed');
  await clock.advance(0);
  assert.equal(opened.length, 2);
  opened[1]!.change('closed');
  const { session } = await kept.ask(answering);
  assert.equal(session, opened[2]?.session);
  await kept.close();
});

test('a session over TLS goes on over DTLS once that works', async () => {
  const clock = new FakeClock();
  const [overTls, overDtls] = [fakeSession(clock, { protocol: 'TLS 1.3' }), fakeSession(clock)];
  let asked = 0;
  const kept = new SessionKeeper({
    ...client,
    clock,
    open: () => Promise.resolve(overTls.session),
    overDtls: () => {
      asked += 1;
      return Promise.resolve(asked < 3 ? undefined : overDtls.session);
    },
  });
  overTls.onHeartbeat = () => overTls.hear();
  await kept.open();
  await clock.advance(20 * minute);
  assert.deepEqual([asked, overTls.closed, overDtls.closed, await kept.open()], [3, true, false, overDtls.session]);
  await kept.close();
});

test('changes of the session that is kept are reported, not the end of one that was replaced', async () => {
  const made = keep();
  const { kept, clock, opened } = made;
  await kept.open();
  for (const state of ['lost', 'open', 'closed'] as const) opened[0]!.change(state);
  await clock.advance(6 * minute);
  assert.equal(opened.length, 2);
  opened[0]!.change('lost');
  opened[1]!.change('lost');
  await kept.close();
  assert.deepEqual(statesOf(made), [
    'connecting',
    'connected',
    'not-responding',
    'connected',
    'not-responding',
    'connected',
    'not-responding',
    'closed',
  ]);
});

test('a server that is absent at the start is attempted until it is reached', async () => {
  const made = keep();
  const { kept, clock, opened, attempts } = made;
  made.error = silence;
  kept.keepTrying();
  await clock.advance(30 * minute);
  assert.deepEqual([attempts.length, attempts[1], kept.snapshot.state], [361, 5_000, 'never-reached']);
  assert.deepEqual([kept.snapshot.error, kept.snapshot.nextAttemptMs, clock.pending], [silence, 5_000, 1]);
  made.error = undefined;
  await clock.advance(5_000);
  assert.deepEqual([opened.length, kept.snapshot.state, kept.snapshot.error], [1, 'connected', undefined]);
  assert.deepEqual(statesOf(made), ['connecting', 'never-reached', 'connected']);
  await kept.close();
  assert.equal(clock.pending, 0);
});

test('a refusal is reported at once, and attempted again every five minutes', async () => {
  const made = keep();
  const { kept, clock, attempts } = made;
  made.error = new DotsError('unreachable', 'transport/expired', 'The certificate has expired.');
  kept.keepTrying();
  await clock.advance(0);
  assert.deepEqual([statesOf(made), failuresOf(made)], [['connecting', 'refused'], [made.error]]);
  await clock.advance(11 * minute);
  assert.deepEqual(attempts, [0, 5 * minute, 10 * minute]);
  made.error = undefined;
  await clock.advance(5 * minute);
  assert.equal(kept.snapshot.state, 'connected');
  await kept.close();
});

test('the snapshot has the age of the last message and of the state by the time that passed', async () => {
  const made = keep();
  const { kept, clock, opened } = made;
  await kept.open();
  await clock.advance(10_000);
  opened[0]!.hear();
  clock.set(Date.UTC(2020, 0, 1));
  await clock.advance(7_000);
  const { stateMs, heardMs, server, cuid, session } = kept.snapshot;
  assert.deepEqual(
    { stateMs, heardMs, server, cuid, session },
    { stateMs: 17_000, heardMs: 7_000, ...client, session: 'open' },
  );
  await kept.close();
});

test('a link that is cut for an hour: heartbeats and attempts go on, and stop being needed when the server answers', async () => {
  const made = keep();
  const { kept, clock, opened, attempts } = made;
  await kept.open();
  opened[0]!.onHeartbeat = () => opened[0]!.hear();
  await clock.advance(10 * minute);
  made.error = silence;
  opened[0]!.onHeartbeat = () => opened[0]!.change('lost');
  await clock.advance(60 * minute);
  assert.equal(kept.snapshot.state, 'not-responding');
  const { length } = attempts;
  assert.ok(length >= 12 && length <= 14, String(length));
  assert.equal(opened[0]!.heartbeats.length, 140);
  opened[0]!.onHeartbeat = () => opened[0]!.hear();
  opened[0]!.hear();
  opened[0]!.change('open');
  await clock.advance(60 * minute);
  assert.deepEqual([kept.snapshot.state, attempts.length, opened.length], ['connected', length, 1]);
  await kept.close();
  assert.equal(clock.pending, 0);
});

test('a clock that is set back or ahead changes neither heartbeats nor attempts', async () => {
  for (const wall of [Date.UTC(2000, 0, 1), Date.UTC(2050, 0, 1)]) {
    const { kept, clock, opened, attempts } = keep();
    await kept.open();
    clock.set(wall);
    await clock.advance(95_000);
    assert.deepEqual([opened[0]?.heartbeats.length, attempts.length], [3, 1]);
    opened[0]!.change('closed');
    await clock.advance(0);
    assert.equal(opened.length, 2);
    await kept.close();
  }
});

test('a hundred sessions for a day: a heartbeat each 30 seconds, one timer each, and none at the end', async () => {
  const clock = new FakeClock();
  const sessions = Array.from({ length: 100 }, () => fakeSession(clock));
  const keepers = sessions.map(
    (each) => new SessionKeeper({ ...client, clock, open: () => Promise.resolve(each.session) }),
  );
  await Promise.all(keepers.map((each) => each.open()));
  for (const each of sessions) each.onHeartbeat = () => each.hear();
  const timers = clock.pending;
  await clock.leap(24 * 60 * minute);
  assert.ok(sessions.every(({ heartbeats }) => heartbeats.length === 2 * 24 * 60));
  assert.deepEqual([timers, clock.pending], [100, 100]);
  await Promise.all(keepers.map((each) => each.close()));
  assert.equal(clock.pending, 0);
});

test('a request under way is not ended by the session that takes the place of its own', async () => {
  for (const first of ['before', 'after'] as const) {
    const clock = new FakeClock();
    const [overTls, overDtls] = [fakeSession(clock, { protocol: 'TLS 1.3' }), fakeSession(clock)];
    const kept = new SessionKeeper({
      ...client,
      clock,
      open: () => Promise.resolve(overTls.session),
      overDtls: () => Promise.resolve(overDtls.session),
    });
    await kept.open();
    await clock.advance(5 * minute - 100);
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
  const [overTls, overDtls, fresh] = [
    fakeSession(clock, { protocol: 'TLS 1.3' }),
    fakeSession(clock),
    fakeSession(clock),
  ];
  let found: (session: SignalSession) => void = () => undefined;
  let opened = 0;
  const kept = new SessionKeeper({
    ...client,
    clock,
    open: () => Promise.resolve([overTls, fresh][opened++]!.session),
    overDtls: () =>
      new Promise((resolve) => {
        found = resolve;
      }),
  });
  await kept.open();
  await clock.advance(5 * minute);
  overTls.change('closed');
  await kept.ask(answering);
  found(overDtls.session);
  await clock.advance(0);
  assert.deepEqual([overDtls.closed, await kept.open()], [true, fresh.session]);
  await kept.close();
});

test('a server that keeps no session is asked again after a minute, not at each heartbeat', async () => {
  const { kept, clock, opened } = keep();
  await kept.open();
  for (let beat = 0; beat < 20; beat += 1) {
    opened.at(-1)!.change('closed');
    await clock.advance(30_000);
  }
  assert.equal(opened.length, 11);
  await kept.close();
});

test('a caller with less time does not wait as long as the others, and ends the attempt for none of them', async () => {
  const clock = new FakeClock();
  const made = fakeSession(clock);
  let established: (session: SignalSession) => void = () => assert.fail();
  let attempts = 0;
  const kept = new SessionKeeper({
    ...client,
    clock,
    open: () =>
      new Promise((resolve) => {
        attempts += 1;
        established = resolve;
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
  established(made.session);
  assert.equal((await long).session, made.session);
  assert.equal(attempts, 1);
  await kept.close();
  assert.equal(clock.pending, 0);
});

test('the end gives up an attempt to open a session', async () => {
  const clock = new FakeClock();
  let given: AbortSignal | undefined;
  const failures: unknown[] = [];
  const kept = new SessionKeeper({
    ...client,
    clock,
    open: ({ signal }) =>
      new Promise((_, reject) => {
        given = signal;
        signal?.addEventListener('abort', () => reject(silence));
      }),
  });
  kept.onEvent((event) => event.type === 'failed' && failures.push(event));
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
