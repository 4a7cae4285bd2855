import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { etagOf } from '#dots/coap/blockwise';
import { Endpoint, type CoapResponse } from '#dots/coap/endpoint';
import { noBytes } from '#dots/coap/messages/message';
import { dotsCbor, option, uintOf } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import type { JsonObject } from '#dots/model/json';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { parseServer } from '#dots/transport/address';
import { connectUdp } from '#dots/transport/udp';
import type { TestContext } from 'node:test';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import {
  eventually,
  figure7,
  openSession,
  protect,
  request,
  scopesOf,
  startOrchestrator,
} from '../../support/protocol/scene';

const patience = { timeoutMs: 10_000 };

/** A bare CoAP client: it can ask what the DOTS client never would. */
async function bareClient(
  t: TestContext,
  server: string,
): Promise<(request: Partial<CoapRequest> & { path: string[] }) => Promise<CoapResponse>> {
  const endpoint = new Endpoint(await connectUdp(parseServer(server)));
  t.after(() => endpoint.close());
  return ({ path, ...more }) =>
    endpoint.request({ method: 'GET', confirmable: true, ...more, path: ['.well-known', 'dots', ...path] }, patience);
}

const textOf = (response: CoapResponse): string => Buffer.from(response.payload).toString();

test('a mitigation is granted, shown, refreshed and withdrawn', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  const created = await session.requestMitigation(figure7, 123);
  assert.equal(created.code, '2.01');
  assert.deepEqual(scopesOf(created.body), [{ mid: 123, lifetime: 3600 }]);
  assert.equal(created.request.octets, 73);
  const [shown] = scopesOf((await session.status(123)).body);
  assert.equal(shown?.status, 'attack-mitigation-in-progress');
  assert.deepEqual(shown?.['target-prefix'], scopesOf(figure7)[0]?.['target-prefix']);
  const longer = request({ ...scopesOf(figure7)[0], lifetime: 7200 });
  const refreshed = await session.requestMitigation(longer, 123);
  assert.deepEqual([refreshed.code, scopesOf(refreshed.body)], ['2.04', [{ mid: 123, lifetime: 7200 }]]);
  const withdrawn = await session.withdraw(123);
  assert.deepEqual([withdrawn.code, withdrawn.payload], ['2.02', undefined]);
  assert.equal(scopesOf((await session.status(123)).body)[0]?.status, 'dots-client-withdrawn-mitigation');
  assert.equal((await session.withdraw(999)).code, '2.02', 'also for a mid nobody knows');
  assert.equal(session.state, 'open');
});

test('its life is told to the observer, step by step', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24', { lifetime: 600 }), 1);
  const heard: string[] = [];
  const lifetimes: unknown[] = [];
  await session.observe(1, (answer) => {
    const [scope] = scopesOf(answer.body);
    const label = answer.ok ? String(scope?.status) : answer.code;
    if (heard.at(-1) !== label) heard.push(label);
    lifetimes.push(scope?.lifetime);
  });
  for (let turn = 0; turn < 2_000 && heard.at(-1) !== '4.04'; turn++) await clock.advance(2_000);
  assert.deepEqual(heard, [
    'attack-mitigation-in-progress',
    'attack-successfully-mitigated',
    'attack-stopped',
    'attack-mitigation-terminated',
    '4.04',
  ]);
  assert.ok(lifetimes.length > 30, 'the status is repeated');
  assert.deepEqual(orchestrator.mitigations(), []);
});

test('an observer hears of a withdrawal, and of nothing after it stops', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const heard: unknown[] = [];
  const stop = await session.observe(1, (answer) => heard.push(scopesOf(answer.body)[0]?.status));
  await clock.advance(4_000);
  await session.withdraw(1);
  await clock.advance(4_000);
  await eventually(() => heard.at(-1) === 'dots-client-withdrawn-mitigation');
  stop();
  await session.status(1);
  const count = heard.length;
  await clock.advance(200_000);
  await session.status();
  await settle();
  assert.equal(heard.length, count);
});

