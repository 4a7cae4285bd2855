import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needShared, root } from '../support/shared';
import { acls, command, dots, faulty, folder, request } from '../support/dots';

interface Report {
  files: {
    file: string;
    kind: string | null;
    findings: {
      code: string;
      class: string;
      severity: string;
      message: string;
      rfc: string;
      pointer: string;
      range: { start: object; end: object };
      related?: object[];
    }[];
  }[];
  summary: { files: number; errors: number; warnings: number };
}

const report = (out: string): Report => JSON.parse(out) as Report;

test('a clean document: exit 0 and a summary', (t) => {
  const file = join(folder(t, { 'a.dots.json': request }), 'a.dots.json');
  const run = dots(['validate', file]);
  assert.deepEqual([run.status, run.out, run.err], [0, '1 file: 0 errors, 0 warnings\n', '']);
});

test('a document with an error: exit 1, and one line that says where, what and why', (t) => {
  const file = join(folder(t, { 'a.dots.json': faulty }), 'a.dots.json');
  const run = dots(['validate', file]);
  assert.equal(run.status, 1);
  assert.match(
    run.out,
    /a\.dots\.json:4:81 error .*lifetime.* \(yang\/wrong-type, RFC 7951 section 6\.1\)\n1 file: 1 error, 0 warnings\n$/,
  );
  assert.ok(run.out.startsWith(file));
});

test('JSON has the members of the contract, counted from 0', (t) => {
  const path = join(folder(t, { 'a.dots.json': faulty }), 'a.dots.json');
  const run = dots(['validate', path, '--format', 'json']);
  const {
    files: [file],
    summary,
  } = report(run.out);
  assert.equal(run.status, 1);
  assert.deepEqual(summary, { files: 1, errors: 1, warnings: 0 });
  assert.deepEqual([file?.file, file?.kind], [path, 'mitigation-scope']);
  const [finding] = file?.findings ?? [];
  assert.deepEqual(Object.keys(finding ?? {}).sort(), [
    'class',
    'code',
    'message',
    'pointer',
    'range',
    'related',
    'rfc',
    'severity',
  ]);
  assert.deepEqual(
    [finding?.class, finding?.severity, finding?.pointer],
    ['yang', 'error', '/ietf-dots-signal-channel:mitigation-scope/scope/0/lifetime'],
  );
  assert.deepEqual(finding?.range, { start: { line: 3, character: 80 }, end: { line: 3, character: 86 } });
});

test('standard input is -', () => {
  const run = dots(['validate', '-', '--format', 'json'], acls);
  assert.equal(run.status, 0);
  assert.deepEqual(
    report(run.out).files.map(({ file, kind }) => [file, kind]),
    [['-', 'acls']],
  );
});

test('a folder contributes its DOTS documents by name and by content; a glob what matches; a file named twice counts once', (t) => {
  const path = folder(t, {
    'a.dots.json': request,
    'b.json': acls,
    'c.json': '{"name": "other"}',
    'd.txt': '',
    'e.dots.jsonc': `// comment\n${request}`,
    'f.json': '{',
  });
  mkdirSync(join(path, 'node_modules'));
  writeFileSync(join(path, 'node_modules', 'g.dots.json'), '{');
  mkdirSync(join(path, 'deep'));
  writeFileSync(join(path, 'deep', 'h.dots.json'), request);
  symlinkSync(path, join(path, 'deep', 'circle'));
  const names = (...words: string[]): string[] =>
    report(dots(['validate', '--format', 'json', ...words]).out).files.map(({ file }) => file.slice(path.length + 1));
  assert.deepEqual(names(path), ['a.dots.json', 'b.json', 'deep/h.dots.json', 'e.dots.jsonc']);
  assert.deepEqual(
    names(join(path, '**/*.dots.json')),
    ['a.dots.json', 'deep/h.dots.json', 'node_modules/g.dots.json'].filter((name) => !name.startsWith('node_modules')),
  );
  assert.deepEqual(names(join(path, '*.json'), join(path, 'a.dots.json')), [
    'a.dots.json',
    'b.json',
    'c.json',
    'f.json',
  ]);
});

