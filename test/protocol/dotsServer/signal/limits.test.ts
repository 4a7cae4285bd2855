import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { openSession, protect, request, scopesOf, startOrchestrator } from '../../../support/protocol/scene';

test('a list too large for a datagram comes in blocks', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  for (let mid = 1; mid <= 40; mid++) await session.requestMitigation(protect(`192.0.2.${mid}/32`), mid);
  const all = await session.status();
  assert.equal(scopesOf(all.body).length, 40);
  assert.ok((all.payload?.length ?? 0) > 1232);
});

test('a request too large for a datagram is accepted in blocks, and refused beyond the limit', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  const inBlocks = { blocks: true };
  const prefixes = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `2001:db8:${index.toString(16)}::/48`);
  assert.equal(
    (await session.requestMitigation(request({ 'target-prefix': prefixes(300), lifetime: 60 }), 1, inBlocks)).code,
    '2.01',
  );
  assert.equal((orchestrator.mitigations()[0]?.scope['target-prefix'] as string[]).length, 300);
  assert.equal(
    (await session.requestMitigation(request({ 'target-prefix': prefixes(2000), lifetime: 60 }), 2, inBlocks)).code,
    '4.13',
  );
});

test('mitigations are limited per client, all its cuids together', async (t) => {
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
  assert.deepEqual(codes, ['2.01', '2.01', '5.03', '5.03', '5.03']);
  assert.equal(
    (await one.requestMitigation(protect('192.0.2.0/30'), 9)).code,
    '2.01',
    'one that replaces another still fits',
  );
});
