import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FolderIndex, folderLimits, type FolderIndexOptions } from '#host/folderIndex';
import { readStart } from '#host/files';
import { validationService } from '#service/validationService';
import { tree } from '../../support/tree';

const aliases = (name: string): string =>
  JSON.stringify({ 'ietf-dots-data-channel:aliases': { alias: [{ name, 'target-prefix': ['192.0.2.1/32'] }] } });

/** An index that remembers which files it has parsed. */
function indexed(options: Partial<FolderIndexOptions> = {}): { index: FolderIndex; parsed: string[] } {
  const parsed: string[] = [];
  const service = {
    ...validationService,
    parse: (...given: Parameters<typeof validationService.parse>) => {
      parsed.push(given[1] ?? '');
      return validationService.parse(...given);
    },
  };
  return { index: new FolderIndex({ service, isOpen: () => false, ...options }), parsed };
}

const namesIn = async (index: FolderIndex, folder: string, deep = true): Promise<string[]> =>
  [...(await index.loaded({ folder, deep })).entries.values()]
    .flatMap(({ facts }) => facts.aliases.map(({ name }) => name))
    .sort();

test('the documents of a folder by name or content, and with those below', async (t) => {
  const path = tree(t, {
    'a.dots.json': aliases('a'),
    'b.json': aliases('b'),
    'c.json': '{"name": "package"}',
    'd.txt': aliases('d'),
    'in/e.dots.jsonc': aliases('e'),
    'node_modules/f.dots.json': aliases('f'),
  });
  assert.deepEqual(await namesIn(indexed().index, path), ['a', 'b', 'e']);
  assert.deepEqual(await namesIn(indexed().index, path, false), ['a', 'b']);
});

test('a plain JSON file is read only where it names DOTS near its start', async (t) => {
  const far = `{"x": "${' '.repeat(70_000)}", ${aliases('far').slice(1)}`;
  const { index, parsed } = indexed();
  assert.deepEqual(await namesIn(index, tree(t, { 'far.json': far, 'near.json': aliases('near') })), ['near']);
  assert.equal(parsed.length, 1);
});

test('each real file is read once, however many links lead to it', async (t) => {
  const path = tree(t, { 'a.dots.json': aliases('a') });
  for (let link = 0; link < 20; link++) symlinkSync('a.dots.json', join(path, `link${link}.dots.json`));
  linkSync(join(path, 'a.dots.json'), join(path, 'hard.dots.json'));
  symlinkSync('..', join(path, 'round'));
  const { index, parsed } = indexed();
  assert.deepEqual(await namesIn(index, path), ['a']);
  assert.deepEqual(parsed, [join(path, 'a.dots.json')]);
  writeFileSync(join(path, 'a.dots.json'), aliases('b'));
  index.changed(join(path, 'link3.dots.json'));
  assert.deepEqual([await namesIn(index, path), parsed.length], [['b'], 2]);
});

test('a file that is open, by whatever name, is left to those who know its text', async (t) => {
  const path = tree(t, { 'a.dots.json': aliases('a'), 'b.dots.json': aliases('b') });
  symlinkSync('a.dots.json', join(path, 'link.dots.json'));
  const open = new Set([join(path, 'link.dots.json')]);
  const { index } = indexed({ isOpen: (each) => open.has(each) });
  assert.deepEqual(await namesIn(index, path), ['b']);
  open.clear();
  index.changed(join(path, 'link.dots.json'));
  assert.deepEqual(await namesIn(index, path), ['a', 'b']);
});

test('what is beyond the limits is left out and named, and read once it is within them', async (t) => {
  const [small, large] = [aliases('a'), aliases('large').padEnd(500)];
  const path = tree(t, { 'a.dots.json': small, 'b.dots.json': small, 'c.dots.json': small, 'd.dots.json': large });
  const octets = 2 * small.length;
  const { index, parsed } = indexed({ limits: { steps: 100, fileOctets: 300, octets } });
  const { leftOut } = await index.loaded({ folder: path, deep: true });
  assert.deepEqual(leftOut, [join(path, 'c.dots.json'), join(path, 'd.dots.json')]);
  assert.equal(parsed.length, 2);
  rmSync(join(path, 'a.dots.json'));
  index.changed(join(path, 'a.dots.json'));
  assert.deepEqual(index.documents({ folder: path, deep: true }).leftOut, [join(path, 'd.dots.json')]);
});