const refused: [string, JsonObject, RegExp][] = [
  ['no lifetime', request({ 'target-prefix': ['192.0.2.0/24'] }), /lifetime.*RFC 9132 section 4\.4\.1\.1/],
  ['lifetime 0', protect('192.0.2.0/24', { lifetime: 0 }), /lifetime.*RFC 9132/],
  ['no target', request({ lifetime: 60 }), /target.*RFC 9132 section 4\.4\.1\.1/],
  ['a loopback target', protect('127.0.0.1/32'), /RFC 9132 section 4\.4\.1\.1/],
  ['a member of the server', protect('192.0.2.0/24', { mid: 5 }), /mid.*RFC 9132/],
  ['an unknown alias', request({ 'alias-name': ['web'], lifetime: 60 }), /alias.*RFC 9132 section 4\.4\.1\.3/],
  [
    'filter control in idle time',
    protect('192.0.2.0/24', { 'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'a' }] }),
    /RFC 9133 section 3\.2\.1/,
  ],
];
for (const [what, document, diagnostic] of refused) {
  test(`refused with a sentence and its section: ${what}`, async (t) => {
    const orchestrator = await startOrchestrator(t);
    const session = await openSession(t, orchestrator.signal);
    const answer = await session.requestMitigation(document, 1);
    assert.deepEqual([answer.code, answer.ok], ['4.00', false]);
    assert.match(answer.diagnostic ?? '', diagnostic);
    assert.deepEqual(orchestrator.mitigations(), []);
  });
}

test('two scopes in one request are refused', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  const [scope] = scopesOf(protect('192.0.2.0/24'));
  const answer = await session.requestMitigation(
    { 'ietf-dots-signal-channel:mitigation-scope': { scope: [scope ?? {}, scope ?? {}] } },
    1,
  );
  assert.equal(answer.code, '4.00');
});

test('an unknown filter is 4.04 once a mitigation is active', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const answer = await session.requestMitigation(
    protect('198.51.100.0/24', {
      'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'nowhere', 'activation-type': 'immediate' }],
    }),
    2,
  );
  assert.equal(answer.code, '4.04');
  assert.match(answer.diagnostic ?? '', /nowhere.*RFC 9133/);
});

test('a refresh that changes more than the lifetime is refused', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const answer = await session.requestMitigation(protect('192.0.2.0/25'), 1);
  assert.equal(answer.code, '4.00');
  assert.match(answer.diagnostic ?? '', /RFC 9132 section 4\.4\.1\.3/);
  assert.equal(
    (await session.requestMitigation(protect('192.0.2.0/24', { 'trigger-mitigation': true }), 1)).code,
    '2.04',
    'a default that is spelt out is no change',
  );
});

test('of overlapping requests the higher mid stands', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 10);
  assert.equal((await session.requestMitigation(protect('192.0.2.128/25'), 11)).code, '2.01');
  assert.deepEqual(
    orchestrator.mitigations().map(({ mid }) => mid),
    [11],
  );
  const late = await session.requestMitigation(protect('192.0.2.0/24'), 9);
  assert.equal(late.code, '4.09');
  assert.deepEqual(scopesOf(late.body), [
    { 'conflict-information': { 'conflict-cause': 'overlapping-targets', 'conflict-scope': { mid: 11 } } },
  ]);
  assert.equal(
    (await session.requestMitigation(protect('198.51.100.0/24'), 5)).code,
    '2.01',
    'a lower mid elsewhere is fine',
  );
  assert.equal(
    (await session.requestMitigation(protect('192.0.2.0/24', { 'trigger-mitigation': false }), 3)).code,
    '2.01',
    'so is a preconfigured one',
  );
  assert.deepEqual(
    orchestrator.mitigations().map(({ mid, status }) => [mid, status]),
    [
      [3, 8],
      [5, 1],
      [11, 1],
    ],
  );
});

test('an efficacy update is taken for a known mid and ignored for another', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const session = await openSession(t, orchestrator.signal);
  const update = protect('192.0.2.0/24', { 'attack-status': 'under-attack' });
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  await clock.advance(400_000);
  assert.equal(orchestrator.mitigations()[0]?.status, 3);
  assert.equal((await session.requestMitigation(update, 1)).code, '2.04');
  assert.equal(orchestrator.mitigations()[0]?.status, 2);
  await assert.rejects(session.requestMitigation(update, 2, { timeoutMs: 300 }), {
    code: 'signal/no-answer',
    hint: /4\.4\.3/,
  });
  await session.withdraw(1);
  await assert.rejects(session.requestMitigation(update, 1, { timeoutMs: 300 }), { code: 'signal/no-answer' });
  assert.equal(orchestrator.mitigations()[0]?.status, 5);
});

