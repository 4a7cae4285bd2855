import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '#dots/signal/answer';
import { LastingObservation } from '#dots/signal/lastingObservation';
import { mitigate } from '#dots/signal/resources';
import type { SignalSession } from '#dots/signal/session';
import { FakeClock } from '../../support/protocol/fakeClock';
import { answer, fakeSession, silence, type FakeSession } from '../../support/fakeSession';

interface Observed extends FakeSession {
  /** Delivers a state. */
  notify: (state: Answer) => void;
  stopped: boolean;
  /** Whether the registration gets no answer. */
  silent: boolean;
}

function observedSession(clock: FakeClock): Observed {
  const made = Object.assign(fakeSession(clock), {
    notify: () => undefined,
    stopped: false,
    silent: false,
  }) as Observed;
  made.session.watch = (_question, listener) => {
    if (made.silent) return Promise.reject(silence);
    made.notify = listener;
    listener(answer);
    return Promise.resolve(() => {
      made.stopped = true;
    });
  };
  return made;
}

/** An observation, what it reports, and how often the server was asked. */
function scene() {
  const clock = new FakeClock();
  const heard: string[] = [];
  const made = {
    clock,
    heard,
    asked: 0,
    reply: (): Promise<{ session: SignalSession; answer: Answer }> => Promise.reject(silence),
  };
  const observation = new LastingObservation({
    clock,
    question: { resource: mitigate },
    observer: {
      state: ({ code }) => heard.push(code),
      lost: () => heard.push('lost'),
      returned: () => heard.push('returned'),
    },
    ask: () => {
      made.asked++;
      return made.reply();
    },
  });
  return Object.assign(made, { observation });
}

test('a lost session is reported once, the server is asked until it answers, and the next session is observed', async () => {
  const made = scene();
  const { clock, heard, observation } = made;
  const [first, second] = [observedSession(clock), observedSession(clock)];
  await observation.over(first.session);
  first.change('lost');
  first.change('closed');
  await clock.advance(65_000);
  assert.deepEqual(heard, ['2.01', 'lost']);
  await observation.over(second.session);
  assert.deepEqual(heard, ['2.01', 'lost', 'returned', '2.01']);
  assert.equal(first.stopped, true);
  first.notify(answer);
  second.notify(answer);
  assert.equal(heard.length, 5);
  await clock.advance(120_000);
  assert.equal(clock.pending, 0);
  assert.equal(made.asked, 3);
});

test('a session that answers again is observed anew, because the server may have removed the observation', async () => {
  const { clock, heard, observation } = scene();
  const only = observedSession(clock);
  await observation.over(only.session);
  only.change('lost');
  only.change('open');
  await clock.advance(0);
  assert.deepEqual(heard, ['2.01', 'lost', 'returned', '2.01']);
});

test('a registration without an answer is repeated over the next session', async () => {
  const { clock, heard, observation } = scene();
  const [first, second] = [observedSession(clock), observedSession(clock)];
  first.silent = true;
  await assert.rejects(observation.over(first.session), silence);
  await observation.over(second.session);
  assert.deepEqual(heard, ['2.01']);
});

test('an answer that is not ok ends the observation, and nothing goes on', async () => {
  const { clock, heard, observation } = scene();
  const only = observedSession(clock);
  await observation.over(only.session);
  only.notify({ ...answer, code: '4.04', ok: false });
  only.change('lost');
  only.notify(answer);
  assert.deepEqual(heard, ['2.01', '4.04']);
  assert.deepEqual([only.stopped, clock.pending], [true, 0]);
});
