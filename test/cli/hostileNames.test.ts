import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/protocol/scene';
import { outputOf } from '../support/runHere';
import { acls, dots, faulty, folder, request, startMock } from '../support/dots';

/**
 * What a file name on Linux may contain: commands of a terminal, another title, line ends, and marks that reverse what
 * follows.
 */
const evil = [
  '\u001b[2J\u001b]0;title\u0007',
  '\nFORGED: 1 file: 0 errors\n',
  '\r',
  '\u009b1m',
  '\u202e\u2066',
  '\u2028',
  '\u200f',
];
const evilName = evil.join('');

const harmful = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Fails where output contains what a terminal would obey, or a line that a name has made up. */
function assertHarmless(output: string, what: string): void {
  const found = harmful.exec(output);
  assert.equal(
    found,
    null,
    `${what}: ${JSON.stringify(output.slice(Math.max(0, (found?.index ?? 0) - 60)).slice(0, 120))}`,
  );
  assert.doesNotMatch(output, /^\s*FORGED/m, what);
}

const conflicting = acls.replace('"name": "a"', `"name": ${JSON.stringify(`a${evilName}`)}`);
const undefinedAlias = request.replace(
  '"target-prefix": ["192.0.2.0/24"]',
  `"alias-name": [${JSON.stringify(`x${evilName}`)}]`,
);

interface Scene {
  root: string;
  clone: string;
  files: string[];
}

/** A folder with a hostile name whose documents, workspace file and profiles have hostile names in and on them. */
function scene(t: TestContext): Scene {
  const root = folder(t);
  const clone = join(root, `clone${evilName}`);
  mkdirSync(clone);
  const documents: Record<string, string> = {
    good: request,
    again: request,
    faulty,
    broken: '{',
    empty: '',
    acls: conflicting,
    alias: undefinedAlias,
    latin1: '\u00ff',
  };
  const files = Object.entries(documents).map(([name, text]) => {
    const path = join(clone, `${name}${evilName}.dots.json`);
    writeFileSync(path, text, name === 'latin1' ? 'latin1' : 'utf8');
    return path;
  });
  writeFileSync(
    join(clone, 'dots.workspace.json'),
    JSON.stringify({
      files: [
        { path: '**', profile: `none${evilName}`, cuid: `c${evilName}` },
        { path: '**/again*', mid: 4_294_967_296, profile: 'lab' },
      ],
      [`odd${evilName}`]: true,
    }),
  );
  return { root, clone, files };
}

/** Command lines of every kind that name files of a hostile folder. */
function commandLines({ root, clone, files }: ReturnType<typeof scene>): string[][] {
  const absent = join(clone, `absent${evilName}.dots.json`);
  const profiles = join(root, `profiles${evilName}.json`);
  writeFileSync(
    profiles,
    JSON.stringify({
      profiles: {
        [`up${evilName}`]: { signal: 'coap://127.0.0.1:9', production: true },
        lab: { signal: `coap://127.0.0.1:9/${evilName}` },
      },
    }),
  );
  const own = ['--workspace', join(root, `w${evilName}.json`)];
  writeFileSync(own[1] ?? '', '{}');
  return [
    ['validate', clone],
    ['validate', clone, '--profiles', profiles],
    ['validate', profiles, join(clone, 'dots.workspace.json'), absent],
    ['validate', `${clone}/**/nothing${evilName}`],
    ['validate', root, ...own],
    ['flowspec', clone],
    ['flowspec', ...files.slice(0, 2), '--profiles', profiles, ...own],
    ['flowspec', '--state', absent],
    ['flowspec', '--state', files[0] ?? ''],
    ['flowspec', files[0] ?? '', '--action', evilName],
    ['flowspec', '--decode', evilName, '--family', 'ipv4'],
    ['mock', '--state', files[0] ?? ''],
    ['mock', '--psk-identity', 'me', '--psk-key-file', absent],
    ['mock', evilName],
    ['session', '--server', evilName, '--cuid', 'c'],
    ['session', '--profile', evilName, '--profiles', profiles],
    ['session', evilName],
    [evilName],
    ['help', evilName],
    ['validate', `--x${evilName}`],
    ['validate', '--format', evilName, clone],
    ...['validate', 'encode', 'decode', 'send', 'flowspec'].flatMap((command) => [
      [command, absent],
      [command, clone, '--profiles', absent],
      ...files.map((file) => [command, file]),
    ]),
    ...files.flatMap((file) => [
      ['send', file, '--server', 'coaps://127.0.0.1:9', '--ca', absent, '--cert', absent, '--key', absent, ...own],
      ['send', file, '--server', 'coaps://127.0.0.1:9', '--ca', file, '--cert', file, '--key', file, ...own],
      ['send', file, '--profile', `up${evilName}`, '--profiles', profiles, ...own],
      ['send', file, '--server', `coap://${evilName}`, ...own],
      ['encode', file, '--format', 'diag', ...own],
      ['flowspec', file, '--compare', files[0] ?? '', ...own],
      ...['table', 'exabgp', 'gobgp', 'bird'].map((format) => ['flowspec', file, '--format', format, ...own]),
    ]),
  ];
}

test('no command lets the names of a hostile folder steer a terminal or make up lines', async (t) => {
  const hostile = scene(t);
  const before = process.cwd();
  process.chdir(hostile.root);
  t.after(() => process.chdir(before));
  for (const words of commandLines(hostile)) {
    const output = await outputOf(words);
    assert.notEqual(output, '', JSON.stringify(words));
    assertHarmless(output, JSON.stringify(words));
  }
});

test('neither do those of a state folder, of documents that are sent, and what a server answers', async (t) => {
  const { root, files } = scene(t);
  const state = join(root, `state${evilName}`);
  const { child, ready, signal, line } = await startMock(t, '--state', state);
  let log = '';
  child.stderr.on('data', (part: Buffer) => (log += part.toString()));
  const workspace = join(root, 'w.json');
  writeFileSync(workspace, '{}');
  const secure = ['--ca', String(ready.ca), '--cert', String(ready.cert), '--key', String(ready.key)];
  for (const [file, server] of [
    [files[0], signal],
    [files[5], String(ready.data)],
    [files[6], signal],
  ] as const) {
    const { out, err } = dots([
      'send',
      file ?? '',
      '--server',
      server,
      ...(server === signal ? [] : secure),
      '--cuid',
      `c${evilName}`,
      '--workspace',
      workspace,
    ]);
    assertHarmless(`${out}\n${err}`, server);
  }
  for (const format of ['table', 'exabgp']) {
    const { out, err } = dots(['flowspec', '--state', state, '--format', format]);
    assertHarmless(`${out}\n${err}`, format);
  }
  await eventually(() => log.includes('PUT'));
  assertHarmless(`${line}\n${log}`, 'what the mock says');
});