test('lifetimes are cut to the policy', async (t) => {
  const orchestrator = await startOrchestrator(t, { policy: { ...defaultPolicy, maxLifetime: 1000 } });
  const session = await openSession(t, orchestrator.signal);
  for (const [mid, lifetime] of [
    [1, -1],
    [2, 5000],
  ] as const) {
    const answer = await session.requestMitigation(protect(`192.0.2.${mid}/32`, { lifetime }), mid);
    assert.equal(scopesOf(answer.body)[0]?.lifetime, 1000);
  }
  const generous = await startOrchestrator(t, { policy: { ...defaultPolicy, indefinite: true } });
  const other = await openSession(t, generous.signal);
  assert.equal(
    scopesOf((await other.requestMitigation(protect('192.0.2.1/32', { lifetime: -1 }), 1)).body)[0]?.lifetime,
    -1,
  );
});

test('a client sees its own mitigations only', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const [one, two] = [await openSession(t, orchestrator.signal), await openSession(t, orchestrator.signal)];
  await one.requestMitigation(protect('192.0.2.0/24'), 1);
  assert.equal((await two.status(1)).code, '4.04');
  assert.equal((await two.status()).code, '4.04');
  assert.equal((await two.requestMitigation(protect('198.51.100.0/24'), 1)).code, '2.01');
  const shared = await two.requestMitigation(protect('192.0.2.7/32'), 2);
  assert.equal(shared.code, '2.01');
  assert.deepEqual(scopesOf(shared.body)[0]?.['conflict-information'], {
    'conflict-status': 'request-active',
    'conflict-cause': 'overlapping-targets',
    'conflict-scope': { 'target-prefix': ['192.0.2.7/32'] },
  });
  assert.equal(scopesOf((await two.status()).body).length, 2);
  assert.equal(scopesOf((await one.status()).body).length, 1);
  await two.withdraw(1);
  assert.equal(scopesOf((await one.status(1)).body)[0]?.status, 'attack-mitigation-in-progress');
});

test('a list too large for a datagram comes in blocks', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  for (let mid = 1; mid <= 40; mid++) await session.requestMitigation(protect(`192.0.2.${mid}/32`), mid);
  const all = await session.status();
  assert.equal(scopesOf(all.body).length, 40);
  assert.ok((all.payload?.length ?? 0) > 1232);
});

test('a request too large for a datagram is taken in blocks, and beyond the limit refused', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  const prefixes = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `2001:db8:${index.toString(16)}::/48`);
  assert.equal(
    (await session.requestMitigation(request({ 'target-prefix': prefixes(300), lifetime: 60 }), 1)).code,
    '2.01',
  );
  assert.equal((orchestrator.mitigations()[0]?.scope['target-prefix'] as string[]).length, 300);
  assert.equal(
    (await session.requestMitigation(request({ 'target-prefix': prefixes(2000), lifetime: 60 }), 2)).code,
    '4.13',
  );
});

test('mitigations are limited per client', async (t) => {
  const orchestrator = await startOrchestrator(t, {
    policy: { ...defaultPolicy, limits: { ...defaultPolicy.limits, entriesPerClient: 2, entries: 3 } },
  });
  const [one, two] = [await openSession(t, orchestrator.signal), await openSession(t, orchestrator.signal)];
  const codes: string[] = [];
  for (const [session, mid] of [
    [one, 1],
    [one, 2],
    [one, 3],
    [two, 4],
    [two, 5],
  ] as const) {
    codes.push((await session.requestMitigation(protect(`192.0.2.${mid}/32`), mid)).code);
  }
  assert.deepEqual(codes, ['2.01', '2.01', '5.03', '2.01', '5.03']);
  assert.equal(
    (await one.requestMitigation(protect('192.0.2.0/30'), 9)).code,
    '2.01',
    'one that replaces another still fits',
  );
});

test('heartbeats are answered with an empty 2.04', async (t) => {
  const session = await openSession(t, (await startOrchestrator(t)).signal);
  const answer = await session.send({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } });
  assert.deepEqual([answer.code, answer.payload, answer.request.path], ['2.04', undefined, '/.well-known/dots/hb']);
});

