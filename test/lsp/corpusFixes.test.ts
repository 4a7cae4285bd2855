import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CodeAction } from 'vscode-languageserver/node';
import { applied } from '../support/edits';
import { Client } from '../support/lspClient';
import { removeFolder } from '../support/removeFolder';
import { needShared } from '../support/shared';

/** Drafts of one folder each; an ACL that one of them names is defined in the other. */
const folders = [['fig04'], ['fig07'], ['fig08', 'fig09.broken'], ['fig10', 'fig11.broken']];

const capabilities = {
  workspace: { workspaceEdit: { documentChanges: true, resourceOperations: ['create' as const] } },
};

const nameOf = (figure: string): string => `hayashi-offload-01-${figure}.json`;

/** The figures as files of a folder that the editor has open. */
async function opened(t: TestContext, corpus: string, figures: readonly string[]): Promise<[Client, string[]]> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-corpus-'));
  t.after(() => removeFolder(folder));
  const client = await Client.start(t, { capabilities, folders: [pathToFileURL(folder).href] });
  const uris = figures.map((figure) => {
    copyFileSync(join(corpus, nameOf(figure)), join(folder, nameOf(figure)));
    return pathToFileURL(join(folder, nameOf(figure))).href;
  });
  for (const [index, uri] of uris.entries()) await client.open(uri, textOf(corpus, figures[index] ?? ''));
  for (const uri of uris) await client.diagnostics(uri);
  return [client, uris];
}

const textOf = (corpus: string, figure: string): string => readFileSync(join(corpus, nameOf(figure)), 'utf8');

const actionsOf = (client: Client, uri: string, only: string): Promise<CodeAction[]> =>
  client.connection.sendRequest('textDocument/codeAction', {
    textDocument: { uri },
    range: { start: { line: 0, character: 0 }, end: { line: 10_000, character: 0 } },
    context: { diagnostics: [], only: [only] },
  });

for (const figures of folders)
  test(`Fix all makes the conformant documents of drafts: ${figures.join(' and ')}`, async (t) => {
    const corpus = needShared(t, 'corpus');
    if (corpus === undefined) return;
    const [client, uris] = await opened(t, corpus, figures);
    for (const [index, uri] of uris.entries()) {
      const figure = figures[index] ?? '';
      const [action] = await actionsOf(client, uri, 'source.fixAll.dots');
      const fixed = applied(textOf(corpus, figure), action?.edit?.changes?.[uri] ?? []);
      const conformant = textOf(corpus, `${figure.replace('.broken', '')}.conformant`);
      assert.deepEqual(JSON.parse(fixed), JSON.parse(conformant), figure);
    }
  });

for (const figure of ['fig05', 'fig06'])
  test(`two scopes that overlap are not split: ${figure}`, async (t) => {
    const corpus = needShared(t, 'corpus');
    if (corpus === undefined) return;
    const [client, [uri = '']] = await opened(t, corpus, [figure]);
    const diagnostics = await client.diagnostics(uri);
    const scopes = diagnostics.find(({ code }) => code === 'rfc/one-scope');
    assert.match(
      String(scopes?.message),
      /the one with the higher mid deletes the other \(RFC 9132 section 4\.4\.1\.3\)/,
    );
    const [all] = await actionsOf(client, uri, 'source.fixAll.dots');
    await client.change(uri, 2, [{ text: applied(textOf(corpus, figure), all?.edit?.changes?.[uri] ?? []) }]);
    const titles = (await actionsOf(client, uri, 'quickfix'))
      .filter((action) => action.diagnostics?.[0]?.code === 'rfc/one-scope')
      .map(({ title }) => title);
    assert.match(String(titles[0]), /^Merge into one scope: widens to every combination of /);
    assert.ok(!titles.some((title) => title.startsWith('Write one request for each scope')), titles.join('\n'));
    assert.ok(
      titles.some((title) => title.startsWith('Keep the first scope, and drop')),
      titles.join('\n'),
    );
  });
