import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupOf, relatedDocuments, type DocumentPlaces } from '#dots/workspace/relatedDocuments';

const files = ['/w/a/1', '/w/a/2', '/w/b/3', '/w/inner/4', '/x/5', '/x/6', '/x/deep/7'];
const folderOf = (file: string): string | undefined =>
  file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : undefined;

/** A workspace file in /w, another one in /w/inner, and none in /x. */
function places(named: string[] = [], workspaceFile?: string): DocumentPlaces {
  return {
    folderOf,
    workspaceFileOf: (file) =>
      workspaceFile ??
      ['/w/inner/dots.workspace.json', '/w/dots.workspace.json'].find((one) =>
        file.startsWith(`${folderOf(one) ?? ''}/`),
      ),
    documentsIn: (folder, deep) =>
      files.filter((file) => (deep ? file.startsWith(`${folder}/`) : folderOf(file) === folder)),
    named,
  };
}

const cases: [what: string, document: string, named: string[], related: string[]][] = [
  [
    'below the folder of the workspace file, except what another one governs',
    '/w/a/1',
    [],
    ['/w/a/1', '/w/a/2', '/w/b/3'],
  ],
  ['the same from each of them', '/w/b/3', [], ['/w/a/1', '/w/a/2', '/w/b/3']],
  ['of an inner workspace file', '/w/inner/4', [], ['/w/inner/4']],
  ['without a workspace file those of the own folder', '/x/5', [], ['/x/5', '/x/6']],
  [
    'and those that are named, wherever they are',
    '/x/5',
    ['/x/5', '/x/deep/7', '/w/b/3'],
    ['/x/5', '/x/6', '/x/deep/7', '/w/b/3'],
  ],
  [
    'named ones do not join a workspace that does not govern them',
    '/w/inner/4',
    ['/w/inner/4', '/x/5'],
    ['/w/inner/4'],
  ],
  ['one from standard input, with those that are named', '-', ['-', '/x/5'], ['-', '/x/5']],
  ['one from nowhere alone', 'untitled', [], ['untitled']],
];

for (const [what, document, named, related] of cases) {
  test(`documents that belong together: ${what}`, () => {
    assert.deepEqual(relatedDocuments(document, places(named)), related);
  });
}

test('a workspace file that the command line names governs what is below its folder and what is named', () => {
  assert.deepEqual(relatedDocuments('/x/5', places(['/x/5'], '/w/dots.workspace.json')), [
    '/w/a/1',
    '/w/a/2',
    '/w/b/3',
    '/w/inner/4',
    '/x/5',
  ]);
});

test('documents are in one group exactly where they have the same related documents', () => {
  const keyOf = (file: string): string => groupOf(file, places()).key;
  for (const one of files)
    for (const other of files)
      assert.equal(
        keyOf(one) === keyOf(other),
        relatedDocuments(one, places()).join() === relatedDocuments(other, places()).join(),
        `${one} ${other}`,
      );
});
