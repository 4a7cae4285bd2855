import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import { negotiated } from '#dots/signal/keeper/configuration';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { Answer } from '#dots/signal/session';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { fakeSession, minute, silence, type FakeSession } from '../../../support/fakeSession';

const top = 'ietf-dots-signal-channel:signal-config';
const client = { server: 'coaps://dots.example.net', cuid: 'c' };

const whole = (current: number, min: number, max: number): JsonObject => ({
  'current-value': current,
  'min-value': min,
  'max-value': max,
});

const decimal = (current: string, min: string, max: string): JsonObject => ({
  'current-value-decimal': current,
  'min-value-decimal': min,
  'max-value-decimal': max,
});

/** A server as in RFC 9132 figure 20, with some values changed. */
const announced = (mitigating: JsonObject = {}, idle: JsonObject = mitigating): JsonObject => {
  const set = {
    'heartbeat-interval': whole(30, 15, 240),
    'missing-hb-allowed': whole(15, 3, 20),
    'max-retransmit': whole(3, 2, 15),
    'ack-timeout': decimal('2.00', '1.00', '30.00'),
    'ack-random-factor': decimal('1.50', '1.10', '4.00'),
  };
  return { [top]: { 'mitigating-config': { ...set, ...mitigating }, 'idle-config': { ...set, ...idle } } };
};

const wantedIn = (set: 'mitigating-config' | 'idle-config', values: JsonObject): JsonObject => ({
  [top]: { [set]: values },
});

test('what the server has is used where nothing else is wanted, and nothing is sent', () => {
  const answer = announced({ 'heartbeat-interval': whole(60, 15, 240) }, { 'heartbeat-interval': whole(0, 15, 240) });
  const { configuration, request } = negotiated(answer, undefined, false);
  assert.deepEqual(
    [configuration.mitigating.heartbeatInterval, configuration.idle.heartbeatInterval, request],
    [60, 0, undefined],
  );
  assert.deepEqual(
    [configuration.idle.probingRate, configuration.idle.ackRandomFactor],
    [5, 1.5],
    'a default, and theirs',
  );
});

test('a wanted value is moved into the range of the server, and only what differs is sent', () => {
  const wanted = wantedIn('idle-config', {
    'heartbeat-interval': { 'current-value': 300 },
    'max-retransmit': { 'current-value': 3 },
    'ack-timeout': { 'current-value-decimal': '0.50' },
  });
  const { configuration, request } = negotiated(announced(), wanted, false);
  assert.deepEqual(
    request,
    wantedIn('idle-config', {
      'heartbeat-interval': { 'current-value': 240 },
      'ack-timeout': { 'current-value-decimal': '1.00' },
    }),
  );
  assert.deepEqual([configuration.idle.heartbeatInterval, configuration.mitigating.heartbeatInterval], [240, 30]);
});

test('a value of the server outside of its own range is corrected', () => {
  const { request } = negotiated(announced({ 'max-retransmit': whole(1, 2, 15) }, {}), undefined, false);
  assert.deepEqual(request, wantedIn('mitigating-config', { 'max-retransmit': { 'current-value': 2 } }));
});

test('0 switches heartbeats off, whatever the range', () => {
  const wanted = wantedIn('idle-config', { 'heartbeat-interval': { 'current-value': 0 } });
  assert.deepEqual(negotiated(announced(), wanted, false).request, wanted);
});

test('over a reliable transport only the heartbeat interval is negotiated', () => {
  const wanted = wantedIn('idle-config', {
    'heartbeat-interval': { 'current-value': 60 },
    'missing-hb-allowed': { 'current-value': 5 },
  });
  const only = wantedIn('idle-config', { 'heartbeat-interval': { 'current-value': 60 } });
  assert.deepEqual(negotiated(announced(), wanted, true).request, only);
});

test('the parameters of RFC 9362 are carried where the server has them', () => {
  const robust = { 'ietf-dots-robust-trans:max-payloads': whole(10, 1, 20) };
  const { configuration } = negotiated(announced(robust), undefined, false);
  assert.deepEqual([configuration.idle.maxPayloads, configuration.idle.nonTimeout], [10, undefined]);
});

interface Scene {
  clock: FakeClock;
  keeper: SessionKeeper;
  session: FakeSession;
  asked: string[];
  sent: JsonObject[];
  events: KeeperEvent[];
}

/** A session over which a server answers each question about its configuration. */
function scene(reply: () => Promise<Answer> | Answer, wanted?: JsonObject): Scene {
  const clock = new FakeClock();
  const session = fakeSession(clock);
  const keeper = new SessionKeeper({
    ...client,
    clock,
    open: () => Promise.resolve(session.session),
    configuration: () => wanted,
  });
  const made: Scene = { clock, keeper, session, asked: [], sent: [], events: [] };
  session.onHeartbeat = () => session.hear();
  session.onGet = async (id) => {
    made.asked.push(`${clock.monotonic() / 1000} s${id === undefined ? '' : ' with sid'}`);
    return reply();
  };
  session.onSend = (document) => {
    made.sent.push(document);
    return Promise.resolve({ code: '2.01', ok: true, request: { method: 'PUT', path: '/config' } } as Answer);
  };
  keeper.onEvent((event) => made.events.push(event));
  return made;
}

const content = (body: JsonObject, currentFor?: number): Answer =>
  ({
    code: '2.05',
    ok: true,
    body,
    request: { method: 'GET', path: '/config' },
    ...(currentFor !== undefined && { currentFor }),
  }) as Answer;

