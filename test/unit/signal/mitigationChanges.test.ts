import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import type { Answer } from '#dots/signal/answer';
import { MitigationChanges } from '#dots/signal/mitigationChanges';

const mitigating = 'attack-successfully-mitigated';
const terminated = 'attack-mitigation-terminated';

const answerWith = (...scope: JsonObject[]): Answer =>
  ({ code: '2.05', ok: true, body: { 'ietf-dots-signal-channel:mitigation-scope': { scope } } }) as unknown as Answer;
const notFound = { code: '4.04', ok: false } as Answer;

const one = (mid: number, status = mitigating, more: JsonObject = {}): JsonObject => ({
  mid,
  'target-prefix': ['192.0.2.0/24'],
  status,
  lifetime: 100,
  ...more,
});

/** Names and mids of the events of each state in turn. */
function events(changes: MitigationChanges, ...states: Answer[]): string[][] {
  return states.map((state) => changes.take(state).map(({ event, mid }) => `${event} ${mid}`));
}

test('what exists is present, what comes is added, and what goes has ended', () => {
  const changes = new MitigationChanges();
  assert.deepEqual(
    events(changes, answerWith(one(1), one(2)), answerWith(one(1), one(3)), answerWith(one(1)), notFound),
    [['present 1', 'present 2'], ['added 3', 'ended 2'], ['ended 3'], ['ended 1']],
  );
  assert.equal(changes.isOver, true);
});

test('a lifetime that runs down is no change; a longer one, another status and a counter are', () => {
  const changes = new MitigationChanges();
  const states = [
    one(1),
    one(1, mitigating, { lifetime: 90 }),
    one(1, mitigating, { lifetime: 3600 }),
    one(1, mitigating, { lifetime: -1 }),
    one(1, mitigating, { lifetime: -1, 'bytes-dropped': '7' }),
    one(1, 'attack-stopped', { 'bytes-dropped': '7' }),
    one(1, terminated, { lifetime: 0 }),
  ];
  assert.deepEqual(events(changes, ...states.map((state) => answerWith(state))).flat(), [
    'present 1',
    ...['changed 1', 'changed 1', 'changed 1', 'changed 1'],
    'ended 1',
  ]);
  assert.equal(changes.isOver, true);
});

test('one that was over before is present, and its disappearance is no event', () => {
  const changes = new MitigationChanges();
  assert.deepEqual(events(changes, answerWith(one(1, terminated)), notFound), [['present 1'], []]);
});

test('a list that is not whole does not show that anything has ended', () => {
  const changes = new MitigationChanges();
  changes.take(answerWith(one(1), one(2)));
  assert.deepEqual(changes.take({ ...answerWith(one(1)), broken: true }), []);
  assert.deepEqual(changes.running, [1, 2]);
});

test('of one mid only, the answer need not repeat it', () => {
  const changes = new MitigationChanges(7);
  const scope = { status: mitigating, lifetime: 100 };
  assert.deepEqual(events(changes, answerWith(scope), answerWith({ ...scope, status: 'attack-stopped' }), notFound), [
    ['present 7'],
    ['changed 7'],
    ['ended 7'],
  ]);
});
