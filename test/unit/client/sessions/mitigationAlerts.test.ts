import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MitigationAlerts } from '../../../../client/src/sessions/mitigationAlerts';
import type { Mitigation } from '../../../../client/src/ui/mitigation';

const running: Mitigation = {
  mid: 7,
  scope: { 'target-prefix': ['192.0.2.0/24'] },
  status: 'attack-successfully-mitigated',
  lifetime: 3600,
  granted: 3600,
  reportedAt: 0,
};

/** Takes states of the mitigation one after the other, each at a second; returns the sentences of each. */
function taken(...states: [second: number, changes: Partial<Mitigation>][]): string[][] {
  const alerts = new MitigationAlerts();
  return states.map(([second, changes]) =>
    alerts
      .take([{ session: 'upstream', mitigation: { ...running, ...changes } }], 1000 * second)
      .map(({ what, sentence }) => `${what}: ${sentence}`),
  );
}

const ending = 'ending: The mitigation of 192.0.2.0/24 on upstream ends in 5 min, and the attack goes on.';

test('five minutes before its end, once; and again after it was renewed', () => {
  assert.deepEqual(taken([0, {}], [3299, {}], [3300, {}], [3400, {}]), [[], [], [ending], []]);
  const renewed = { reportedAt: 3_400_000 };
  assert.deepEqual(taken([3300, {}], [3401, renewed], [6700, renewed]), [[ending], [], [ending]]);
});

test('not where the attack has stopped, where nothing is dropped any more, and where it never ends', () => {
  const dropped = { octets: 1, packets: 1, octetsPerSecond: 0, packetsPerSecond: 0 };
  for (const changes of [
    { status: 'attack-stopped' },
    { status: 'dots-client-withdrawn-mitigation' },
    { dropped },
    { lifetime: -1, granted: -1 },
    { unanswered: true as const },
  ])
    assert.deepEqual(taken([3400, changes]), [[]]);
});

test('a short lifetime is reported at its half', () => {
  const short = { lifetime: 60, granted: 60 };
  assert.deepEqual(
    taken([0, short], [29, short], [30, short]).map((each) => each.length),
    [0, 0, 1],
  );
});

test('one that has ended by itself, once, and not what this client has ended', () => {
  const over = { ended: 'ended by the server' };
  assert.deepEqual(taken([0, {}], [1, over], [2, over]), [
    [],
    ['ended: The mitigation of 192.0.2.0/24 on upstream is over: ended by the server.'],
    [],
  ]);
  assert.deepEqual(taken([0, {}], [1, { ended: 'withdrawn' }]), [[], []]);
  assert.deepEqual(taken([0, {}], [1, { ended: 'replaced by mid 8' }]), [[], []]);
  assert.deepEqual(taken([0, over]), [[]]);
});
