import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mitigationStatus } from '#dots/dotsServer/signal/mitigationStatus';
import { reported, requested, type Mitigation } from '#dots/dotsServer/state/lifecycle';

const start = Date.UTC(2030, 0, 1);
const now = start + 10_000;
const counters = { bytes: 12_000, pkts: 10, bps: 1200, pps: 1 };
const mitigation = (scope: Mitigation['scope'] = { 'target-prefix': ['192.0.2.0/24'] }): Mitigation =>
  requested({ cuid: 'c', mid: 7, scope, terminatingMs: 120_000 }, 3600, start);

test('a status has the members of RFC 9132 figure 14', () => {
  assert.deepEqual(mitigationStatus(reported(mitigation(), 2, start + 3000), { now, content: 'a', counters }), {
    mid: 7,
    'target-prefix': ['192.0.2.0/24'],
    lifetime: 3590,
    'mitigation-start': String(start / 1000),
    status: 'attack-successfully-mitigated',
    'bytes-dropped': '12000',
    'bps-dropped': '1200',
    'pkts-dropped': '10',
    'pps-dropped': '1',
  });
});

test('it is filtered by content', () => {
  const members = (content: 'c' | 'n'): string[] =>
    Object.keys(mitigationStatus(mitigation(), { now, content, counters }));
  assert.deepEqual(members('c'), ['mid', 'target-prefix', 'lifetime']);
  assert.deepEqual(members('n').slice(0, 4), ['mid', 'lifetime', 'mitigation-start', 'status']);
});

test('counters that the mitigator does not know are left out, and so is everything that has not started', () => {
  const members = (of: Mitigation, known: typeof counters | undefined): string[] =>
    Object.keys(mitigationStatus(of, { now, content: 'n', counters: known }));
  assert.deepEqual(members(mitigation(), undefined), ['mid', 'lifetime', 'mitigation-start', 'status']);
  const waiting = mitigation({ 'target-prefix': ['192.0.2.0/24'], 'trigger-mitigation': false });
  assert.deepEqual(members(waiting, counters), ['mid', 'lifetime', 'status']);
});
