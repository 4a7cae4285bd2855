import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance,
  afterEfficacy,
  nextChange,
  prolonged,
  refreshed,
  remainingLifetime,
  requested,
  resumed,
  withdrawn,
  type Mitigation,
} from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy, defaultTiming as timing, grantedLifetime } from '#dots/dotsServer/state/policy';
import { dropped } from '#dots/dotsServer/state/simulation';
import { scopeText, viewOf } from '#dots/dotsServer/state/view';

const start = Date.UTC(2030, 0, 1);
const fresh = (lifetime = 3600, scope: Mitigation['scope'] = { 'target-prefix': ['192.0.2.0/24'] }): Mitigation =>
  requested({ cuid: 'c', mid: 7, scope, terminatingMs: timing.terminatingMs }, lifetime, start);
const after = (mitigation: Mitigation, seconds: number): Mitigation | undefined =>
  advance(mitigation, start + seconds * 1000, timing);

test('a mitigation is set up, mitigates, sees the attack stop, and ends with its lifetime', () => {
  const statuses = [0, 2.9, 3, 302, 303, 3599, 3600, 3605, 3606].map((seconds) => after(fresh(), seconds)?.status);
  assert.deepEqual(statuses, [1, 1, 2, 2, 3, 3, 6, 6, undefined]);
});

test('its status is the same whether it was looked at or not', () => {
  let watched: Mitigation | undefined = fresh();
  for (let seconds = 0; seconds <= 3700 && watched !== undefined; seconds += 7) {
    watched = after(watched, seconds);
    assert.deepEqual(watched, after(fresh(), seconds));
  }
});

test('it says when it will change by itself', () => {
  assert.equal(nextChange(fresh(), timing), start + 3000);
  assert.equal(nextChange(fresh(2), timing), start + 2000);
  const stopped = after(fresh(), 400) as Mitigation;
  assert.equal(nextChange(stopped, timing), start + 3_600_000);
  assert.equal(nextChange({ ...stopped, expiresAt: null }, timing), undefined);
});

test('a withdrawn mitigation goes on for 120 s, ends, and is gone', () => {
  const ending = withdrawn(after(fresh(), 100) as Mitigation, start + 100_000);
  assert.deepEqual(
    [100, 219, 220, 225, 226].map((seconds) => after(ending, seconds)?.status),
    [5, 5, 6, 6, undefined],
  );
  assert.equal(withdrawn(ending, start + 150_000), ending, 'a second withdrawal changes nothing');
});

test('a preconfigured mitigation waits, has no start, and ends at once', () => {
  const waiting = fresh(3600, { 'target-prefix': ['192.0.2.0/24'], 'trigger-mitigation': false });
  assert.equal(after(waiting, 1000)?.status, 8);
  assert.equal(withdrawn(waiting, start).status, 6);
  assert.equal(viewOf(waiting, start).startedAt, undefined);
  assert.deepEqual(Object.keys(scopeText(waiting, start, 'n')), ['mid', 'lifetime', 'status']);
});

test('a client that asks again gets a longer period of termination, up to 300 s', () => {
  const ending = withdrawn(fresh(), start);
  const again = resumed(ending, timing, start + 10_000);
  assert.deepEqual([again.status, again.terminatingMs], [2, 240_000]);
  assert.equal(prolonged(again, timing), 300_000);
  assert.equal(resumed(again, timing, start), again);
});

test('an attack that goes on takes back that it has stopped', () => {
  const stopped = after(fresh(), 400) as Mitigation;
  assert.equal(afterEfficacy(stopped, 'under-attack', start + 400_000).status, 2);
  assert.equal(afterEfficacy(stopped, 'attack-successfully-mitigated', start + 400_000).status, 3);
});

test('a lifetime runs down, can be renewed and need not end', () => {
  assert.equal(remainingLifetime(fresh(), start + 500), 3600);
  assert.equal(remainingLifetime(fresh(), start + 3_599_999), 1);
  assert.equal(remainingLifetime(refreshed(fresh(), 60, start + 1000), start + 1000), 60);
  assert.equal(remainingLifetime(fresh(-1), start + 1e12), -1);
  assert.equal(after(fresh(-1), 1e9)?.status, 3);
});

test('lifetimes are granted by policy', () => {
  assert.equal(grantedLifetime(3600, defaultPolicy), 3600);
  assert.equal(grantedLifetime(1_000_000, defaultPolicy), 86_400);
  assert.equal(grantedLifetime(-1, defaultPolicy), 86_400);
  assert.equal(grantedLifetime(-1, { ...defaultPolicy, indefinite: true }), -1);
});

test('what is dropped grows while the attack is mitigated, and only then', () => {
  const at = (seconds: number): number => dropped(after(fresh(), seconds) as Mitigation, start + seconds * 1000).pkts;
  assert.equal(at(2), 0);
  assert.ok(at(10) > 0 && at(20) > at(10));
  assert.equal(at(400), at(500));
  const { bytes, pkts, bps, pps } = dropped(after(fresh(), 100) as Mitigation, start + 100_000);
  assert.ok(bytes > pkts && Math.abs(pps * 100 - pkts) < 200 && bps > pps);
});

test('a status shows what RFC 9132 figure 14 shows', () => {
  const text = scopeText(after(fresh(), 10) as Mitigation, start + 10_000, 'a');
  assert.deepEqual(Object.keys(text), [
    'mid',
    'target-prefix',
    'lifetime',
    'mitigation-start',
    'status',
    'bytes-dropped',
    'bps-dropped',
    'pkts-dropped',
    'pps-dropped',
  ]);
  assert.equal(text.status, 'attack-successfully-mitigated');
  assert.equal(text['mitigation-start'], String(start / 1000));
  assert.equal(text.lifetime, 3590);
  assert.deepEqual(Object.keys(scopeText(fresh(), start, 'c')), ['mid', 'target-prefix', 'lifetime']);
});
