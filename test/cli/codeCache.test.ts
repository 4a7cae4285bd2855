import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { folder } from '../support/dots';
import { root } from '../support/shared';

const example = join(root, 'examples/offload-request.dots.json');

interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** The built command, with its stored code below a folder. */
function run(cache: string, ...words: string[]): Ran {
  const env = { ...process.env, XDG_CACHE_HOME: cache, HOME: cache, LOCALAPPDATA: cache };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...words], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

/** The files with stored code. */
function stored(cache: string): string[] {
  const all = readdirSync(cache, { recursive: true, encoding: 'utf8' }).map((name) => join(cache, name));
  return all.filter((path) => statSync(path).isFile());
}

/** The one file with the code of `validate`, which has been run once. */
function storedOnce(t: TestContext): { cache: string; file: string; first: Ran } {
  const cache = folder(t);
  const first = run(cache, 'validate', example);
  const [file = '', ...more] = stored(cache);
  assert.equal(first.status, 0);
  assert.match(file, /validate/);
  assert.deepEqual(more, []);
  return { cache, file, first };
}

test('the command does the same with stored code, which a few runs complete', (t) => {
  const { cache, file, first } = storedOnce(t);
  for (let count = 0; count < 3; count += 1) assert.deepEqual(run(cache, 'validate', example), first);
  const complete = statSync(file);
  assert.deepEqual(run(cache, 'validate', example), first);
  assert.equal(statSync(file).ino, complete.ino);
  assert.equal(statSync(file).mtimeMs, complete.mtimeMs);
});

test('stored code that is damaged is replaced, and the command does the same', (t) => {
  const { cache, file, first } = storedOnce(t);
  const whole = readFileSync(file);
  for (const damaged of [Buffer.alloc(0), Buffer.from('no code'), whole.subarray(0, whole.length / 2)]) {
    writeFileSync(file, damaged);
    assert.deepEqual(run(cache, 'validate', example), first);
    assert.ok(statSync(file).size > whole.length / 2);
  }
});

test('where no code can be stored, the command does the same', (t) => {
  const cache = join(folder(t), 'file');
  writeFileSync(cache, '');
  assert.equal(run(cache, 'validate', example).status, 0);
  assert.equal(readFileSync(cache, 'utf8'), '');
});

test('words that are no command store nothing', (t) => {
  const cache = folder(t);
  assert.equal(run(cache, 'validat').status, 2);
  assert.equal(run(cache, '../../x').status, 2);
  assert.deepEqual(stored(cache), []);
  assert.ok(!existsSync(join(cache, '..', 'x')));
});
