import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dots, folder, request } from '../support/dots';
import { needShared } from '../support/shared';

const prefixless = JSON.stringify(
  JSON.parse(request.replace('"lifetime"', '"source-port-range": [{ "lower-port": 53 }], "lifetime"')),
  null,
  2,
);

test('--fix writes what keeps the meaning, says which files changed, and validates them', (t) => {
  const path = folder(t, { 'a.dots.json': prefixless, 'b.dots.json': request });
  const file = join(path, 'a.dots.json');
  const run = dots(['validate', '--fix', path]);
  assert.equal(run.err, '');
  assert.ok(run.out.startsWith(`${file}: fixed\n`), run.out);
  assert.equal(run.status, 0);
  assert.equal(
    readFileSync(file, 'utf8'),
    prefixless.replace('"source-port-range"', '"ietf-dots-call-home:source-port-range"'),
  );
  assert.equal(readFileSync(join(path, 'b.dots.json'), 'utf8'), request);
});

test('--dry-run prints the difference, changes nothing, and has the exit status of the fixed text', (t) => {
  const file = join(folder(t, { 'a.dots.json': prefixless }), 'a.dots.json');
  const run = dots(['validate', '--fix', '--dry-run', file]);
  assert.equal(run.status, 0);
  assert.match(
    run.out,
    /^--- .*a\.dots\.json\n@@ line \d+ @@\n- +"source-port-range": \[\n\+ +"ietf-dots-call-home:source-port-range": \[\n/,
  );
  assert.equal(readFileSync(file, 'utf8'), prefixless);
});

test('what a person must decide is left, and is exit status 1', (t) => {
  const text =
    '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.0/24"], "lifetime": 0,}]}}';
  const file = join(folder(t, { 'a.dots.json': text }), 'a.dots.json');
  const run = dots(['validate', '--fix', file]);
  assert.equal(run.status, 1);
  assert.equal(readFileSync(file, 'utf8'), text.replace('0,}', '0}'));
});

test('with --format json the output is the report alone', (t) => {
  const file = join(folder(t, { 'a.dots.json': prefixless }), 'a.dots.json');
  const run = dots(['validate', '--fix', '--format', 'json', file]);
  assert.equal((JSON.parse(run.out) as { summary: { errors: number } }).summary.errors, 0);
  assert.match(run.err, /a\.dots\.json: fixed\n$/);
});

test('--fix of standard input, and --dry-run alone, are usage errors', () => {
  assert.match(dots(['validate', '--fix', '-'], request).err, /standard input/);
  assert.match(dots(['validate', '--dry-run', 'x.dots.json']).err, /--dry-run is for --fix/);
});

/** Figures of the offload draft; those with broken JSON are beside the ACL that they name. */
const figures = [['04'], ['07'], ['08', '09.broken'], ['10', '11.broken']];

for (const group of figures)
  test(`--fix makes figures ${group.join(' and ')} of the offload draft conformant`, (t) => {
    const corpus = needShared(t, 'corpus');
    if (corpus === undefined) return;
    const path = folder(t, {});
    for (const figure of group)
      copyFileSync(join(corpus, `hayashi-offload-01-fig${figure}.json`), join(path, `${figure}.dots.json`));
    dots(['validate', '--fix', path]);
    for (const figure of group) {
      const twin = join(corpus, `hayashi-offload-01-fig${figure.replace('.broken', '')}.conformant.json`);
      const value = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
      assert.deepEqual(value(join(path, `${figure}.dots.json`)), value(twin), figure);
    }
  });
