import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import { makeFolder } from '#dots/runtime/makeFolder';
import { PrivateFolder } from '#dots/runtime/privateFolder';
import { folder } from '../../support/dots';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** Opens a folder and collects what is said of it. */
async function opened(path: string): Promise<{ files: PrivateFolder; notices: string[] }> {
  const notices: string[] = [];
  return {
    files: await PrivateFolder.make(path, {
      names: /^(key|open|theirs)$/,
      notify: (sentence) => notices.push(sentence),
    }),
    notices,
  };
}

const isNotPrivate =
  (pattern: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DotsError, String(error));
    assert.equal(error.code, 'runtime/not-private');
    assert.match(`${error.message} ${error.hint}`, pattern);
    return true;
  };

/** Whether the test may give files to another user; only the system administrator may. */
function needRoot(t: TestContext): boolean {
  if (process.geteuid?.() === 0) return true;
  t.skip('only root can give a file to another user');
  return false;
}

const another = 65_534;

/** Runs something in another working directory. */
async function within<T>(path: string, action: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(path);
  try {
    return await action();
  } finally {
    process.chdir(before);
  }
}

test("a file is written as a whole and is its owner's only; nothing is left beside it", async (t) => {
  const path = join(folder(t), 'kept');
  await writeFileAtomically(path, 'one');
  await writeFileAtomically(path, 'two');
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.equal(modeOf(path), 0o600);
  assert.deepEqual(readdirSync(dirname(path)), ['kept']);
});

test('a symbolic link in the place of the file is replaced, and what it leads to stays', async (t) => {
  const path = folder(t, { victim: 'mine' });
  symlinkSync('victim', join(path, 'kept'));
  await writeFileAtomically(join(path, 'kept'), 'state');
  assert.equal(readFileSync(join(path, 'victim'), 'utf8'), 'mine');
  assert.equal(readFileSync(join(path, 'kept'), 'utf8'), 'state');
  assert.equal(statSync(join(path, 'kept')).isFile(), true);
});

test('a write that fails leaves the old content and no draft', async (t) => {
  const path = folder(t);
  mkdirSync(join(path, 'taken', 'by'), { recursive: true });
  await assert.rejects(writeFileAtomically(join(path, 'taken'), 'state'));
  assert.deepEqual(readdirSync(path), ['taken']);
});

test('drafts of writes at the same time do not meet', async (t) => {
  const path = join(folder(t), 'kept');
  await Promise.all(Array.from({ length: 20 }, (_, index) => writeFileAtomically(path, String(index).repeat(1000))));
  assert.match(readFileSync(path, 'utf8'), /^(\d{1,2})\1{999}$/);
  assert.deepEqual(readdirSync(dirname(path)), ['kept']);
});

test('a new folder is private, and Git leaves out what is in it and in a new .dots above it', async (t) => {
  const root = folder(t);
  await makeFolder(join(root, 'project', '.dots', 'state'));
  assert.equal(modeOf(join(root, 'project', '.dots', 'state')), 0o700);
  for (const name of ['project/.dots', 'project/.dots/state'])
    assert.equal(readFileSync(join(root, name, '.gitignore'), 'utf8'), '*\n');
  assert.deepEqual(readdirSync(join(root, 'project')), ['.dots'], 'no other folder is left out');
});

test('a folder that is there gets no .gitignore', async (t) => {
  const root = folder(t);
  mkdirSync(join(root, '.dots'));
  await makeFolder(join(root, '.dots'));
  assert.deepEqual(readdirSync(join(root, '.dots')), []);
});

test('a link is refused at the end of a path, and in its parts below the working directory', async (t) => {
  const root = folder(t);
  for (const name of ['elsewhere', 'clone/.dots']) mkdirSync(join(root, name), { recursive: true });
  symlinkSync('../../elsewhere', join(root, 'clone/.dots/state'));
  symlinkSync('../elsewhere', join(root, 'clone/data'));
  await assert.rejects(
    opened(join(root, 'clone/.dots/state')),
    isNotPrivate(/\.dots\/state is a symbolic link to \.\.\/\.\.\/elsewhere/),
  );
  await within(join(root, 'clone'), () =>
    assert.rejects(opened('data/state'), isNotPrivate(/clone\/data is a symbolic link/)),
  );
  await within(root, () => assert.rejects(opened('clone/data/state'), isNotPrivate(/clone\/data is a symbolic link/)));
  assert.deepEqual(readdirSync(join(root, 'elsewhere')), [], 'nothing was made through the link');
});

