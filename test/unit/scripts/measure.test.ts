import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../support/shared';

interface Measured {
  place: string;
  lines: number;
}
interface Measure {
  functionsOf(text: string, path: string): (Measured & { isBlock: boolean })[];
  distribution(measured: Measured[]): { median: number; ninetieth: number; maximum: number; longest: string };
}

const measure = async (): Promise<Measure> =>
  (await import(pathToFileURL(join(root, 'scripts/measure.mjs')).href)) as Measure;

test('measure: every kind of function counts with all its lines, a signature does not', async () => {
  const { functionsOf } = await measure();
  const text = [
    'interface A { b(): void }',
    'declare function c(): void;',
    'function d(): void {',
    '  void [1].map((one) => one);',
    '}',
    'class E {',
    '  constructor() {',
    '  }',
    '  get f() { return 1; }',
    '  g(): void {',
    '    // a comment',
    '',
    '  }',
    '}',
  ].join('\n');
  assert.deepEqual(
    functionsOf(text, 'x.ts').map(({ place, lines, isBlock }) => [place, lines, isBlock]),
    [
      ['x.ts:3', 3, true],
      ['x.ts:4', 1, false],
      ['x.ts:7', 2, true],
      ['x.ts:9', 1, true],
      ['x.ts:10', 4, true],
    ],
  );
});

test('measure: half, nine of ten and all of the lengths are within what is printed', async () => {
  const { distribution } = await measure();
  const measured = Array.from({ length: 20 }, (_, index) => ({ place: `x.ts:${index}`, lines: 20 - index }));
  assert.deepEqual(distribution(measured), { median: 10, ninetieth: 18, maximum: 20, longest: 'x.ts:0' });
  assert.deepEqual(distribution([]), { median: 0, ninetieth: 0, maximum: 0, longest: '' });
});
