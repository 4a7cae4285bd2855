import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { FolderInUse, FolderLock } from '#dots/runtime/folderLock';
import { PrivateFolder } from '#dots/runtime/privateFolder';
import { folder } from '../../support/dots';
import { root } from '../../support/shared';

const isInUse = (pid: number) => (error: unknown) => error instanceof FolderInUse && error.pid === pid;

/** A folder for a lock; `length` makes its path longer. */
async function privateFolder(t: TestContext, length = 0): Promise<PrivateFolder> {
  const path = join(folder(t), 'n'.repeat(Math.min(length, 200)));
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return PrivateFolder.open(path);
}

/** Another process that takes the lock, says `taken` or why not, and lives until it is killed. */
async function anotherOwner(
  t: TestContext,
  path: string,
): Promise<{ said: string; pid: number; kill: () => Promise<unknown> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'test/support/lockOwner.ts'), path], {
    cwd: root,
  });
  t.after(() => child.kill('SIGKILL'));
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string];
  const kill = (): Promise<unknown> => {
    child.kill('SIGKILL');
    return once(child, 'exit');
  };
  return { said, pid: child.pid ?? 0, kill };
}

for (const length of [0, 200])
  test(`a lock has one owner at a time, and is free again once it is released${length > 0 ? ', also where the path is too long for a socket' : ''}`, async (t) => {
    const place = await privateFolder(t, length);
    const first = await FolderLock.take(place);
    await assert.rejects(FolderLock.take(place), isInUse(process.pid));
    await first.release();
    const second = await FolderLock.take(place);
    await assert.rejects(FolderLock.take(place), isInUse(process.pid));
    await second.release();
    assert.deepEqual(readdirSync(place.path), ['lock.2'], 'nothing else is left');
  });

test('of many that take it at once exactly one succeeds', async (t) => {
  const place = await privateFolder(t);
  for (let round = 0; round < 5; round++) {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => FolderLock.take(place)));
    const owners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert.equal(owners.length, 1);
    await owners[0]?.release();
  }
});

test('a lock of another process is in use, by its number; it is free once that process is killed', async (t) => {
  const place = await privateFolder(t);
  const { said, pid, kill } = await anotherOwner(t, place.path);
  assert.equal(said, 'taken');
  await assert.rejects(FolderLock.take(place), isInUse(pid));
  await kill();
  const lock = await FolderLock.take(place);
  assert.equal((await anotherOwner(t, place.path)).said, `Process ${process.pid} uses the folder.`);
  await lock.release();
});

test('one that is patient takes the lock when its owner has ended, and is refused by its number if it does not', async (t) => {
  const place = await privateFolder(t);
  const first = await FolderLock.take(place);
  await assert.rejects(FolderLock.take(place, 200), isInUse(process.pid));
  const waiting = FolderLock.take(place, 600_000);
  await assert.rejects(FolderLock.take(place), isInUse(process.pid));
  await first.release();
  await (await waiting).release();
});

test('a lock file that a crash of the machine has emptied counts as free', async (t) => {
  const place = await privateFolder(t);
  writeFileSync(place.pathOf('lock.7'), '', { mode: 0o600 });
  const lock = await FolderLock.take(place);
  assert.ok(readdirSync(place.path).includes('lock.8'));
  await lock.release();
});
