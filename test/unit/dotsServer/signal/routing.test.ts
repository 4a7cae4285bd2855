import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '#dots/dotsServer/signal/refusal';
import { parametersOf, resourceNameOf } from '#dots/dotsServer/signal/routing';

test('paths name resources', () => {
  assert.equal(resourceNameOf(['.well-known', 'dots', 'mitigate']), 'mitigate');
  assert.equal(resourceNameOf(['.well-known', 'dots', 'constructor']), undefined);
  assert.equal(resourceNameOf(['.well-known', 'core']), undefined);
  assert.deepEqual(parametersOf('mitigate', ['.well-known', 'dots', 'mitigate', 'cdid=x', 'cuid=a=b', 'mid=1']), {
    cdid: 'x',
    cuid: 'a=b',
    mid: '1',
  });
});

for (const segments of [
  ['mid=1', 'cuid=c'],
  ['cuid='],
  ['cuid=c', 'cuid=c'],
  ['cuid'],
  ['cuid=c', 'sid=1'],
  ['cuid=c', 'mid=1', 'x=y'],
  [''],
]) {
  test(`the path .../mitigate/${segments.join('/')} is refused`, () => {
    assert.throws(
      () => parametersOf('mitigate', ['.well-known', 'dots', 'mitigate', ...segments]),
      (error: unknown) => error instanceof Refusal && error.answer.code === '4.00',
    );
  });
}
