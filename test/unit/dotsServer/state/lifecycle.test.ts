import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance,
  mitigatedTime,
  nextChange,
  prolonged,
  refreshed,
  remainingLifetime,
  reported,
  requested,
  resumed,
  withdrawn,
  type Mitigation,
} from '#dots/dotsServer/state/lifecycle';
import { defaultTiming as timing } from '#dots/dotsServer/state/policy';

const start = Date.UTC(2030, 0, 1);
const fresh = (lifetime = 3600, scope: Mitigation['scope'] = { 'target-prefix': ['192.0.2.0/24'] }): Mitigation =>
  requested({ cuid: 'c', mid: 7, scope, terminatingMs: timing.terminatingMs }, lifetime, start);
const after = (mitigation: Mitigation, seconds: number): Mitigation | undefined =>
  advance(mitigation, start + seconds * 1000, timing);

test('a mitigation is in setup until the mitigator reports, ends with its lifetime, and is removed', () => {
  const statuses = [0, 300, 3599, 3600, 3605, 3606].map((seconds) => after(fresh(), seconds)?.status);
  assert.deepEqual(statuses, [1, 1, 1, 6, 6, undefined]);
});

test('its status is the same whether it was looked at or not', () => {
  let watched: Mitigation | undefined = fresh();
  for (let seconds = 0; seconds <= 3700 && watched !== undefined; seconds += 7) {
    watched = after(watched, seconds);
    assert.deepEqual(watched, after(fresh(), seconds));
  }
});

test('it says when the server will change it', () => {
  assert.equal(nextChange(fresh(2), timing), start + 2000);
  assert.equal(nextChange(fresh(-1), timing), undefined);
  assert.equal(nextChange(withdrawn(fresh(), start), timing), start + timing.terminatingMs);
});

test('a withdrawn mitigation continues for 120 s, ends, and is removed', () => {
  const ending = withdrawn(after(fresh(), 100) as Mitigation, start + 100_000);
  assert.deepEqual(
    [100, 219, 220, 225, 226].map((seconds) => after(ending, seconds)?.status),
    [5, 5, 6, 6, undefined],
  );
  assert.equal(withdrawn(ending, start + 150_000), ending, 'a second withdrawal changes nothing');
});

test('a preconfigured mitigation waits, has no start, and ends at once', () => {
  const waiting = fresh(3600, { 'target-prefix': ['192.0.2.0/24'], 'trigger-mitigation': false });
  assert.deepEqual([after(waiting, 1000)?.status, waiting.startedAt], [8, null]);
  assert.equal(withdrawn(waiting, start).status, 6);
});

test('a client that requests again gets a longer period of termination, up to 300 s', () => {
  const ending = withdrawn(fresh(), start);
  const again = resumed(ending, timing, start + 10_000);
  assert.deepEqual([again.status, again.terminatingMs], [1, 240_000]);
  assert.equal(prolonged(again, timing), 300_000);
  assert.equal(resumed(again, timing, start), again);
});

test('only an active mitigation takes a reported status, and the same one again changes nothing', () => {
  const mitigated = reported(fresh(), 2, start + 3000);
  assert.deepEqual([mitigated.status, mitigated.since], [2, start + 3000]);
  assert.equal(reported(mitigated, 2, start + 9000), mitigated);
  const waiting = fresh(3600, { 'trigger-mitigation': false });
  const withdrawnBefore = withdrawn(fresh(), start);
  for (const other of [waiting, withdrawnBefore, reported(fresh(), 7, start)])
    assert.equal(reported(other, 2, start), other);
});

test('a mitigation that the mitigator gave up is removed as one that was terminated', () => {
  const givenUp = reported(fresh(), 7, start + 1000);
  assert.deepEqual(
    [1, 6, 7].map((seconds) => after(givenUp, seconds)?.status),
    [7, 7, undefined],
  );
  assert.equal(remainingLifetime(givenUp, start + 2000), 0);
});

test('the time of successful mitigation is counted over all its periods', () => {
  const stopped = reported(reported(fresh(), 2, start + 1000), 3, start + 11_000);
  assert.equal(mitigatedTime(stopped, start + 50_000), 10_000);
  const again = reported(stopped, 2, start + 60_000);
  assert.equal(mitigatedTime(again, start + 65_000), 15_000);
  assert.equal(mitigatedTime(again, start), 10_000, 'a clock that is set back takes nothing away');
});

test('a lifetime runs down, can be renewed and need not end', () => {
  assert.equal(remainingLifetime(fresh(), start + 500), 3600);
  assert.equal(remainingLifetime(fresh(), start + 3_599_999), 1);
  assert.equal(remainingLifetime(refreshed(fresh(), 60, start + 1000), start + 1000), 60);
  assert.equal(remainingLifetime(fresh(-1), start + 1e12), -1);
  assert.equal(after(fresh(-1), 1e9)?.status, 1);
});
