import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Resumption } from '#dots/orchestrator/resumption';
import { FakeClock } from '../../support/protocol/fakeClock';

interface Scene {
  clock: FakeClock;
  resumption: Resumption<number>;
  /** What was carried out, and `done`, in their order. */
  log: (number | 'done')[];
}

function scene(count: number): Scene {
  const clock = new FakeClock();
  const log: Scene['log'] = [];
  const resumption = new Resumption<number>({
    clock,
    resume: (each) => log.push(each),
    done: () => log.push('done'),
  });
  for (let each = 0; each < count; each++) resumption.add(each);
  return { clock, resumption, log };
}

test('a few mitigations of an earlier run are carried out at once', () => {
  const { clock, resumption, log } = scene(3);
  resumption.begin();
  assert.deepEqual([log, clock.pending], [[0, 1, 2, 'done'], 0]);
});

test('thousands are carried out in turns, each once, and then all is done', async () => {
  const { clock, resumption, log } = scene(1200);
  resumption.begin();
  assert.equal(log.length, 500);
  resumption.ahead((each) => each === 1199);
  resumption.delete(1198);
  assert.deepEqual(log.slice(500), [1199]);
  await clock.advance(1000);
  assert.equal(log.at(-1), 'done');
  assert.deepEqual([log.length, new Set(log).size, log.includes(1198)], [1200, 1200, false]);
});

test('nothing is carried out after the end', async () => {
  const { clock, resumption, log } = scene(1200);
  resumption.begin();
  resumption.close();
  await clock.advance(1000);
  assert.deepEqual([log.length, clock.pending], [500, 0]);
});
