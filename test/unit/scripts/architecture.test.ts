import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../support/shared';

const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

/** The folders of the first table. */
const listed = [...text.matchAll(/^\| `([a-zA-Z/]+)` +\|/gm)].map(([, folder]) => folder ?? '');

/** Folders that hold TypeScript files, below those of the product. */
function foldersOf(path: string): string[] {
  const entries = readdirSync(join(root, path), { withFileTypes: true });
  const own = entries.some((entry) => entry.isFile() && entry.name.endsWith('.ts')) ? [path] : [];
  return [...own, ...entries.filter((each) => each.isDirectory()).flatMap(({ name }) => foldersOf(`${path}/${name}`))];
}

test('ARCHITECTURE.md lists the folders that exist, and no others', () => {
  const real = ['dots/src', 'server/src', 'client/src', 'cli/src'].flatMap(foldersOf);
  const covered = (folder: string): boolean => listed.some((name) => folder === name || folder.startsWith(`${name}/`));
  assert.deepEqual(
    real.filter((folder) => !covered(folder) && folder.split('/').length > 2),
    [],
    'folders that the table does not list',
  );
  assert.deepEqual(
    listed.filter((folder) => !existsSync(join(root, folder))),
    [],
    'folders of the table that do not exist',
  );
});

test('files that ARCHITECTURE.md and CONTRIBUTING.md name exist', () => {
  const documents = `${text}\n${readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')}`;
  const named = [...documents.matchAll(/`([a-zA-Z]+\/[\w./]+\.(?:ts|mjs|json|txt))`/g)].map(([, path]) => path ?? '');
  const bases = ['', 'dots/src/', 'server/src/', 'client/src/', 'dots/src/dotsServer/'];
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((path) => !bases.some((base) => existsSync(join(root, base, path)))),
    [],
  );
});