test('a session configuration is offered, negotiated and reset', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  const configure = (sid: number, set: JsonObject): Promise<CoapResponse> =>
    ask({
      method: 'PUT',
      path: ['config', `sid=${sid}`],
      contentFormat: dotsCbor,
      payload: encodeDocument({ 'ietf-dots-signal-channel:signal-config': { 'mitigating-config': set } }),
    });
  const interval = async (...path: string[]): Promise<unknown> => {
    const response = await ask({ path: ['config', ...path] });
    const body = decodeDocument(response.payload)['ietf-dots-signal-channel:signal-config'] as {
      'mitigating-config': JsonObject;
    };
    assert.ok((uintOf(response.options, 'Max-Age') ?? 0) > 0);
    return body['mitigating-config']['heartbeat-interval'];
  };
  assert.deepEqual(await interval(), { 'max-value': 240, 'min-value': 15, 'current-value': 30 });
  assert.equal(
    (
      await configure(5, {
        'heartbeat-interval': { 'current-value': 60 },
        'ack-timeout': { 'current-value-decimal': '3.00' },
      })
    ).code,
    '2.01',
  );
  assert.deepEqual(await interval('sid=5'), { 'max-value': 240, 'min-value': 15, 'current-value': 60 });
  assert.equal((await configure(5, { 'heartbeat-interval': { 'current-value': 0 } })).code, '2.04');
  const outside = await configure(6, { 'heartbeat-interval': { 'current-value': 5 } });
  assert.deepEqual(
    [outside.code, /heartbeat-interval.*15.*240.*RFC 9132 section 4\.5\.2/.test(textOf(outside))],
    ['4.22', true],
  );
  assert.equal((await configure(4, { 'heartbeat-interval': { 'current-value': 60 } })).code, '4.00');
  assert.equal((await ask({ path: ['config', 'sid=6'] })).code, '4.04');
  assert.equal((await ask({ method: 'DELETE', path: ['config'] })).code, '2.02');
  assert.equal((await ask({ path: ['config', 'sid=5'] })).code, '4.04');
});

