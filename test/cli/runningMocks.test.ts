import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { acls, dots, folder, request, startDots, type Run } from '../support/dots';

/** A mock with its entry in a folder of the test. */
async function start(t: TestContext, environment: Record<string, string>): Promise<ChildProcessWithoutNullStreams> {
  const child = startDots(t, ['mock'], environment);
  await once(createInterface(child.stdout), 'line');
  return child;
}

async function end(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await once(child, 'exit');
}

const send = (environment: Record<string, string>, document = request): Run =>
  dots(['send', '-', '--profile', 'mock'], document, undefined, environment);

test('--profile mock finds the running mock of this user, on both channels and under one cuid', async (t) => {
  const environment = { XDG_RUNTIME_DIR: folder(t) };
  const none = send(environment);
  assert.deepEqual([none.status, none.out], [2, '']);
  assert.match(none.err, /you have no running dots mock\. Start dots mock/);
  const mock = await start(t, environment);
  const path = join(environment.XDG_RUNTIME_DIR, 'dots');
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.deepEqual(entries(path), [`mock-${mock.pid}.json`]);
  for (const document of [request, acls]) {
    const { status, out, err } = send(environment, document);
    assert.equal(status, 0, err);
    assert.match(out, /^profile mock, cuid \S{22}/m);
  }
  await end(mock, 'SIGTERM');
  assert.deepEqual(entries(path), []);
});

const entries = (path: string): string[] => readdirSync(path).filter((name) => name.startsWith('mock-'));

test('several mocks are listed; what one that was killed has left is removed', async (t) => {
  const environment = { XDG_RUNTIME_DIR: folder(t) };
  const [first, second] = [await start(t, environment), await start(t, environment)];
  const several = send(environment);
  assert.equal(several.status, 2);
  for (const { pid } of [first, second]) assert.match(several.err, new RegExp(`process ${pid} \\(--profiles /`));
  await end(first, 'SIGKILL');
  assert.equal(send(environment).status, 0);
  assert.deepEqual(entries(join(environment.XDG_RUNTIME_DIR, 'dots')), [`mock-${second.pid}.json`]);
});

test('without a runtime folder the entry is in the state folder of the user', async (t) => {
  const environment = { XDG_RUNTIME_DIR: '', XDG_STATE_HOME: folder(t) };
  await start(t, environment);
  assert.equal(statSync(join(environment.XDG_STATE_HOME, 'dots/run')).mode & 0o777, 0o700);
  assert.equal(send(environment).status, 0);
});

test('entries that others could have made are not used', async (t) => {
  const environment = { XDG_RUNTIME_DIR: folder(t) };
  const { pid } = await start(t, environment);
  const path = join(environment.XDG_RUNTIME_DIR, 'dots');
  const refused = (message: RegExp): void => {
    const { status, err } = send(environment);
    assert.equal(status, 2);
    assert.match(err, message);
  };
  chmodSync(path, 0o777);
  refused(/Other users may write to .*dots,/);
  chmodSync(path, 0o700);
  chmodSync(join(path, `mock-${pid}.json`), 0o666);
  refused(/Other users may write to .*mock-\d+\.json/);
  const other = { XDG_RUNTIME_DIR: folder(t) };
  symlinkSync(path, join(other.XDG_RUNTIME_DIR, 'dots'));
  const linked = send(other);
  assert.equal(linked.status, 2);
  assert.match(linked.err, /is a symbolic link/);
});

test('what is no entry is passed over and removed', (t) => {
  const environment = { XDG_RUNTIME_DIR: folder(t) };
  const path = join(environment.XDG_RUNTIME_DIR, 'dots');
  mkdirSync(path, { mode: 0o700 });
  for (const text of ['', '{}', '[1]', '{"profiles": 1}'])
    writeFileSync(join(path, `mock-${process.pid}.json`), text, { mode: 0o600 });
  assert.match(send(environment).err, /you have no running dots mock/);
  assert.deepEqual(entries(path), []);
});

test(
  'an entry of a process that has ended is not that of the one which has its number now',
  { skip: process.platform !== 'linux' },
  (t) => {
    const environment = { XDG_RUNTIME_DIR: folder(t) };
    const path = join(environment.XDG_RUNTIME_DIR, 'dots');
    mkdirSync(path, { mode: 0o700 });
    const entry = { pid: process.pid, started: '1', profiles: join(path, 'profiles.json') };
    writeFileSync(join(path, `mock-${process.pid}.json`), JSON.stringify(entry), { mode: 0o600 });
    assert.match(send(environment).err, /you have no running dots mock/);
    assert.deepEqual(entries(path), []);
  },
);