const mitigation = (method: string, code: string, lifetime?: number): Answer =>
  ({
    code,
    ok: code.startsWith('2.'),
    roundTripMs: 1,
    request: { method, path: '/.well-known/dots/mitigate/cuid=c/mid=1', octets: 0 },
    ...(lifetime !== undefined && {
      body: { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1, lifetime }] } },
    }),
  }) as Answer;

test('the sets are switched with the activity of mitigations: by requests, withdrawal and the end of a lifetime', async () => {
  const answer = announced(
    { 'heartbeat-interval': whole(15, 15, 240), 'ack-timeout': decimal('1.00', '1.00', '30.00') },
    { 'heartbeat-interval': whole(0, 15, 240) },
  );
  const { keeper, clock, session } = scene(() => content(answer, 2 ** 32 - 1));
  await keeper.open();
  await clock.advance(10 * minute);
  assert.deepEqual([session.heartbeats.length, clock.pending], [0, 0], 'no heartbeats in idle time');
  await keeper.ask(() => Promise.resolve(mitigation('PUT', '2.01', 61)), { underAttack: true });
  assert.deepEqual([keeper.snapshot.isMitigating, session.parameters?.ackTimeout], [true, 1000]);
  await clock.advance(61_000);
  assert.deepEqual([session.heartbeats.length, keeper.snapshot.isMitigating], [4, false]);
  assert.equal(session.parameters?.ackTimeout, 2000);
  await keeper.ask(() => Promise.resolve(mitigation('PUT', '2.01', -1)), { underAttack: true });
  await clock.advance(60 * minute);
  assert.equal(keeper.snapshot.isMitigating, true);
  session.tell(mitigation('DELETE', '2.02'));
  assert.equal(keeper.snapshot.isMitigating, false);
  await keeper.close();
  assert.equal(clock.pending, 0);
});

test('a configuration is read again before its Max-Age is over, with its sid, but not while a mitigation is active', async () => {
  const wanted = wantedIn('idle-config', { 'heartbeat-interval': { 'current-value': 60 } });
  const { keeper, clock, asked, sent } = scene(() => content(announced(), 1000), wanted);
  await keeper.open();
  await clock.advance(1000_000);
  assert.deepEqual(
    [asked, sent],
    [
      ['0 s', '900 s with sid'],
      [wanted, wanted],
    ],
  );
  await keeper.ask(() => Promise.resolve(mitigation('PUT', '2.01', 7200)), { underAttack: true });
  await clock.advance(7200_000);
  assert.deepEqual(asked, ['0 s', '900 s with sid', '8200 s with sid']);
  await keeper.close();
  assert.equal(clock.pending, 0);
});

test('without a Max-Age a configuration is read each minute, and one of 50 days is not read early', async () => {
  const each = scene(() => content(announced()));
  await each.keeper.open();
  await each.clock.advance(59_000);
  assert.deepEqual(each.asked, ['0 s', '54 s']);
  await each.keeper.close();
  const days = scene(() => content(announced({ 'heartbeat-interval': whole(0, 15, 240) }), 50 * 86_400));
  await days.keeper.open();
  await days.clock.advance(44 * 86_400_000);
  assert.equal(days.asked.length, 1);
  await days.clock.advance(2 * 86_400_000);
  assert.equal(days.asked.length, 2);
  await days.keeper.close();
});

test('a server without a configuration, or one that is silent about it, leaves the defaults, and that is reported', async () => {
  const replies = [
    { code: '4.04', ok: false, request: { method: 'GET', path: '/config' } } as Answer,
    { code: '5.01', ok: false, request: { method: 'GET', path: '/config' }, diagnostic: 'no' } as Answer,
    silence,
  ];
  for (const reply of replies) {
    const { keeper, clock, session, events } = scene(() => {
      if (reply instanceof Error) throw reply;
      return reply;
    });
    await keeper.open();
    await clock.advance(95_000);
    const problems = events.flatMap((event) => (event.type === 'configuration' ? [event.problem] : []));
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /4\.04|5\.01 \(no\)|silence/);
    assert.equal(session.heartbeats.length, 3);
    await keeper.close();
  }
});

test('a configuration that the server refuses leaves its own values', async () => {
  const wanted = wantedIn('idle-config', { 'heartbeat-interval': { 'current-value': 0 } });
  const made = scene(() => content(announced({ 'heartbeat-interval': whole(60, 15, 240) }), 1000), wanted);
  made.session.onSend = () =>
    Promise.resolve({ code: '4.22', ok: false, request: { method: 'PUT', path: '/config' } } as Answer);
  await made.keeper.open();
  await made.clock.advance(0);
  assert.equal(made.keeper.snapshot.configuration.heartbeatInterval, 60);
  assert.match(JSON.stringify(made.events), /The server answered 4\.22/);
  await made.keeper.close();
});

test('over a new session the configuration is negotiated anew', async () => {
  const clock = new FakeClock();
  const sessions = [fakeSession(clock), fakeSession(clock)];
  const asked: number[] = [];
  for (const [index, each] of sessions.entries())
    each.onGet = () => {
      asked.push(index);
      return Promise.resolve(content(announced(), 86_400));
    };
  let opened = 0;
  const keeper = new SessionKeeper({ ...client, clock, open: () => Promise.resolve(sessions[opened++]!.session) });
  await keeper.open();
  await clock.advance(minute);
  sessions[0]!.change('closed');
  await clock.advance(0);
  assert.deepEqual(asked, [0, 1]);
  await keeper.close();
  assert.equal(clock.pending, 0);
});
