import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument } from '#dots/cbor/codec';
import type { JsonObject } from '#dots/model/json';
import { bareClient, textOf } from '../../../support/protocol/bareClient';
import { openSession, request, scopesOf, startOrchestrator } from '../../../support/protocol/scene';

const mitigations: Record<number, JsonObject> = {
  1: { 'target-prefix': ['192.0.2.0/24'], 'target-protocol': [6], 'target-port-range': [{ 'lower-port': 80 }] },
  2: {
    'target-prefix': ['198.51.100.0/25'],
    'target-protocol': [17],
    'target-port-range': [{ 'lower-port': 1000, 'upper-port': 2000 }],
  },
  3: { 'target-fqdn': ['www.example.com'] },
  4: { 'target-uri': ['https://shop.example.net/cart'] },
};

const selections: [query: string[], mids: number[]][] = [
  [[], [1, 2, 3, 4]],
  [['target-prefix=192.0.2.7/32'], [1]],
  [['target-prefix=192.0.0.0/8,198.51.100.0/24'], [1, 2]],
  [['target-prefix=198.51.100.128/25'], []],
  [['target-protocol=17'], [2, 3, 4]],
  [['target-protocol=1-16', 'target-prefix=0.0.0.0/0'], [1]],
  [['target-port=80'], [1, 3, 4]],
  [['target-port=1999-3000,1'], [2, 3, 4]],
  [['target-fqdn=WWW.example.com'], [3]],
  [
    ['target-fqdn=*.example.com', 'target-prefix=192.0.2.0/24'],
    [1, 3],
  ],
  [['target-fqdn=*.www.example.com'], []],
  [['target-uri=https://*.example.net/cart'], [4]],
  [['target-uri=https://example.net/cart'], []],
  [['alias-name=web'], []],
  [['c=c', 'target-prefix=192.0.2.0/24'], [1]],
];

const malformed: [...string[]][] = [
  ['colour=red'],
  ['source-prefix=192.0.2.0/24'],
  ['mid=1'],
  ['target-prefix=192.0.2.0/33'],
  ['target-prefix=192.0.2.0/24,'],
  ['target-prefix='],
  ['target-prefix'],
  ['target-port=65536'],
  ['target-port=2-1'],
  ['target-port=a'],
  ['target-protocol=256'],
  ['target-fqdn=www.*.com'],
  ['target-uri=https://www.*.net/'],
  ['target-port=1', 'target-port=2'],
  ['c=a', 'c=n'],
];

test('a query selects mitigations by their targets: RFC 9244 section 9.2', async (t) => {
  const { signal } = await startOrchestrator(t);
  const session = await openSession(t, signal, 'client');
  for (const [mid, scope] of Object.entries(mitigations))
    assert.equal((await session.requestMitigation(request({ ...scope, lifetime: 600 }), Number(mid))).code, '2.01');
  const ask = await bareClient(t, signal);
  for (const [query, mids] of selections) {
    const { code, payload } = await ask({ path: ['mitigate', 'cuid=client'], query });
    const found = code === '2.05' ? scopesOf(decodeDocument(payload) as JsonObject).map(({ mid }) => mid) : [];
    assert.deepEqual([code, found], [mids.length === 0 ? '4.04' : '2.05', mids], query.join('&'));
  }
  assert.equal((await ask({ path: ['mitigate', 'cuid=client', 'mid=2'], query: ['target-port=80'] })).code, '4.04');
  for (const query of malformed) {
    const answer = await ask({ path: ['mitigate', 'cuid=client'], query });
    assert.equal(answer.code, '4.00', query.join('&'));
    assert.match(textOf(answer), /RFC 9244 section 8.3|RFC 9132 section 4.4.2/);
  }
});

test('a query selects telemetry by its targets and mitigations: RFC 9244 section 8.3', async (t) => {
  const { signal } = await startOrchestrator(t);
  const session = await openSession(t, signal, 'client');
  const telemetry = (target: JsonObject): JsonObject => ({
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        { target, 'total-attack-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '9' }] },
      ],
    },
  });
  await session.send(telemetry({ 'target-prefix': ['192.0.2.0/24'], 'target-protocol': [17] }), { mid: 5 });
  await session.send(telemetry({ 'mid-list': [12332] }), { mid: 6 });
  const ask = await bareClient(t, signal);
  const read = async (...query: string[]): Promise<string> => {
    const { code, payload } = await ask({ path: ['tm', 'cuid=client'], query });
    return code === '2.05' ? JSON.stringify(decodeDocument(payload)).replace(/.*?"tmid":(\d+)|.+?$/g, '$1') : code;
  };
  assert.equal(await read(), '56');
  assert.equal(await read('target-protocol=17', 'target-prefix=192.0.2.0/24'), '5');
  assert.equal(await read('mid=12000-13000'), '6');
  assert.equal(await read('mid=1'), '4.04');
  assert.equal(await read('source-port=53'), '4.00', 'is not announced');
});

test('an efficacy update may report the traffic that the client observes: RFC 9244 section 9.1', async (t) => {
  const { signal } = await startOrchestrator(t);
  const session = await openSession(t, signal, 'client');
  const scope = { 'target-prefix': ['192.0.2.0/24'], lifetime: 600 };
  await session.requestMitigation(request(scope), 1);
  const observed = { 'ietf-dots-telemetry:total-attack-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '900' }] };
  const update = request({ ...scope, 'attack-status': 'under-attack', ...observed });
  assert.equal((await session.requestMitigation(update, 1)).code, '2.04');
  const [shown] = scopesOf((await session.status(1)).body);
  assert.deepEqual(shown?.['target-prefix'], ['192.0.2.0/24']);
  const other = request({ ...scope, 'target-prefix': ['192.0.2.0/25'], 'attack-status': 'under-attack', ...observed });
  assert.equal((await session.requestMitigation(other, 1)).code, '4.00', 'another scope');
});
