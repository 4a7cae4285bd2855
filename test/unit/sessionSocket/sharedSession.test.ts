import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeeperEvent, KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import type { Relay } from '#dots/sessionSocket/relayedMessenger';
import type { Keeper } from '#dots/sessionSocket/relayedKeeper';
import { SharedSession } from '#dots/sessionSocket/sharedSession';
import { answer, fakeSession, minute } from '../../support/fakeSession';
import { FakeClock } from '../../support/protocol/fakeClock';

const snapshot = { state: 'connected', session: 'open', server: 's', cuid: 'c', stateMs: 0 } as KeeperSnapshot;

function scene(relay: Relay) {
  const clock = new FakeClock();
  const calls = { relayed: 0, own: 0, closed: 0 };
  const own = (): Keeper => ({
    snapshot: { ...snapshot, state: 'never-reached' },
    onEvent: () => () => undefined,
    open: () => Promise.resolve(fakeSession(clock).session),
    ask: () => {
      calls.own += 1;
      return Promise.resolve({ session: fakeSession(clock).session, answer });
    },
    close: () => {
      calls.closed += 1;
      return Promise.resolve();
    },
  });
  const counted: Relay = (call, line, signal) => {
    if (call.type === 'follow') calls.relayed += 1;
    return relay(call, line, signal);
  };
  const session = new SharedSession({ find: () => counted, own, clock });
  const events: KeeperEvent['type'][] = [];
  session.onEvent(({ type }) => events.push(type));
  return { clock, calls, session, events };
}

const ask = (session: SharedSession) => session.ask((open) => open.status());

test('a dots session that hangs is asked again after a minute, not before', async () => {
  const { clock, calls, session } = scene(() => Promise.resolve('silent'));
  await ask(session);
  await ask(session);
  assert.deepEqual(calls, { relayed: 1, own: 2, closed: 0 });
  await clock.advance(minute);
  await ask(session);
  assert.deepEqual(calls, { relayed: 2, own: 3, closed: 0 });
});

test('where none runs it is looked for before each request', async () => {
  const { calls, session } = scene(() => Promise.resolve('refused'));
  await ask(session);
  await ask(session);
  assert.deepEqual(calls, { relayed: 2, own: 2, closed: 0 });
});

test('a session that is open there is reported, and one that ends there continues here', async () => {
  let end = (): void => undefined;
  const { session, events, calls } = scene((call, line) => {
    if (call.type === 'follow') line({ type: 'session', snapshot, opened: 1 });
    return call.type === 'follow'
      ? new Promise((resolve) => (end = () => resolve('silent')))
      : Promise.resolve('silent');
  });
  await session.open();
  assert.equal(session.isShared, true);
  assert.deepEqual(events, ['opened', 'state']);
  end();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(session.isShared, false);
  await ask(session);
  assert.equal(calls.own, 1);
});

test('a request that dots session does not answer is sent here', async () => {
  const { session, calls } = scene((call, line) => {
    if (call.type === 'follow') line({ type: 'session', snapshot, opened: 1 });
    return call.type === 'follow' ? new Promise(() => undefined) : Promise.resolve('silent');
  });
  await session.open();
  await ask(session);
  assert.deepEqual([calls.own, session.isShared], [1, false]);
});
