import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument } from '#dots/cbor/codec';
import type { JsonObject } from '#dots/model/json';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { newCuid } from '#dots/signal/identifiers';
import { bareClient } from '../../../support/protocol/bareClient';
import { FakeClock, settle } from '../../../support/protocol/fakeClock';
import { figure7, openSession, protect, request, scopesOf, startOrchestrator } from '../../../support/protocol/scene';

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
  assert.equal((await session.withdraw(999)).code, '2.02', 'also for an unknown mid');
  assert.equal(session.state, 'open');
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
  test(`refused with a sentence and a section: ${what}`, async (t) => {
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
    'an explicit default is no change',
  );
});

test('an efficacy update is accepted for a known mid and ignored for another', async (t) => {
  const clocks = { server: new FakeClock(), client: new FakeClock() };
  const { server } = clocks;
  const orchestrator = await startOrchestrator(t, { clock: server });
  const session = await openSession(t, orchestrator.signal, newCuid(), clocks.client);
  const other = await openSession(t, orchestrator.signal);
  const update = protect('192.0.2.0/24', { 'attack-status': 'under-attack' });
  const ignored = async (mid: number): Promise<void> => {
    const outcome = assert.rejects(session.requestMitigation(update, mid, { timeoutMs: 300 }), {
      code: 'signal/no-answer',
      hint: /4\.4\.3/,
    });
    await settle();
    await other.status();
    // The server has answered what came later.
    await clocks.client.advance(300);
    await outcome;
  };
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  await server.advance(400_000);
  assert.equal(orchestrator.mitigations()[0]?.status, 3);
  assert.equal((await session.requestMitigation(update, 1)).code, '2.04');
  assert.equal(orchestrator.mitigations()[0]?.status, 2);
  await ignored(2);
  await session.withdraw(1);
  await ignored(1);
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
