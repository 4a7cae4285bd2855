import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { GoverningWorkspaces, type WorkspacesOptions } from '#host/governingWorkspaces';
import { mayGovern, systemOwners, type Owners } from '#host/ownership';
import { validationService } from '#service/validationService';
import { tree } from '../../support/tree';

const name = 'dots.workspace.json';

const workspaces = (options: Partial<WorkspacesOptions> = {}): GoverningWorkspaces =>
  new GoverningWorkspaces({ service: validationService, ...options });

/** The user is 1; files and folders belong to the user unless they are listed with another number. */
const owned = (others: Record<string, number>): Owners => ({ user: 1, of: (path) => [others[path] ?? 1] });

const found = (all: GoverningWorkspaces, path: string): [string | undefined, ...[string, string][]] => {
  const { path: file, ignored } = all.of(path, undefined);
  return [file, ...ignored.map((one): [string, string] => [one.path, one.because.kind])];
};

test('the nearest file upwards governs', (t) => {
  const path = tree(t, { [name]: '{}', [`in/${name}`]: '{}', 'in/deep/a.dots.json': '{}', 'b.dots.json': '{}' });
  assert.deepEqual(found(workspaces(), join(path, 'in/deep/a.dots.json')), [join(path, 'in', name)]);
  assert.deepEqual(found(workspaces(), join(path, 'b.dots.json')), [join(path, name)]);
});

test('a file of another user above does not govern, whatever leads to it, and is reported; the next one does', (t) => {
  const path = tree(t, { [name]: '{}', [`in/${name}`]: '{}', 'in/deep/a.dots.json': '{}' });
  const [document, theirs] = [join(path, 'in/deep/a.dots.json'), join(path, 'in', name)];
  const owners = owned({ [theirs]: 2 });
  assert.deepEqual(found(workspaces({ owners }), document), [join(path, name), [theirs, 'owner']]);
  const both = owned({ [theirs]: 2, [join(path, name)]: 2 });
  assert.deepEqual(found(workspaces({ owners: both }), document), [
    undefined,
    [theirs, 'owner'],
    [join(path, name), 'owner'],
  ]);
});

test('a file of the owner of the documents governs them', (t) => {
  const path = tree(t, { [name]: '{}', 'theirs/a.dots.json': '{}' });
  const owners = owned({ [join(path, name)]: 2, [join(path, 'theirs')]: 2 });
  assert.deepEqual(found(workspaces({ owners }), join(path, 'theirs/a.dots.json')), [join(path, name)]);
});

test('a link of another user to a file of the user does not govern', () => {
  const of = (path: string): number[] => (path === '/link' ? [1, 2] : [1]);
  assert.ok(!mayGovern('/link', '/folder', { user: 1, of }));
  assert.ok(mayGovern('/file', '/folder', { user: 1, of }));
  assert.ok(!mayGovern('/gone', '/folder', { user: 1, of: (path) => (path === '/gone' ? [] : [1]) }));
  assert.ok(mayGovern('/link', '/folder', { user: undefined, of }));
});

test('the owners of this machine: of a file, and of the link that leads to it', (t: TestContext) => {
  const path = tree(t, { file: '' });
  symlinkSync('file', join(path, 'link'));
  assert.equal(systemOwners.of(join(path, 'link')).length, 2);
  assert.deepEqual(systemOwners.of(join(path, 'nothing')), []);
});

for (const [what, boundary] of [
  ['the root of a repository', true],
  ['a folder that is open', false],
] as const) {
  test(`nothing above ${what} governs, and what would is reported`, (t) => {
    const path = tree(t, { [name]: '{}', 'top/in/a.dots.json': '{}' });
    if (boundary) mkdirSync(join(path, 'top/.git'));
    const all = workspaces({ folders: () => (boundary ? [] : [join(path, 'top')]) });
    const document = join(path, 'top/in/a.dots.json');
    assert.deepEqual(found(all, document), [undefined, [join(path, name), 'outside']]);
    writeFileSync(join(path, 'top', name), '{}');
    all.forget();
    assert.deepEqual(found(all, document), [join(path, 'top', name)]);
  });
}

test('a file that is gone, unreadable or too large governs with nothing, and is reported', (t) => {
  const path = tree(t, { [name]: '{"level": "strict"}', 'a.dots.json': '{}' });
  const [all, file, document] = [workspaces(), join(path, name), join(path, 'a.dots.json')];
  assert.equal(all.of(document, undefined).workspace.level, 'strict');
  truncateSync(file, 5 * 1024 * 1024);
  const { isBroken, ignored, workspace } = all.of(document, undefined);
  assert.deepEqual(
    [isBroken, workspace.level, ignored.map(({ because }) => because.kind)],
    [true, undefined, ['unreadable']],
  );
  rmSync(file);
  assert.deepEqual(found(all, document), [undefined]);
});

test('a file is read again when it has changed; as long as it has not, what is known of documents stays the same', (t) => {
  const path = tree(t, { [name]: '{"files": [{"path": "*", "cuid": "one"}]}', 'a.dots.json': '{}' });
  const [all, document] = [workspaces(), join(path, 'a.dots.json')];
  const context = (): unknown => all.contextOf(all.of(document, undefined), document, undefined);
  const before = context();
  assert.equal(context(), before);
  writeFileSync(join(path, name), '{"files": [{"path": "*", "cuid": "two"}]}');
  assert.deepEqual(context(), { cuid: 'two', ownPrefixes: [], quirks: [] });
});

test('a named file governs every document', (t) => {
  const path = tree(t, { 'other.json': '{"level": "strict"}', [name]: '{}', 'a.dots.json': '{}' });
  const all = workspaces({ named: join(path, 'other.json') });
  assert.equal(all.of(join(path, 'a.dots.json'), undefined).workspace.level, 'strict');
  assert.equal(all.of(undefined, undefined).workspace.level, 'strict');
});

test('profiles: read, absent, faulty', (t) => {
  const path = tree(t, { 'p.json': '{"profiles": {"lab": {}}}' });
  const all = workspaces();
  const file = join(path, 'p.json');
  assert.deepEqual([...(all.profiles(file).profiles?.keys() ?? [])], ['lab']);
  writeFileSync(file, '{"profiles": 1}');
  assert.deepEqual([all.profiles(file).state, all.profiles(file).profiles], ['faulty', undefined]);
  rmSync(file);
  assert.equal(all.profiles(file).state, 'absent');
  assert.equal(all.profiles(dirname(file)).state, 'absent');
});