test("links above the working directory are the system's", async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, 'alias'));
  await (await opened(join(root, 'alias', 'state'))).files.write('a', 'kept');
  assert.equal(readFileSync(join(root, 'real/state/a'), 'utf8'), 'kept');
});

test('what others may write to is refused, folder and file', async (t) => {
  const path = folder(t, { open: '{}' });
  for (const mode of [0o770, 0o707, 0o722, 0o1777]) {
    chmodSync(path, mode);
    await assert.rejects(opened(path), isNotPrivate(/Other users may write to .*chmod go-w/));
  }
  chmodSync(path, 0o700);
  chmodSync(join(path, 'open'), 0o620);
  await assert.rejects((await opened(path)).files.read('open'), isNotPrivate(/Other users may write to .*open/));
});

test('a folder is refused where all users may rename it; where only owners may, as in /tmp, it is not', async (t) => {
  const root = folder(t);
  const path = join(root, 'state');
  mkdirSync(path, { mode: 0o700 });
  for (const mode of [0o777, 0o703]) {
    chmodSync(root, mode);
    await assert.rejects(
      opened(path),
      isNotPrivate(/All users may write to .*, so they could replace .*state by another folder/),
    );
    await assert.rejects(PrivateFolder.open(path), isNotPrivate(/All users may write to /));
  }
  for (const mode of [0o1777, 0o775]) {
    chmodSync(root, mode);
    await opened(path);
  }
});

test('what belongs to another user is refused, folder and file', async (t) => {
  if (!needRoot(t)) return;
  const path = folder(t, { theirs: '{}' });
  chownSync(join(path, 'theirs'), another, another);
  await assert.rejects(
    (await opened(path)).files.read('theirs'),
    isNotPrivate(/theirs belongs to another user \(uid 65534\)/),
  );
  chownSync(path, another, another);
  await assert.rejects(opened(path), isNotPrivate(/belongs to another user/));
});

test('what others may read is made unreadable, with a word for each', async (t) => {
  const path = folder(t, { key: 'secret' });
  chmodSync(path, 0o755);
  chmodSync(join(path, 'key'), 0o644);
  const { files, notices } = await opened(path);
  assert.equal(await files.read('key'), 'secret');
  assert.deepEqual([modeOf(path), modeOf(join(path, 'key'))], [0o700, 0o600]);
  assert.deepEqual(notices, [
    `${path} was readable by other users; now only its owner can read it.`,
    `${join(path, 'key')} was readable by other users; now only its owner can read it.`,
  ]);
  assert.deepEqual((await opened(path)).notices, []);
});

test('a folder that serves something else as well stays readable; what is read in it does not', async (t) => {
  const path = folder(t, { key: 'secret', 'package.json': '{}' });
  for (const name of ['', 'key', 'package.json']) chmodSync(join(path, name), name === '' ? 0o755 : 0o644);
  const { files, notices } = await opened(path);
  await files.read('key');
  assert.deepEqual(
    ['', 'key', 'package.json'].map((name) => modeOf(join(path, name)).toString(8)),
    ['755', '600', '644'],
  );
  assert.equal(notices.length, 1);
});

test('a folder that is only looked at keeps its rights', async (t) => {
  const path = folder(t, { key: 'secret' });
  chmodSync(path, 0o755);
  chmodSync(join(path, 'key'), 0o644);
  assert.equal(await (await PrivateFolder.open(path)).read('key'), 'secret');
  assert.deepEqual([modeOf(path), modeOf(join(path, 'key'))], [0o755, 0o644]);
});

test('links, pipes and folders are not read as files', async (t) => {
  const path = folder(t, { victim: 'mine' });
  const { files } = await opened(path);
  symlinkSync('victim', join(path, 'link'));
  symlinkSync('/dev/zero', join(path, 'endless'));
  execFileSync('mkfifo', [join(path, 'pipe')]);
  mkdirSync(join(path, 'folder'), { mode: 0o700 });
  await assert.rejects(files.read('link'), isNotPrivate(/link is a symbolic link to victim/));
  await assert.rejects(files.read('endless'), isNotPrivate(/endless is a symbolic link/));
  await assert.rejects(files.read('folder'), isNotPrivate(/not a regular file/));
  chmodSync(join(path, 'pipe'), 0o600);
  await assert.rejects(files.read('pipe'), isNotPrivate(/not a regular file/));
  assert.equal(await files.read('absent'), undefined);
  assert.equal(readlinkSync(join(path, 'link')), 'victim');
});
