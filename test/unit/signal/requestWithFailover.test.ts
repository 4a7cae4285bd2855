import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { requestWithFailover, type FailoverOptions, type Remaining } from '#dots/signal/requestWithFailover';
import type { Answer, SignalSession } from '#dots/signal/session';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { answer, fakeSession, minute, silence } from '../../support/fakeSession';

/** Promises that a test settles: what is asked over each session, and the new session. */
class Asked {
  readonly over: {
    session: SignalSession;
    signal: AbortSignal | undefined;
    settle: (outcome: Answer | Error) => void;
  }[] = [];
  renewals: { signal: AbortSignal | undefined; settle: (outcome: SignalSession | Error) => void }[] = [];
  readonly outcome: Promise<unknown>;

  constructor(known: SignalSession | undefined, clock: FakeClock, more: Partial<FailoverOptions> = {}) {
    const promised = <T>(register: (settle: (outcome: T | Error) => void) => void): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        register((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      });
    const renew = ({ signal }: Remaining): Promise<SignalSession> =>
      promised((settle) => this.renewals.push({ signal, settle }));
    this.outcome = requestWithFailover({ known, renew, clock, ...more }, (session, { signal }) =>
      promised((settle) => this.over.push({ session, signal, settle })),
    );
    this.outcome.catch(() => undefined);
  }
}

test('a session that answers is all that is asked', async () => {
  const clock = new FakeClock();
  const { session } = fakeSession(clock);
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
    const [known, fresh] = [fakeSession(clock).session, fakeSession(clock).session];
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
  const { session } = fakeSession(clock);
  const asked = new Asked(session, clock);
  await clock.advance(3_000);
  asked.over[0]?.settle(answer);
  assert.deepEqual(await asked.outcome, { session, answer });
  assert.equal(asked.renewals[0]?.signal?.aborted, true);
});

test('a session that seems lost is asked and renewed at once', async () => {
  const clock = new FakeClock();
  const asked = new Asked(fakeSession(clock, { state: 'lost' }).session, clock);
  await clock.advance(0);
  assert.deepEqual([asked.over.length, asked.renewals.length], [1, 1]);
});

test('where the session cannot be used any more a new one is opened at once', async () => {
  const clock = new FakeClock();
  const asked = new Asked(fakeSession(clock).session, clock);
  asked.over[0]?.settle(new DotsError('unreachable', 'coap/closed', 'closed'));
  await settle();
  assert.equal(asked.renewals.length, 1);
  for (const none of [undefined, fakeSession(clock, { state: 'closed' }).session]) {
    const first = new Asked(none, clock);
    assert.deepEqual([first.over.length, first.renewals.length], [0, 1]);
  }
});

test('plain CoAP has no handshake, so there is nothing to renew', async () => {
  const clock = new FakeClock();
  const asked = new Asked(fakeSession(clock, { state: 'lost', protocol: null }).session, clock);
  await clock.advance(minute);
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, silence);
  assert.equal(asked.renewals.length, 0);
});

test('what is wrong with the request is wrong over every session', async () => {
  const clock = new FakeClock();
  const asked = new Asked(fakeSession(clock).session, clock);
  const wrong = new DotsError('malformed', 'cbor/x', 'wrong');
  asked.over[0]?.settle(wrong);
  await assert.rejects(asked.outcome, wrong);
  assert.equal(asked.renewals.length, 0);
});

test('where no session answers, the failure to open another one is reported', async () => {
  const clock = new FakeClock();
  const asked = new Asked(fakeSession(clock).session, clock);
  const refused = new DotsError('unreachable', 'transport/unknown-ca', 'refused');
  await clock.advance(3_000);
  asked.renewals[0]?.settle(refused);
  await settle();
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, refused);
});

test('a caller that gives up ends the request and the attempt to open a session', async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const asked = new Asked(fakeSession(clock).session, clock, { signal: controller.signal });
  await clock.advance(3_000);
  controller.abort();
  assert.deepEqual([asked.over[0]?.signal?.aborted, asked.renewals[0]?.signal?.aborted], [true, true]);
});

test('where the time for the answer is over, no other session is opened', async () => {
  const clock = new FakeClock();
  const asked = new Asked(fakeSession(clock).session, clock, { timeoutMs: 1_000 });
  await clock.advance(1_000);
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, silence);
  assert.equal(asked.renewals.length, 0);
});

test('each step has what is left of the time', async () => {
  const clock = new FakeClock();
  const left: (number | undefined)[] = [];
  const outcome = requestWithFailover(
    {
      known: fakeSession(clock).session,
      clock,
      timeoutMs: 10_000,
      renew: async ({ timeoutMs }) => {
        left.push(timeoutMs);
        await clock.advance(2_000);
        return fakeSession(clock).session;
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

test('a second silence is reported as the first, because the request may have arrived', async () => {
  const clock = new FakeClock();
  const asked = new Asked(fakeSession(clock).session, clock);
  await clock.advance(3_000);
  asked.renewals[0]?.settle(new DotsError('unreachable', 'transport/no-answer', 'nobody there'));
  await settle();
  asked.over[0]?.settle(silence);
  await assert.rejects(asked.outcome, silence);
});
