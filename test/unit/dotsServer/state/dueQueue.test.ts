import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DueQueue } from '#dots/dotsServer/state/dueQueue';
import { Random } from '../../../support/random';

test('keys come out by their last time, whatever was set before', () => {
  const random = new Random(3);
  const queue = new DueQueue();
  const times = new Map<string, number>();
  for (let now = 0; now < 3000; now++) {
    const key = `k${random.below(50)}`;
    const at = random.below(4) === 0 ? undefined : now + random.below(100);
    queue.set(key, at);
    if (at === undefined) times.delete(key);
    else times.set(key, at);
    const due = [...times].filter(([, time]) => time <= now).map(([name]) => name);
    const taken = queue.takeDue(now);
    assert.deepEqual([...taken].sort(), due.sort());
    assert.deepEqual(
      taken.map((name) => times.get(name)),
      taken.map((name) => times.get(name) ?? 0).sort((a, b) => a - b),
      'the earliest first',
    );
    for (const name of due) times.delete(name);
    assert.equal(queue.nextAt, Math.min(...times.values()));
  }
});