test('a glob relative to the working folder is found as it is written', () => {
  for (const pattern of ['examples/*.dots.json', './examples/*.dots.json']) {
    const { files } = report(dots(['validate', pattern, '--format', 'json']).out);
    assert.ok(files.length > 0 && files.every(({ file }) => file.startsWith(pattern.slice(0, pattern.indexOf('*')))));
  }
});

test('the level decides what is forgiven', (t) => {
  const file = join(folder(t, { 'a.dots.json': acls.replace('ietf-access-control-list:drop', 'drop') }), 'a.dots.json');
  assert.equal(dots(['validate', file]).status, 0);
  assert.equal(dots(['validate', file, '--level', 'strict']).status, 1);
});

const inputs: [name: string, content: string | Uint8Array, code: string][] = [
  ['no JSON', 'hello', 'json/syntax'],
  ['nothing', '', 'json/empty'],
  ['a document of no known kind', '{"name": 1}', 'json/unknown-document'],
  ['an array', '[]', 'json/not-an-object'],
  ['Latin-1', new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]), 'json/encoding'],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0x00]), 'json/encoding'],
  ['deep nesting', '['.repeat(100_000), 'json/too-deep'],
  ['a duplicate member', request.replace('"lifetime"', '"lifetime": 1, "lifetime"'), 'json/duplicate-member'],
  ['NUL', '\0', 'json/syntax'],
];

for (const [name, content, code] of inputs) {
  test(`${name} is a finding of class json: exit 1`, () => {
    const run = dots(['validate', '-', '--format', 'json'], content);
    assert.deepEqual(
      [run.status, run.err, report(run.out).files[0]?.findings.map((finding) => [finding.code, finding.class])],
      [1, '', [[code, 'json']]],
    );
  });
}

const misuse: [name: string, words: string[], message: RegExp][] = [
  ['no file named', ['validate'], /No file is named/],
  ['a file that is not there', ['validate', 'nowhere.json'], /nowhere\.json cannot be read: there is no such file/],
  ['a glob that matches nothing', ['validate', 'nowhere/*.json'], /nowhere/],
  ['a folder without documents', ['validate', 'assets'], /no DOTS document in assets/],
  ['an unknown option', ['validate', '--frmat', 'json', 'x'], /Unknown option '--frmat'/],
  [
    'an unknown format',
    ['validate', '--format', 'xml', 'x'],
    /--format must be text, json, sarif, github or junit, not "xml"/,
  ],
  ['an option without its value', ['validate', 'x', '--format'], /--format/],
];

for (const [name, words, message] of misuse) {
  test(`${name}: exit 2 and one sentence`, () => {
    const run = dots(words);
    assert.equal(run.status, 2);
    assert.match(run.err, message);
    assert.equal(run.err.trim().split('\n').length, 1);
    assert.doesNotMatch(run.err, /\bat .*:\d+:\d+/);
  });
}

test('what cannot be read does not hide what can', (t) => {
  const path = folder(t, { 'a.dots.json': faulty, 'secret.dots.json': request });
  const run = dots(['validate', '--format', 'json', join(path, 'none.json'), path]);
  assert.equal(run.status, 2);
  assert.equal(report(run.out).summary.errors, 1);
});

test('a link that leads to itself is exit 2', (t) => {
  const file = join(folder(t), 'a.dots.json');
  symlinkSync(file, file);
  const run = dots(['validate', file]);
  assert.equal(run.status, 2);
  assert.match(run.err, /form a loop/);
});

test('results that are no longer read end the command quietly', async (t) => {
  const path = folder(
    t,
    Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`${index}.dots.json`, `{${'"a": 1,'.repeat(2000)}"b": 1}`]),
    ),
  );
  const child = spawn(process.execPath, [command, 'validate', path], { cwd: root });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdout.once('data', () => child.stdout.destroy());
  await once(child, 'exit');
  assert.equal(err, '');
});

