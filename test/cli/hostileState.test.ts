import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLab } from '#dots/transport/certificates/lab';
import { dots, folder, request, startMock } from '../support/dots';

/** A folder that somebody has prepared: the state folder in it, and files beside it that must stay as they are. */
function clone(victims: Record<string, string>, t: Parameters<typeof folder>[0]): { root: string; state: string } {
  const root = folder(t, victims);
  const state = join(root, '.dots/state');
  mkdirSync(join(state, 'lab'), { recursive: true, mode: 0o700 });
  return { root, state };
}

test('links that a repository brings are not followed when the mock writes its state', async (t) => {
  const { root, state } = clone({ profile: 'mine', ssh: 'mine', shell: 'mine' }, t);
  symlinkSync(join(root, 'profile'), join(state, 'journal.new'));
  symlinkSync(join(root, 'ssh'), join(state, 'lab/client-key.pem.new'));
  symlinkSync(join(root, 'shell'), join(state, 'lab/ca.pem.new'));
  const { signal } = await startMock(t, '--state', state);
  assert.equal(dots(['send', '-', '--server', signal], request).status, 0);
  assert.match(readFileSync(join(state, 'journal'), 'utf8'), /192\.0\.2\.0/);
  for (const name of ['profile', 'ssh', 'shell']) assert.equal(readFileSync(join(root, name), 'utf8'), 'mine', name);
});

for (const [what, path] of [
  ['its state folder', '.dots/state'],
  ['its folder .dots', '.dots'],
  ['its lab', '.dots/state/lab'],
  ['its journal', '.dots/state/journal'],
  ['a file of the state of an earlier version', '.dots/state/mitigations.json'],
  ['its lock', '.dots/state/lock.1'],
  ['the key of its lab', '.dots/state/lab/client-key.pem'],
] as const)
  test(`the mock does not start where ${what} is a link`, (t) => {
    const root = folder(t, { victim: '{"version":1,"mitigations":[]}' });
    mkdirSync(join(root, 'elsewhere'));
    const parent = join(root, 'clone', path, '..');
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    symlinkSync(join(root, /\.(json|pem|1)$|journal$/.test(path) ? 'victim' : 'elsewhere'), join(root, 'clone', path));
    const { status, err } = dots(['mock', '--state', '.dots/state'], '', join(root, 'clone'));
    assert.equal(status, 2);
    assert.match(err, /^dots mock: .* is a symbolic link to /m);
    assert.deepEqual(readdirSync(join(root, 'elsewhere')), []);
  });

test('a state folder that others may write to is refused; one that they may read is theirs no longer', async (t) => {
  const { root, state } = clone({}, t);
  chmodSync(state, 0o777);
  const { status, err } = dots(['mock', '--state', state], '');
  assert.equal(status, 2);
  assert.match(err, /Other users may write to .*state, so they could change its content\. Run chmod go-w/);
  chmodSync(state, 0o755);
  const { child } = await startMock(t, '--state', state);
  assert.equal(statSync(state).mode & 0o777, 0o700);
  child.kill();
  assert.deepEqual(readdirSync(root), ['.dots']);
});

test('a lab CA that a repository brings is not adopted', async (t) => {
  const { state } = clone({}, t);
  const planted = await openLab(folder(t));
  cpSync(join(planted.files.ca, '..'), join(state, 'lab'), { recursive: true });
  const { ready } = await startMock(t, '--state', state);
  assert.notEqual(readFileSync(String(ready.ca), 'utf8'), planted.ca);
});

test('a new state folder in .dots is left out by Git', async (t) => {
  const root = folder(t);
  await startMock(t, '--state', join(root, '.dots/state'));
  assert.equal(readFileSync(join(root, '.dots/.gitignore'), 'utf8'), '*\n');
});
