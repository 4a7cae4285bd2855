import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { MarkupContent, type Location, type Position, type WorkspaceEdit } from 'vscode-languageserver/node';
import { textIn, withCaret } from '../support/caret';
import { applied } from '../support/edits';
import { Client } from '../support/lspClient';

const alias = '{"ietf-dots-data-channel:aliases": {"alias": [{"name": "web", "target-prefix": ["192.0.2.0/24"]}]}}';
const acl =
  '{"ietf-dots-data-channel:acls": {"acl": [{"name": "web", "type": "ipv4-acl-type", "aces": {"ace": [{"name": "dns", "matches": {}, "actions": {"forwarding": "drop"}}]}}]}}';
const request = (names: string): string =>
  `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{${names}, "lifetime": 3600}]}}`;

interface Folder {
  client: Client;
  uri(name: string): string;
  texts: Record<string, string>;
}

/** A folder with files on disk, of which one is open. */
async function openedIn(t: TestContext, files: Record<string, string>, opened: string): Promise<Folder> {
  const path = mkdtempSync(join(tmpdir(), 'dots-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  const uri = (name: string): string => pathToFileURL(join(path, name)).href;
  const client = await Client.start(t, {
    folders: [pathToFileURL(path).href],
    initializationOptions: { profilesFile: join(path, 'dots.profiles.json') },
  });
  await client.open(uri(opened), files[opened] ?? '');
  return { client, uri, texts: files };
}

const placesOf = ({ texts }: Folder, locations: readonly Location[]): string[] =>
  locations.map(({ uri, range }) => {
    const file = basename(new URL(uri).pathname);
    return `${file}: ${textIn(texts[file] ?? '', range)} at ${range.start.character}`;
  });

async function ask<T>(
  { client, uri }: Folder,
  method: string,
  file: string,
  position: Position,
  more = {},
): Promise<T> {
  return client.connection.sendRequest(`textDocument/${method}`, {
    textDocument: { uri: uri(file) },
    position,
    ...more,
  });
}

/** The files after a rename. */
function renamed({ texts, uri }: Folder, edit: WorkspaceEdit | null): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([file, text]) => [file, applied(text, edit?.changes?.[uri(file)] ?? [])]),
  );
}

test('an alias: definition, references, rename and hover, across files', async (t) => {
  const { text, position } = withCaret(request('"alias-name": ["we|b"]'));
  const files = {
    'alias.dots.json': alias,
    'acl.dots.json': acl,
    'other.dots.json': request('"alias-name": ["mail", "web"]'),
    'request.dots.json': text,
  };
  const folder = await openedIn(t, files, 'request.dots.json');
  const file = 'request.dots.json';
  const definition = await ask<Location[]>(folder, 'definition', file, position);
  assert.deepEqual(placesOf(folder, definition), [`alias.dots.json: web at ${alias.indexOf('web')}`]);
  const references = await ask<Location[]>(folder, 'references', file, position, {
    context: { includeDeclaration: true },
  });
  assert.deepEqual(
    references.map(({ uri }) => basename(uri)),
    ['request.dots.json', 'alias.dots.json', 'other.dots.json'],
  );
  const edit = await ask<WorkspaceEdit>(folder, 'rename', file, position, { newName: 'www' });
  assert.deepEqual(renamed(folder, edit), {
    'alias.dots.json': alias.replace('"web"', '"www"'),
    'acl.dots.json': acl,
    'other.dots.json': files['other.dots.json'].replace('web', 'www'),
    'request.dots.json': text.replace('web', 'www'),
  });
  const hover = await ask<{ contents: unknown }>(folder, 'hover', file, position);
  assert.ok(MarkupContent.is(hover.contents));
  assert.match(hover.contents.value, /^`alias web: 192\.0\.2\.0\/24`\n\n\*\*alias-name\*\*/);
});

