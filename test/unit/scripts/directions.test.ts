import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ESLint, type Linter } from 'eslint';
import { root } from '../../support/shared';

interface Folder {
  name: string;
  path: string;
  imports: string[];
  pure?: boolean;
  lazy?: boolean;
}
interface Folders {
  folders: Folder[];
  aliases: { name: string; path: string }[];
  folderOf(path: string): Folder | undefined;
}
interface Imports {
  importGraph(): Map<string, string[]>;
  importCycles(graph: Map<string, string[]>): string[][];
}

const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(root, path)).href)) as T;
const folderTable = (): Promise<Folders> => load('scripts/lib/folders.mjs');
const importTools = (): Promise<Imports> => load('scripts/lib/imports.mjs');

test('directions: the table has no circle, and a pure folder imports pure ones only', async () => {
  const { folders } = await folderTable();
  const { importCycles } = await importTools();
  const lazy = new Set(folders.filter((folder) => folder.lazy === true).map(({ name }) => name));
  const graph = new Map(folders.map(({ name, imports: all }) => [name, all.filter((each) => !lazy.has(each))]));
  assert.deepEqual(importCycles(graph), []);
  const pure = new Set(folders.filter((folder) => folder.pure === true).map(({ name }) => name));
  for (const name of pure) assert.deepEqual(graph.get(name)?.filter((each) => !pure.has(each)) ?? [], [], name);
});

test('directions: every folder and alias of the table is there, and every source file is in one of the folders', async () => {
  const { folders, aliases, folderOf } = await folderTable();
  const { importGraph } = await importTools();
  for (const { path } of folders) assert.ok(existsSync(join(root, path.replace(/\/\*\*$/, ''))), path);
  for (const { name, path } of aliases)
    assert.ok(existsSync(join(root, path)) || existsSync(join(root, `${path}.ts`)), `${name} leads to ${path}`);
  for (const path of importGraph().keys()) assert.ok(folderOf(path), path);
});

test('directions: a TypeScript project refers to those that its folders import from', async () => {
  const { folders } = await folderTable();
  const projectOf = (name: string): string => folders.find((each) => each.name === name)?.path.split('/')[0] ?? name;
  for (const project of ['schemas', 'dots', 'server', 'client', 'cli']) {
    const { references } = JSON.parse(readFileSync(join(root, project, 'tsconfig.json'), 'utf8')) as {
      references: { path: string }[];
    };
    // The scripts that compile DTLS are JavaScript.
    const own = folders.filter(({ name, path }) => path.startsWith(`${project}/`) && name !== 'mbedtls');
    const others = new Set(own.flatMap((folder) => folder.imports.map(projectOf)));
    others.delete(project);
    assert.deepEqual(references.map(({ path }) => path.replace('../', '')).sort(), [...others].sort(), project);
  }
});

