import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPaced, lossTrial, pacedTimes, type Trial } from '../../support/lossTrial';
import { Random } from '../../support/random';

const trials = 25;

test('the pace allows a request that is never answered 38 copies in 60 s, over both sessions together', async () => {
  assert.equal(pacedTimes().length, 38);
  const { answered, sentAt } = await lossTrial(1, new Random(1));
  assert.equal(answered, false);
  assert.deepEqual(sentAt, pacedTimes());
});

for (const [loss, answered, copies] of [
  [0, 25, 25],
  [0.3, 25, 43],
  [0.7, 25, 159],
] as const) {
  test(`with ${100 * loss} % of the datagrams lost each way, ${answered} of ${trials} requests are answered, and none is sent sooner than its pace`, async () => {
    const random = new Random(2030);
    const all: Trial[] = [];
    for (let trial = 0; trial < trials; trial += 1) all.push(await lossTrial(loss, random));
    assert.ok(all.every(isPaced));
    assert.deepEqual(
      [all.filter((each) => each.answered).length, all.flatMap(({ sentAt }) => sentAt).length],
      [answered, copies],
    );
  });
}
