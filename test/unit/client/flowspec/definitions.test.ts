import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import type * as api from 'vscode';
import type { RelatedDocuments } from '#contract';
import { bundled } from '../../../support/bundle';
import { root } from '../../../support/shared';
import type * as features from '../../../support/clientFeatures';

const { Definitions, vscode } = createRequire(__filename)(
  bundled('test/support/clientFeatures.ts', { vscode: join(root, 'test/support/vscode.ts') }),
) as typeof features;
const { editor } = vscode;

const aliases = (name: string): string =>
  JSON.stringify({ 'ietf-dots-data-channel:aliases': { alias: [{ name, 'target-prefix': ['192.0.2.0/24'] }] } });

const source = { uri: vscode.Uri.file('/a/request.dots.json') } as unknown as api.TextDocument;

/** Definitions for an editor whose language server answers so. */
function definitionsWith(related: RelatedDocuments | undefined): InstanceType<typeof Definitions> {
  type Language = ConstructorParameters<typeof Definitions>[0];
  return new Definitions({ relatedDocuments: () => Promise.resolve(related) } as unknown as Language);
}

test('the files that the language server names are read, and again only when they have changed', async () => {
  editor.files
    .set('/a/aliases.dots.json', { mtime: 1, text: aliases('one') })
    .set('/b/broken.dots.json', { mtime: 1, text: '{' })
    .set('/a/unrelated.dots.json', { mtime: 1, text: aliases('two') });
  const uris = ['file:///a/aliases.dots.json', 'file:///b/broken.dots.json'];
  const all = definitionsWith({
    errors: [],
    usesNames: true,
    definitions: uris,
    leftOut: [],
    withAcls: [],
    signalPort: null,
  });
  const first = await all.neededBy(source);
  assert.deepEqual(await all.neededBy(source), first);
  assert.deepEqual(
    [first.usesNames, first.definitions.map(({ file }) => file), editor.reads],
    [true, ['aliases.dots.json', 'broken.dots.json'], ['/a/aliases.dots.json', '/b/broken.dots.json']],
  );
  editor.files.set('/a/aliases.dots.json', { mtime: 2, text: aliases('two') });
  assert.match(JSON.stringify(await all.neededBy(source)), /\\"two\\"/);
  assert.equal(editor.reads.length, 3);
});

test('without a language server a document is translated alone', async () => {
  assert.deepEqual(await definitionsWith(undefined).neededBy(source), {
    usesNames: false,
    definitions: [],
    accepting: [],
  });
});

test('errors, other ACLs and the port of the signal channel are those that the language server says', async () => {
  const fault = { code: 'rfc/x', class: 'rfc', severity: 'error', message: 'No.', rfc: '9132', pointer: '' } as const;
  editor.files.set('/a/acl.dots.json', { mtime: 1, text: '{"ietf-dots-data-channel:acls":{}}' });
  const all = definitionsWith({
    errors: [fault],
    usesNames: true,
    definitions: ['file:///a/aliases.dots.json'],
    leftOut: [],
    withAcls: ['file:///a/acl.dots.json', 'file:///a/aliases.dots.json'],
    signalPort: 5684,
  });
  const { errors, definitions, accepting, signalPort } = await all.neededBy(source);
  assert.deepEqual([errors, signalPort], [[fault], 5684]);
  assert.deepEqual(
    [definitions.map(({ file }) => file), accepting.map(({ file }) => file)],
    [['aliases.dots.json'], ['acl.dots.json']],
  );
});