test('a folder with more files and folders than the limit is named', async (t) => {
  const path = tree(t, { 'a/1': '', 'b/2': '', 'c/x.dots.json': aliases('x') });
  const { index } = indexed({ limits: { ...folderLimits, steps: 4 } });
  assert.deepEqual((await index.loaded({ folder: path, deep: true })).leftOut, [path]);
});

test('what is no file is never opened', async (t) => {
  const path = tree(t, { 'a.dots.json': aliases('a') });
  const socket = createServer().listen(join(path, 'socket.dots.json'));
  t.after(() => socket.close());
  await once(socket, 'listening');
  symlinkSync('socket.dots.json', join(path, 'link.dots.json'));
  symlinkSync('/dev/zero', join(path, 'zero.dots.json'));
  symlinkSync('nowhere', join(path, 'dangling.dots.json'));
  assert.deepEqual(await namesIn(indexed().index, path), ['a']);
});

test('others are served between slices of the work', async (t) => {
  const path = tree(t, Object.fromEntries([...'abcdefgh'].map((name) => [`${name}.dots.json`, aliases(name)])));
  let [time, pauses] = [0, 0];
  const { index, parsed } = indexed({
    pauses: {
      now: () => (time += 10),
      pause: () => {
        pauses += 1;
        assert.ok(parsed.length <= 2 * pauses, 'no more than two files in one slice of 15 ms');
        return Promise.resolve();
      },
    },
  });
  assert.equal((await namesIn(index, path)).length, 8);
  assert.ok(pauses >= 4);
});

test('links that lead nowhere, to a folder or through others count as work as well', async (t) => {
  const path = tree(t, { 'a.dots.json': aliases('a'), 'in/.keep': '' });
  for (let link = 0; link < 10; link++) {
    symlinkSync('nowhere', join(path, `n${link}.dots.json`));
    symlinkSync('in', join(path, `f${link}.dots.json`));
    symlinkSync(`l${link + 1}`, join(path, `l${link}`));
  }
  let [time, pauses] = [0, 0];
  const pause = (): Promise<void> => Promise.resolve(void (pauses += 1));
  const { index } = indexed({ pauses: { now: () => (time += 10), pause } });
  assert.deepEqual(await namesIn(index, path), ['a']);
  assert.ok(pauses >= 15, `${pauses}`);
  const limits = { ...folderLimits, steps: 20 };
  const { index: limited } = indexed({ limits });
  assert.deepEqual((await limited.loaded({ folder: path, deep: true })).leftOut, [path]);
});

test('a document whose name is not UTF-8 is named as left out', { skip: process.platform !== 'linux' }, async (t) => {
  const path = tree(t, { 'a.dots.json': aliases('a') });
  writeFileSync(Buffer.concat([Buffer.from(join(path, 'b')), Buffer.from([0xff]), Buffer.from('.dots.json')]), '{}');
  const { entries, leftOut } = await indexed().index.loaded({ folder: path, deep: true });
  assert.deepEqual([entries.size, leftOut], [1, [join(path, 'b\ufffd.dots.json')]]);
});

test('a pipe that takes the place of a file is not waited for', { skip: process.platform === 'win32' }, (t) => {
  const path = join(tree(t, {}), 'a.dots.json');
  execFileSync('mkfifo', [path]);
  assert.throws(() => readStart(path, 10));
});

test('a file that is replaced, changes its name or goes', async (t: TestContext) => {
  const path = tree(t, { 'a.dots.json': aliases('a') });
  const { index } = indexed();
  await namesIn(index, path);
  writeFileSync(join(path, 'new'), aliases('b'));
  renameSync(join(path, 'new'), join(path, 'a.dots.json'));
  index.changed(join(path, 'a.dots.json'));
  assert.deepEqual(await namesIn(index, path), ['b']);
  renameSync(join(path, 'a.dots.json'), join(path, 'c.dots.json'));
  for (const name of ['a', 'c']) index.changed(join(path, `${name}.dots.json`));
  assert.deepEqual(await namesIn(index, path), ['b']);
  rmSync(join(path, 'c.dots.json'));
  index.changed(join(path, 'c.dots.json'));
  assert.deepEqual(await namesIn(index, path), []);
});
