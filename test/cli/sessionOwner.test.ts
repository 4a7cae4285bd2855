import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, request } from '../support/dots';
import { hasOpened, launcher, runIn, secureMock, sendByNode, startKeeper, ways } from '../support/sessionKeeper';
import { needTool } from '../support/tools';

test('only a session of this user is asked, and what it does not accept is sent separately', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const usage = (): string => {
    const { status, err } = runIn(cwd, launcher, ['session']);
    assert.equal(status, 2, err);
    return err;
  };
  mkdirSync(join(cwd, '.dots/session'), { recursive: true });
  assert.match(usage(), /exists, and is not a socket of yours/);
  rmSync(join(cwd, '.dots/session'), { recursive: true });
  chmodSync(join(cwd, '.dots'), 0o777);
  assert.match(usage(), /writable by other users.*chmod go-w/);
  chmodSync(join(cwd, '.dots'), 0o700);
  const keeper = await startKeeper(t, cwd);
  const sends = ways(t).map(([, send]) => send);
  const long = ['--mid', '1', '--profiles', 'x'.repeat(70_000)];
  for (const send of [sends[1], (...words: string[]) => runIn(words[0] ?? '', launcher, ['send', ...words.slice(1)])]) {
    assert.match(send?.(cwd, 'a.dots.json', ...long).err ?? '', /cannot be read/);
  }
  const elsewhere = folder(t, { 'a.dots.json': request });
  symlinkSync(join(cwd, '.dots'), join(elsewhere, '.dots'));
  assert.equal(sendByNode(elsewhere, 'a.dots.json', '--server', coaps, ...proofs).status, 0);
  assert.equal(runIn(elsewhere, launcher, ['send', 'a.dots.json', '--server', coaps, ...proofs]).status, 0);
  await hasOpened(keeper, 0);
});

test('a socket that others could have made is not asked, by the launcher as little as by the command', async (t) => {
  if (!needTool(t, 'curl', 'curl')) return;
  const cwd = folder(t, { 'a.dots.json': request });
  await startKeeper(t, cwd);
  const words = ['--mid', '1', '--profiles', 'absent'];
  const asked = (): string[] =>
    ways(t)
      .filter(([, send]) => send(cwd, 'a.dots.json', ...words).err.startsWith('dots send: absent cannot be read'))
      .map(([name]) => name);
  assert.deepEqual(asked(), ['launcher', 'Node.js'], 'without Node.js only a session can answer the launcher');
  for (const [path, mode] of [
    ['.dots', 0o770],
    ['.dots', 0o702],
    ['.dots/session', 0o620],
    ['.dots/session', 0o602],
  ] as const) {
    const { mode: before } = statSync(join(cwd, path));
    chmodSync(join(cwd, path), mode);
    assert.deepEqual(asked(), ['Node.js'], `${path} ${mode.toString(8)}: the command does it itself`);
    chmodSync(join(cwd, path), before & 0o777);
  }
  if (process.getuid?.() === 0)
    for (const path of ['.dots', '.dots/session']) {
      chownSync(join(cwd, path), 65534, 65534);
      assert.deepEqual(asked(), ['Node.js'], `${path} of another user`);
      chownSync(join(cwd, path), 0, 0);
    }
  assert.deepEqual(asked(), ['launcher', 'Node.js']);
});