test('directions: a circle of imports is found, whatever its length', async () => {
  const { importCycles } = await importTools();
  const graph = (edges: Record<string, string[]>): Map<string, string[]> => new Map(Object.entries(edges));
  assert.deepEqual(importCycles(graph({ a: ['b', 'c'], b: ['c'], c: [] })), []);
  assert.deepEqual(importCycles(graph({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] })), [['a', 'b', 'c']]);
  assert.deepEqual(importCycles(graph({ a: ['b'], b: ['a'], c: ['d', 'a'], d: ['c'] })), [
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

/** The lint of this repository without the rules that need types: those need a file that is there. */
const withoutTypes = load<{ default: Linter.Config[] }>('eslint.config.mjs').then(
  ({ default: config }) =>
    new ESLint({
      cwd: root,
      overrideConfigFile: true,
      overrideConfig: [
        ...config,
        {
          languageOptions: { parserOptions: { projectService: false } },
          rules: {
            '@typescript-eslint/no-floating-promises': 'off',
            '@typescript-eslint/switch-exhaustiveness-check': 'off',
          },
        },
      ],
    }),
);

/** What the lint objects to in a file, by rule. */
async function objections(path: string, code: string): Promise<string[]> {
  const [result] = await (await withoutTypes).lintText(code, { filePath: join(root, path) });
  return (result?.messages ?? []).map(({ ruleId, message }) => `${ruleId ?? 'syntax'}: ${message}`);
}

const refused: [name: string, path: string, code: string, message: RegExp][] = [
  ['a higher folder', 'dots/src/cbor/x.ts', "export * from '#dots/coap/answer';", /cbor must not import coap/],
  ['a relative path', 'dots/src/cbor/x.ts', "import '../coap/answer';", /cbor must not import coap/],
  ['a type', 'dots/src/cbor/x.ts', "import type { A } from '#dots/coap/answer'; export type B = A;", /must not import/],
  [
    'the type of an import',
    'dots/src/cbor/x.ts',
    "export type B = typeof import('#dots/coap/answer');",
    /are forbidden/,
  ],
  ['a dynamic import', 'dots/src/cbor/x.ts', "await import('#dots/coap/answer');", /must not import coap/],
  ['the folder above', 'dots/src/coap/messages/x.ts', "import '../endpoint';", /coap\/messages must not import coap/],
  ['the folder beside', 'dots/src/transport/tls/x.ts', "import '../dtls/client';", /must not import transport\/dtls/],
  ['a command, by ui', 'client/src/ui/x.ts', "import '../commands/openExample';", /must not import client\/commands/],
  ['scripts', 'cli/src/x.ts', "import '../../scripts/lib/paths.mjs';", /cli must not import scripts\/lib/],
  ['tests', 'client/src/sessions/x.ts', "import '../../../test/support/shared';", /must not import test/],
  ['package.json', 'cli/src/x.ts', "import '../../package.json';", /in no folder of the product/],
  ['an unknown alias', 'cli/src/x.ts', "import '#elsewhere/x';", /must not import the package #elsewhere\/x/],
  [
    'Node.js, by a pure folder',
    'dots/src/model/x.ts',
    "import 'node:fs';",
    /model must not import the package node:fs/,
  ],
  ['an editor, by a protocol', 'dots/src/coap/x.ts', "import 'vscode';", /coap must not import the package vscode/],
  ['a bundle at once', 'client/src/sessions/x.ts', "import '#lazy/protocol';", /is loaded on first use/],
  ['from an unknown folder', 'dots/src/elsewhere/x.ts', 'export {};', /is in no known folder/],
];
for (const [name, path, code, message] of refused)
  test(`directions: the lint refuses to import ${name}`, async () => {
    const found = await objections(path, code);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', message);
  });

const allowed: [path: string, code: string][] = [
  ['dots/src/coap/x.ts', "export * from './messages/codec'; export * from '#dots/model/json';"],
  [
    'client/src/sessions/x.ts',
    "import type { A } from '#lazy/protocol'; export type B = A; await import('#lazy/protocol');",
  ],
  ['dots/src/data/x.ts', "export * from 'undici'; export * from 'node:net';"],
  ['test/unit/x.ts', "export * from '../../scripts/lib/paths.mjs'; export * from '#dots/orchestrator/orchestrator';"],
];
test('directions: the lint lets pass what the table allows', async () => {
  for (const [path, code] of allowed) assert.deepEqual(await objections(path, code), [], code);
});

const impure = [
  'Date.now()',
  'Date()',
  'new Date()',
  'Math.random()',
  'performance.now()',
  'process.env',
  'globalThis.setTimeout',
  'globalThis.process',
  'setInterval(() => 1, 1)',
  'crypto.randomUUID()',
];
test('directions: pure folders have no clock, timers, chance or process of their own', async () => {
  for (const use of impure) {
    for (const path of ['dots/src/flowspec/order/x.ts', 'server/src/languageService/features/x.ts'])
      assert.match((await objections(path, `export const x = ${use};`)).join(), /no-restricted-/, `${use} in ${path}`);
    assert.deepEqual(await objections('dots/src/runtime/x.ts', `export const x = ${use};`), [], use);
  }
  assert.deepEqual(await objections('dots/src/words/x.ts', 'export const x = (at: number) => new Date(at);'), []);
});
