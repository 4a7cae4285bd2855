import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/shared';
import { acls, dots, folder, request } from '../support/dots';

interface Found {
  file: string;
  kind: string | null;
  findings: { code: string; severity: string; related?: { file?: string }[] }[];
}

const files = (words: readonly string[]): Found[] =>
  (JSON.parse(dots(['validate', '--format', 'json', ...words]).out) as { files: Found[] }).files;
const codes = (words: readonly string[]): string[] =>
  files(words).flatMap(({ file, findings }) =>
    findings.map(({ code, severity }) => `${file.slice(file.lastIndexOf('/') + 1)} ${code} ${severity}`),
  );
const withAlias = request.replace('"target-prefix"', '"alias-name": ["web"], "target-prefix"');
const aliases = '{"ietf-dots-data-channel:aliases": {"alias": [{"name": "web", "target-prefix": ["192.0.2.1/32"]}]}}';

test('the nearest workspace file upwards counts', (t) => {
  const path = folder(t, { 'dots.workspace.json': '{"own-prefixes": ["198.51.100.0/24"]}', 'a.dots.json': request });
  mkdirSync(join(path, 'in', 'deep'), { recursive: true });
  writeFileSync(join(path, 'in', 'dots.workspace.json'), '{"own-prefixes": ["192.0.2.0/24"]}');
  writeFileSync(join(path, 'in', 'deep', 'b.dots.json'), request);
  assert.deepEqual(codes([path]), ['a.dots.json cross/foreign-target error']);
  assert.equal(dots(['validate', path]).status, 1);
  assert.deepEqual(
    codes([path, '--workspace', join(path, 'in', 'dots.workspace.json')]).filter((line) => line.includes('foreign')),
    [],
  );
});

test('the other documents below its folder are known, and not reported', (t) => {
  const path = folder(t, { 'dots.workspace.json': '{}', 'a.dots.json': withAlias, 'b.json': aliases });
  assert.deepEqual(
    files([join(path, 'a.dots.json')]).map(({ file, findings }) => [file, findings]),
    [[join(path, 'a.dots.json'), []]],
  );
  writeFileSync(join(path, 'b.json'), aliases.replace('web', 'mail'));
  assert.deepEqual(codes([join(path, 'a.dots.json')]), ['a.dots.json cross/unknown-alias warning']);
});

test('without a workspace file the documents beside one count, and those that are named; a missing name is information', (t) => {
  const path = folder(t, { 'a.dots.json': withAlias, 'b.json': aliases });
  mkdirSync(join(path, 'in'));
  writeFileSync(join(path, 'in', 'c.dots.json'), withAlias);
  const [beside, elsewhere] = [join(path, 'a.dots.json'), join(path, 'in', 'c.dots.json')];
  assert.deepEqual(codes([beside]), []);
  assert.deepEqual(codes([elsewhere]), ['c.dots.json cross/unknown-alias information']);
  assert.equal(dots(['validate', elsewhere]).status, 0);
  assert.deepEqual(codes([elsewhere, join(path, 'b.json')]), []);
  assert.deepEqual(codes([path]), []);
});

test('a related place in another file is reported by its name, in text and in JSON', (t) => {
  const path = folder(t, {
    'a.dots.json': request.replace(
      '"lifetime"',
      '"ietf-dots-signal-control:acl-list": [{"acl-name": "dns"}], "lifetime"',
    ),
    'b.json': acls,
  });
  assert.deepEqual(
    files([path]).flatMap(({ findings }) => findings.flatMap(({ related }) => related?.map(({ file }) => file))),
    [join(path, 'b.json')],
  );
  assert.match(
    dots(['validate', path]).out,
    /cross\/ace-for-acl, RFC 9133 section 3\.2\.1\)\n {2}\S*b\.json:1:\d+ the ACL that has this entry\n/,
  );
});