test('an ACL is renamed where requests activate it; the alias of the same name is not', async (t) => {
  const use = request(
    '"target-prefix": ["192.0.2.0/24"], "alias-name": ["web"], "ietf-dots-signal-control:acl-list": [{"acl-name": "web", "activation-type": "immediate"}]',
  );
  const { text, position } = withCaret(acl.replace('"web"', '"w|eb"'));
  const folder = await openedIn(
    t,
    { 'acl.dots.json': text, 'alias.dots.json': alias, 'use.dots.json': use },
    'acl.dots.json',
  );
  const edit = await ask<WorkspaceEdit>(folder, 'rename', 'acl.dots.json', position, { newName: 'a "b"' });
  assert.deepEqual(renamed(folder, edit), {
    'acl.dots.json': acl.replace('"web"', '"a \\"b\\""'),
    'alias.dots.json': alias,
    'use.dots.json': use.replace('"acl-name": "web"', '"acl-name": "a \\"b\\""'),
  });
});

test('an alias of another client is another alias', async (t) => {
  const client = (cuid: string): string =>
    `{"cuid": "${cuid}", "aliases": {"alias": [{"name": "web", "target-prefix": ["192.0.2.0/24"]}]}}`;
  const clients = `{"ietf-dots-data-channel:dots-client": [${client('dz6pHjaADkaFTbjr0JGBpw')}, ${client('ezGrWzJRPyqe0WxIXJJv2Q')}]}`;
  const { text, position } = withCaret(clients.replace('"web"', '"|web"'));
  const folder = await openedIn(t, { 'clients.dots.json': text }, 'clients.dots.json');
  const edit = await ask<WorkspaceEdit>(folder, 'rename', 'clients.dots.json', position, { newName: 'www' });
  assert.deepEqual(renamed(folder, edit), { 'clients.dots.json': clients.replace('"web"', '"www"') });
});

test('a server profile is renamed in the profiles file and in the workspace file', async (t) => {
  const profiles = '{"profiles": {"lab": {"signal": "coaps://192.0.2.1"}}}';
  const { text, position } = withCaret('{"files": [{"pattern": "**", "profile": "l|ab"}]}');
  const files = { 'dots.workspace.json': text, 'dots.profiles.json': profiles };
  const folder = await openedIn(t, files, 'dots.workspace.json');
  const edit = await ask<WorkspaceEdit>(folder, 'rename', 'dots.workspace.json', position, { newName: 'test' });
  assert.deepEqual(renamed(folder, edit), {
    'dots.workspace.json': text.replace('lab', 'test'),
    'dots.profiles.json': profiles.replace('lab', 'test'),
  });
});

test('in a policy, a link is renamed where nodes, DMSs and traffic name it', async (t) => {
  const policy =
    '{"links": [{"name": "transit", "capacity": 1}], "nodes": [{"name": "transit", "links": ["transit"]}], "traffic": [{"name": "t", "enters": {"transit": 1}}]}';
  const { text, position } = withCaret(policy.replace('"links": ["transit"]', '"links": ["tran|sit"]'));
  const folder = await openedIn(t, { 'lab.orchestrator.json': text }, 'lab.orchestrator.json');
  const edit = await ask<WorkspaceEdit>(folder, 'rename', 'lab.orchestrator.json', position, { newName: 'up' });
  assert.equal(
    renamed(folder, edit)['lab.orchestrator.json'],
    '{"links": [{"name": "up", "capacity": 1}], "nodes": [{"name": "transit", "links": ["up"]}], "traffic": [{"name": "t", "enters": {"up": 1}}]}',
  );
});

test('what is no name is not renamed, and an empty name is refused', async (t) => {
  const { text, position } = withCaret(request('"target-prefix": ["192.0|.2.0/24"]'));
  const folder = await openedIn(t, { 'a.dots.json': text, 'alias.dots.json': alias }, 'a.dots.json');
  assert.equal(await ask(folder, 'prepareRename', 'a.dots.json', position), null);
  assert.deepEqual(await ask(folder, 'definition', 'a.dots.json', position), []);
  await folder.client.open(folder.uri('alias.dots.json'), alias);
  const at = { line: 0, character: alias.indexOf('web') };
  assert.deepEqual(await ask(folder, 'prepareRename', 'alias.dots.json', at), {
    range: { start: at, end: { line: 0, character: at.character + 3 } },
    placeholder: 'web',
  });
  await assert.rejects(
    ask(folder, 'rename', 'alias.dots.json', at, { newName: ' ' }),
    /The name of the alias is empty/,
  );
});