test('no colours when standard output is no terminal', () => {
  assert.ok(!dots(['validate', '-'], faulty).out.includes('\u001b'));
});

test('the documents of the corpus are checked, each in the form of the contract', (t) => {
  const corpus = needShared(t, 'corpus');
  if (corpus === undefined) return;
  const run = dots(['validate', corpus, '--format', 'json']);
  const { files, summary } = report(run.out);
  assert.equal(run.status, 1);
  assert.equal(files.length, readdirSync(corpus).filter((name) => name.endsWith('.json')).length);
  assert.equal(
    summary.errors,
    files.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'error').length,
  );
  const broken = files.filter(({ file }) => file.includes('.broken.'));
  assert.ok(broken.length > 0 && broken.every(({ findings }) => findings.some((finding) => finding.class === 'json')));
});

test('a folder includes the policies of orchestrators in it, and flowspec leaves them out', (t) => {
  const policy = (strategies: object[]): string => JSON.stringify({ clients: [{ name: 'web-1' }], strategies });
  const files = {
    'a.dots.json': acls,
    'lab.orchestrator.json': policy([{ name: 'x', filter: ['edge-1'] }]),
  };
  const path = folder(t, files);
  mkdirSync(join(path, 'node_modules'));
  writeFileSync(join(path, 'node_modules', 'other.orchestrator.json'), '{');
  const { files: judged } = report(dots(['validate', path, '--format', 'json']).out);
  assert.deepEqual(
    judged.map(({ kind, findings }) => [kind, findings.map(({ code }) => code)]),
    [
      ['acls', []],
      ['policy', ['policy/undefined-name']],
    ],
  );
  assert.equal(dots(['flowspec', path]).status, 0);
  const other = dots(['validate', '-', '--format', 'json'], policy([]));
  assert.deepEqual(
    report(other.out).files.map(({ kind }) => kind),
    ['policy'],
    'by its members',
  );
});

test('the workspace file sets severities of a policy, and the profiles file is used', (t) => {
  const dms = {
    name: 'scrubber-1',
    place: 'inside',
    carries: [],
    capacity: 1,
    stops: [],
    divert: { by: 'bgp' },
    server: 'profile lab',
  };
  const path = folder(t, {
    'lab.orchestrator.json': JSON.stringify({ clients: [], dms: [dms], strategies: [] }),
    'dots.workspace.json': '{"severities": {"policy/idle-dms": "error"}}',
    'profiles.json': '{"profiles": {"lab": {"signal": "coaps://dots.example.com"}}}',
  });
  const run = dots(['validate', path, '--profiles', join(path, 'profiles.json'), '--format', 'json']);
  assert.deepEqual(
    report(run.out).files[0]?.findings.map(({ code, severity }) => `${severity} ${code}`),
    ['error policy/idle-dms', 'error policy/remote-profile'],
  );
});

test('a document alone is compared with the same files beside it as its whole folder is', (t) => {
  const capabilities = { 'address-family': ['ipv4'], 'forwarding-actions': ['accept'], 'transport-protocols': [6] };
  const path = folder(t, {
    'acl.dots.json': acls,
    'saved.json': JSON.stringify({ 'ietf-dots-data-channel:capabilities': capabilities }),
  });
  const findings = (...words: string[]): object[] => {
    const { files } = JSON.parse(dots(['validate', '--format', 'json', ...words], '', path).out) as {
      files: { file: string; findings: { code: string }[] }[];
    };
    return files.filter(({ file }) => file.endsWith('acl.dots.json')).flatMap((each) => each.findings);
  };
  const whole = findings('.');
  assert.ok(whole.some((finding) => 'code' in finding && finding.code === 'cross/not-offered'));
  assert.deepEqual(findings('acl.dots.json'), whole);
  assert.deepEqual(findings(join(path, 'acl.dots.json')), whole);
});