test('a broken workspace file is reported, and the documents are checked with defaults', (t) => {
  const path = folder(t, {
    'dots.workspace.json': '{"level": "strict", "own-prefix": []}',
    'a.dots.json': acls
      .replace('ietf-access-control-list:drop', 'drop')
      .replace('activate-when-mitigating', 'immediate'),
  });
  const found = files([join(path, 'a.dots.json')]);
  assert.deepEqual(
    found.map(({ file, kind, findings }) => [
      file,
      kind,
      findings.map(({ code }) => code).filter((code) => !code.startsWith('advice')),
    ]),
    [
      [join(path, 'a.dots.json'), 'acls', []],
      [relative(root, join(path, 'dots.workspace.json')), 'workspace', ['json/config-member']],
    ],
  );
  assert.equal(dots(['validate', join(path, 'a.dots.json')]).status, 1);
});

test('the workspace file and the profiles file can be validated themselves', (t) => {
  const path = folder(t, {
    'dots.workspace.json': '{"level": 1}',
    'dots.profiles.json': '{"profiles": {"a": {"production": "yes"}}}',
  });
  assert.deepEqual(codes([join(path, 'dots.workspace.json'), join(path, 'dots.profiles.json')]), [
    'dots.workspace.json json/config-value error',
    'dots.profiles.json json/config-value error',
  ]);
});

test('--level counts before the level of the workspace file', (t) => {
  const path = folder(t, {
    'dots.workspace.json': '{"level": "strict"}',
    'a.dots.json': acls
      .replace('ietf-access-control-list:drop', 'drop')
      .replace('activate-when-mitigating', 'immediate'),
  });
  assert.equal(dots(['validate', path]).status, 1);
  assert.equal(dots(['validate', path, '--level', 'practice']).status, 0);
});

test('profiles are those of --profiles; without it those in the usual place', (t) => {
  const path = folder(t, {
    'dots.workspace.json': '{"files": [{"path": "*", "profile": "lab"}]}',
    'a.dots.json': request,
    'p.json': '{"profiles": {"lab": {"own-prefixes": ["198.51.100.0/24"]}}}',
  });
  assert.deepEqual(codes([path, '--profiles', join(path, 'p.json')]), ['a.dots.json cross/foreign-target error']);
  writeFileSync(join(path, 'p.json'), '{"profiles": {"lab": {"psk": "secret"}}}');
  assert.deepEqual(codes([path, '--profiles', join(path, 'p.json')]), ['p.json json/config-member error']);
  mkdirSync(join(path, 'dots'));
  writeFileSync(
    join(path, 'dots', 'dots.profiles.json'),
    '{"profiles": {"lab": {"own-prefixes": ["203.0.113.0/24"]}}}',
  );
  const before = process.env.XDG_CONFIG_HOME;
  t.after(() => {
    if (before === undefined) delete process.env.XDG_CONFIG_HOME;
    else process.env.XDG_CONFIG_HOME = before;
  });
  process.env.XDG_CONFIG_HOME = path;
  assert.deepEqual(codes([path]), ['a.dots.json cross/foreign-target error']);
});

for (const option of ['--workspace', '--profiles']) {
  test(`a file that ${option} names and that is not there is exit 2`, (t) => {
    const run = dots(['validate', join(folder(t, { 'a.dots.json': request }), 'a.dots.json'), option, 'nowhere.json']);
    assert.equal(run.status, 2);
    assert.match(run.err, /^dots validate: nowhere\.json cannot be read: there is no such file\.\n$/);
  });
}

test('a workspace file that names a policy which is not there says so', (t) => {
  const path = folder(t, { 'dots.workspace.json': '{"policy": "lab.orchestrator.json"}' });
  const file = join(path, 'dots.workspace.json');
  assert.deepEqual(codes([file]), ['dots.workspace.json cross/missing-policy warning']);
  writeFileSync(join(path, 'lab.orchestrator.json'), '{}');
  assert.deepEqual(codes([file]), []);
});