test('telemetry is kept for its client and given back', async (t) => {
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

const hb = encodeDocument({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } });
const oddRequests: [string, Partial<CoapRequest> & { path: string[] }, string][] = [
  ['another path', { path: ['nothing'] }, '4.04'],
  ['a method the resource lacks', { method: 'POST', path: ['mitigate', 'cuid=c', 'mid=1'] }, '4.05'],
  ['GET of hb', { path: ['hb'] }, '4.05'],
  ['no Content-Format', { method: 'PUT', path: ['hb'], payload: hb }, '4.15'],
  ['another Content-Format', { method: 'PUT', path: ['hb'], payload: hb, contentFormat: 60 }, '4.15'],
  ['another Accept', { path: ['config'], accept: 50 }, '4.06'],
  [
    'a cuid where none belongs',
    { method: 'PUT', path: ['hb', 'cuid=c'], payload: hb, contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'a body of another kind',
    { method: 'PUT', path: ['mitigate', 'cuid=c', 'mid=1'], payload: hb, contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'a body that is no CBOR',
    { method: 'PUT', path: ['mitigate', 'cuid=c', 'mid=1'], payload: Buffer.from('{'), contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'an empty body',
    { method: 'PUT', path: ['mitigate', 'cuid=c', 'mid=1'], payload: noBytes, contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'an unknown comprehension-required key',
    { method: 'PUT', path: ['hb'], payload: Buffer.from('a1187fa0', 'hex'), contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'no mid',
    { method: 'PUT', path: ['mitigate', 'cuid=c'], payload: encodeDocument(figure7), contentFormat: dotsCbor },
    '4.00',
  ],
  ['no cuid', { path: ['mitigate'] }, '4.00'],
  ['an empty cuid', { path: ['mitigate', 'cuid='] }, '4.00'],
  ['mid before cuid', { path: ['mitigate', 'mid=1', 'cuid=c'] }, '4.00'],
  ['a mid beyond 32 bits', { path: ['mitigate', 'cuid=c', 'mid=4294967296'] }, '4.00'],
  ['DELETE without a mid', { method: 'DELETE', path: ['mitigate', 'cuid=c'] }, '4.00'],
  ['a bad query', { path: ['mitigate', 'cuid=c'], query: ['c=x'] }, '4.00'],
  [
    'a foreign cdid, which is ignored',
    {
      method: 'PUT',
      path: ['mitigate', 'cdid=x', 'cuid=c', 'mid=1'],
      payload: encodeDocument(figure7),
      contentFormat: dotsCbor,
    },
    '2.01',
  ],
  ['an unknown critical option', { path: ['config'], options: [{ number: 65_001, value: noBytes }] }, '4.02'],
  [
    'If-None-Match',
    { method: 'PUT', path: ['hb'], payload: hb, contentFormat: dotsCbor, options: [option('If-None-Match', noBytes)] },
    '4.02',
  ],
];
test('odd requests get the answers of RFC 9132 section 9', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  for (const [what, odd, code] of oddRequests) {
    const response = await ask(odd);
    assert.equal(response.code, code, `${what}: ${textOf(response)}`);
    if (code.startsWith('4')) assert.match(textOf(response), /RFC \d+|critical option/, what);
  }
});

test('content is filtered as the query asks', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal, 'c');
  const ask = await bareClient(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const members = async (query: string): Promise<string[]> =>
    Object.keys(
      scopesOf(decodeDocument((await ask({ path: ['mitigate', 'cuid=c'], query: [query] })).payload))[0] ?? {},
    );
  assert.ok(!(await members('c=n')).includes('target-prefix') && (await members('c=n')).includes('status'));
  assert.ok((await members('c=c')).includes('target-prefix') && !(await members('c=c')).includes('status'));
});

const setup = encodeDocument({
  'ietf-dots-telemetry:telemetry-setup': {
    telemetry: [{ 'current-config': { 'measurement-interval': 'hour', 'measurement-sample': 'minute' } }],
  },
});
const interval = encodeDocument({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': { 'heartbeat-interval': { 'current-value': 60 } } },
});
const otherVersion = option('If-Match', Buffer.from('other'));
const anyVersion = option('If-Match', noBytes);
type Asked = Partial<CoapRequest> & { path: string[] };
const put = (path: string[], payload: Uint8Array): Asked => ({ method: 'PUT', path, payload, contentFormat: dotsCbor });

test('If-Match: nothing is done when no version matches, on any resource', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  const [mitigation, config, telemetry] = [
    ['mitigate', 'cuid=c', 'mid=1'],
    ['config', 'sid=1'],
    ['tm-setup', 'cuid=c', 'tsid=1'],
  ];
  const codes = async (...requests: Asked[]): Promise<string[]> => {
    const found: string[] = [];
    for (const each of requests) found.push((await ask(each)).code);
    return found;
  };
  const unmet = (...requests: Asked[]): Promise<string[]> =>
    codes(...requests.map((each) => ({ ...each, options: [otherVersion] })));
  const existing = (...requests: Asked[]): Promise<string[]> =>
    codes(...requests.map((each) => ({ ...each, options: [anyVersion] })));
  const puts = [put(config, interval), put(telemetry, setup)];
  assert.deepEqual(await unmet(put(mitigation, encodeDocument(figure7)), ...puts, put(['hb'], hb)), [
    '4.12',
    '4.12',
    '4.12',
    '4.12',
  ]);
  assert.deepEqual(
    await existing(...puts, { method: 'DELETE', path: mitigation }),
    ['4.12', '4.12', '4.12'],
    'nothing is there',
  );
  assert.deepEqual(
    await codes({ path: mitigation }, { path: config }, { path: telemetry }),
    ['4.04', '4.04', '4.04'],
    'nothing was made',
  );
  assert.deepEqual(await codes(put(mitigation, encodeDocument(figure7)), ...puts), ['2.01', '2.01', '2.01']);
  assert.deepEqual(
    await unmet(
      put(mitigation, encodeDocument(figure7)),
      { method: 'DELETE', path: mitigation },
      { method: 'DELETE', path: config },
      { method: 'DELETE', path: telemetry },
    ),
    ['4.12', '4.12', '4.12', '4.12'],
  );
  assert.deepEqual(await codes({ path: config }, { path: telemetry }), ['2.05', '2.05'], 'nothing was deleted');
  assert.equal(
    scopesOf(decodeDocument((await ask({ path: mitigation })).payload))[0]?.status,
    'attack-mitigation-in-progress',
  );
  assert.deepEqual(await existing(...puts), ['2.04', '2.04']);
});

test('If-Match: the ETag of the present version matches, among others', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  const path = ['config', 'sid=1'];
  await ask(put(path, interval));
  const present = option('If-Match', etagOf(await ask({ path })));
  assert.equal((await ask({ ...put(path, interval), options: [otherVersion, present] })).code, '2.04');
  const refused = await ask({ method: 'DELETE', path, options: [otherVersion] });
  assert.match(textOf(refused), /RFC 7252 section 5\.10\.8\.1/);
  assert.equal((await ask({ method: 'DELETE', path, options: [present] })).code, '2.02');
});
