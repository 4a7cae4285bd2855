import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument } from '#dots/cbor/codec';
import { check } from '#dots/check/check';
import type { JsonObject } from '#dots/model/json';
import { telemetry as telemetryResource } from '#dots/signal/resources';
import { bareClient } from '../../../support/protocol/bareClient';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { eventually, openSession, startOrchestrator } from '../../../support/protocol/scene';

test('telemetry is stored for its client and returned to it', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal, 'client');
  const ask = await bareClient(t, orchestrator.signal);
  const setup = {
    'ietf-dots-telemetry:telemetry-setup': {
      telemetry: [{ 'current-config': { 'measurement-interval': 'hour', 'measurement-sample': 'minute' } }],
    },
  };
  assert.equal((await session.send(setup, { mid: 3 })).code, '2.01');
  assert.equal((await session.send(setup, { mid: 3 })).code, '2.04');
  const kept = await ask({ path: ['tm-setup', 'cuid=client', 'tsid=3'] });
  assert.deepEqual(decodeDocument(kept.payload), {
    'ietf-dots-telemetry:telemetry-setup': {
      telemetry: [{ tsid: 3, 'current-config': { 'measurement-interval': 'hour', 'measurement-sample': 'minute' } }],
    },
  });
  const telemetry = {
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        {
          target: { 'target-prefix': ['2001:db8::1/128'] },
          'total-attack-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '900' }],
        },
      ],
    },
  };
  assert.equal((await session.send(telemetry, { mid: 8 })).code, '2.04');
  assert.match(JSON.stringify(decodeDocument((await ask({ path: ['tm', 'cuid=client'] })).payload)), /"tmid":8/);
  assert.equal((await ask({ path: ['tm', 'cuid=client', 'tmid=9'] })).code, '4.04');
  assert.equal((await ask({ path: ['tm', 'cuid=other'] })).code, '4.04');
  assert.equal((await ask({ method: 'DELETE', path: ['tm', 'cuid=client'] })).code, '2.02');
  assert.equal((await ask({ path: ['tm', 'cuid=client'] })).code, '4.04');
});

const telemetryOf = (...targets: JsonObject[]): JsonObject => ({
  'ietf-dots-telemetry:telemetry': {
    'pre-or-ongoing-mitigation': targets.map((target) => ({
      target,
      'total-attack-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '900' }],
    })),
  },
});
const setupOf = (...telemetry: JsonObject[]): JsonObject => ({
  'ietf-dots-telemetry:telemetry-setup': { telemetry },
});
const configured = setupOf({ 'current-config': { 'measurement-interval': 'hour' } });
const pipe = (link: string, unit: string): JsonObject => ({ 'link-id': link, capacity: '500', unit });
const piped = (...pipes: JsonObject[]): JsonObject => setupOf({ 'total-pipe-capacity': pipes });

test('a GET without tsid has what the server accepts, with or without entries: RFC 9244 section 7.1.1', async (t) => {
  const { signal } = await startOrchestrator(t);
  const session = await openSession(t, signal, 'client');
  const ask = await bareClient(t, signal);
  const read = async (...query: string[]): Promise<JsonObject> => {
    const { code, payload } = await ask({ path: ['tm-setup', 'cuid=client'], query });
    assert.equal(code, '2.05');
    const document = decodeDocument(payload) as JsonObject;
    assert.deepEqual(check(document, { direction: 'status' }).faults, []);
    return document['ietf-dots-telemetry:telemetry-setup'] as JsonObject;
  };
  const offered = ['max-config-values', 'min-config-values', 'supported-unit-classes', 'supported-query-type'];
  assert.deepEqual(Object.keys(await read()), offered);
  assert.equal((await session.send(configured, { mid: 3 })).code, '2.01');
  assert.deepEqual(Object.keys(await read()), [...offered, 'telemetry']);
  assert.deepEqual([Object.keys(await read('c=c')), Object.keys(await read('c=n'))], [['telemetry'], offered]);
});

const overriding: [name: string, first: JsonObject, second: JsonObject, overrides: boolean][] = [
  ['two configurations', configured, configured, true],
  ['a configuration and a pipe', configured, piped(pipe('a', 'megabit-ps')), false],
  ['the same pipe', piped(pipe('a', 'megabit-ps'), pipe('b', 'megabit-ps')), piped(pipe('b', 'megabit-ps')), true],
  ['a pipe in two units', piped(pipe('a', 'megabit-ps')), piped(pipe('a', 'packet-ps')), false],
  [
    'targets in common',
    telemetryOf({ 'target-prefix': ['192.0.2.0/24'] }),
    telemetryOf({ 'target-prefix': ['198.51.100.0/24'] }, { 'target-prefix': ['192.0.2.7/32'] }),
    true,
  ],
  ['the same mitigation', telemetryOf({ 'mid-list': [7] }), telemetryOf({ 'mid-list': [8, 7] }), true],
  [
    'other targets',
    telemetryOf({ 'target-prefix': ['192.0.2.0/25'] }),
    telemetryOf({ 'target-prefix': ['192.0.2.128/25'] }),
    false,
  ],
];

for (const [name, first, second, overrides] of overriding)
  test(`of overlapping telemetry that with the higher identifier remains: ${name}`, async (t) => {
    const { signal } = await startOrchestrator(t);
    const session = await openSession(t, signal, 'client');
    const ask = await bareClient(t, signal);
    const [resource, id] = Object.hasOwn(first, 'ietf-dots-telemetry:telemetry')
      ? ['tm', 'tmid']
      : ['tm-setup', 'tsid'];
    const exists = async (number: number): Promise<boolean> =>
      (await ask({ path: [resource, 'cuid=client', `${id}=${number}`] })).code === '2.05';
    assert.match((await session.send(first, { mid: 5 })).code, /^2/);
    assert.match((await session.send(second, { mid: 6 })).code, /^2/);
    assert.deepEqual([await exists(5), await exists(6)], [!overrides, true]);
    const late = await session.send(first, { mid: 5 });
    assert.match(late.code, overrides ? /^4\.09$/ : /^2/);
    assert.deepEqual([await exists(5), await exists(6)], [!overrides, true]);
  });

test('telemetry is observed, all of a client or one entry: RFC 9244 section 6', async (t) => {
  const clock = new FakeClock();
  const { signal } = await startOrchestrator(t, { clock });
  const [session, watcher] = [await openSession(t, signal, 'client'), await openSession(t, signal, 'client')];
  await session.send(telemetryOf({ 'target-prefix': ['192.0.2.0/24'] }), { mid: 5 });
  const heard: string[] = [];
  await watcher.watch({ resource: telemetryResource }, ({ body }) => heard.push(JSON.stringify(body)));
  await session.send(telemetryOf({ 'target-prefix': ['198.51.100.0/24'] }), { mid: 6 });
  await clock.advance(3_000);
  await eventually(() => heard.at(-1)?.includes('"tmid":6') === true);
  await session.send(telemetryOf({ 'target-prefix': ['192.0.0.0/8'] }), { mid: 7 });
  await clock.advance(3_000);
  await eventually(() => heard.at(-1)?.includes('"tmid":5') === false);
});
