import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionKeeper } from '#dots/signal/sessionKeeper';
import type { Answer, SignalSession, SessionState } from '#dots/signal/session';
import { FakeClock } from '../../support/protocol/fakeClock';
import { answer, fakeSession, minute, silence, type FakeSession } from '../../support/fakeSession';

interface Kept {
  kept: SessionKeeper;
  clock: FakeClock;
  opened: FakeSession[];
  changes: SessionState[];
  attempts: number[];
  failures: unknown[];
  fails: boolean;
}

/** A kept session whose sessions are those of the test, and when each of them was asked for. */
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
  made.kept = new SessionKeeper({
    clock,
    failed: (error, what) => made.failures.push([what, error]),
    changed: ({ state }) => made.changes.push(state),
    open: () => {
      made.attempts.push(clock.now());
      if (made.fails) return Promise.reject(silence);
      const each = fakeSession(clock);
      made.opened.push(each);
      return Promise.resolve(each.session);
    },
  });
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

test('a session that its server has closed is opened again, and callers do not wait for that', async () => {
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
  const [overTls, overDtls] = [fakeSession(clock, { protocol: 'TLS 1.3' }), fakeSession(clock)];
  let asked = 0;
  const kept = new SessionKeeper({
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

test('changes of the session that is kept are reported, not the end of one that was replaced or of the whole', async () => {
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
    const [overTls, overDtls] = [fakeSession(clock, { protocol: 'TLS 1.3' }), fakeSession(clock)];
    const kept = new SessionKeeper({
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
  const [overTls, overDtls, fresh] = [
    fakeSession(clock, { protocol: 'TLS 1.3' }),
    fakeSession(clock),
    fakeSession(clock),
  ];
  let found: (session: SignalSession) => void = () => undefined;
  let opened = 0;
  const kept = new SessionKeeper({
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

test('a server that keeps no session is asked again after a minute, not at each heartbeat', async () => {
  const { kept, clock, opened } = keep();
  await kept.open();
  for (let beat = 0; beat < 20; beat += 1) {
    opened.at(-1)!.state = 'closed';
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
