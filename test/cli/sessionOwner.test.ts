import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { folder, request, type Run } from '../support/dots';
import { hasOpened, keeperSocket, launcher, runIn, secureMock, startKeeper, ways } from '../support/sessionKeeper';
import { needTool } from '../support/tools';

test('only a session of this user is asked, and what it does not accept is sent separately', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const at = (runtime: string, ...words: string[]): Run =>
    runIn(cwd, launcher, words, { ...process.env, XDG_RUNTIME_DIR: runtime });
  const usage = (runtime: string): string => {
    const { status, err } = at(runtime, 'session');
    assert.equal(status, 2, err);
    return err;
  };
  const runtime = folder(t);
  mkdirSync(join(runtime, 'dots/session'), { recursive: true, mode: 0o700 });
  assert.match(usage(runtime), /dots\/session exists, and is not a socket of yours/);
  rmSync(join(runtime, 'dots/session'), { recursive: true });
  chmodSync(join(runtime, 'dots'), 0o777);
  assert.match(usage(runtime), /Other users may write to .*\/dots, .*chmod go-w/);
  const long = join(folder(t), 'x'.repeat(100));
  mkdirSync(long);
  assert.match(usage(long), /octets, and the system accepts \d+ at most.*shorter path/);
  const keeper = await startKeeper(t, cwd);
  const linked = folder(t);
  symlinkSync(dirname(keeperSocket()), join(linked, 'dots'));
  assert.match(usage(linked), /symbolic link/);
  const send = ['send', 'a.dots.json', '--server', coaps, ...proofs];
  for (const other of [linked, long, runtime]) {
    const { status, out } = at(other, ...send);
    assert.deepEqual([status, /dots session keeps/.test(out)], [0, false], out);
  }
  await hasOpened(keeper, 0);
});

test('without XDG_RUNTIME_DIR the socket is in the state folder', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const { XDG_RUNTIME_DIR: before } = process.env;
  t.after(() => {
    process.env.XDG_RUNTIME_DIR = before;
  });
  process.env.XDG_RUNTIME_DIR = '';
  const keeper = await startKeeper(t, cwd);
  const socket = join(process.env.XDG_STATE_HOME ?? '', 'dots/run/session');
  assert.deepEqual(keeper.ready, { version: 1, event: 'ready', socket });
  assert.equal(statSync(dirname(socket)).mode & 0o777, 0o700);
  for (const [name, send] of ways(t))
    assert.match(send(cwd, 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1').out, /dots session keeps/, name);
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
    [dirname(keeperSocket()), 0o770],
    [dirname(keeperSocket()), 0o702],
    [keeperSocket(), 0o620],
    [keeperSocket(), 0o602],
  ] as const) {
    const { mode: before } = statSync(path);
    chmodSync(path, mode);
    assert.deepEqual(asked(), ['Node.js'], `${path} ${mode.toString(8)}: the command does it itself`);
    chmodSync(path, before & 0o777);
  }
  if (process.getuid?.() === 0)
    for (const path of [dirname(keeperSocket()), keeperSocket()]) {
      chownSync(path, 65534, 65534);
      assert.deepEqual(asked(), ['Node.js'], `${path} of another user`);
      chownSync(path, 0, 0);
    }
  assert.deepEqual(asked(), ['launcher', 'Node.js']);
});

test('the launcher names its call as no other process does, whatever its number is', async (t) => {
  if (!needTool(t, 'curl', 'curl')) return;
  const runtime = folder(t);
  mkdirSync(join(runtime, 'dots'), { mode: 0o700 });
  const ids: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    ids.push(request.url?.split('/').at(-1) ?? '');
    response.end('=0\n');
  });
  const before = process.umask(0o077);
  server.listen(join(runtime, 'dots/session'));
  await once(server, 'listening');
  process.umask(before);
  t.after(() => server.close());
  const env = { ...process.env, XDG_RUNTIME_DIR: runtime };
  const runs = [1, 2].map(() => spawn('/bin/sh', [launcher, 'status'], { env }));
  for (const [status] of await Promise.all(runs.map((run) => once(run, 'close')))) assert.equal(status, 0);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(new Set(ids).size, 2);
});
