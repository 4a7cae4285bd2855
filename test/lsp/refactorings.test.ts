import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CodeAction, TextDocumentEdit, TextEdit } from 'vscode-languageserver/node';
import { withCaret } from '../support/caret';
import { applied } from '../support/edits';
import { Client } from '../support/lspClient';
import { removeFolder } from '../support/removeFolder';

const capabilities = {
  workspace: { workspaceEdit: { documentChanges: true, resourceOperations: ['create' as const] } },
};
const scope = (members: string): string => `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{${members}}]}}`;

interface Scene {
  text: string;
  uri: string;
  actions: CodeAction[];
  uriOf(name: string): string;
}

/** The actions at the caret of a request in a folder with other files. */
async function sceneAt(t: TestContext, marked: string, files: Record<string, string> = {}): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-actions-'));
  t.after(() => removeFolder(folder));
  const { text, position } = withCaret(marked);
  for (const [name, content] of Object.entries({ 'request.dots.json': text, ...files }))
    writeFileSync(join(folder, name), content);
  const uriOf = (name: string): string => pathToFileURL(join(folder, name)).href;
  const client = await Client.start(t, { capabilities, folders: [pathToFileURL(folder).href] });
  const uri = uriOf('request.dots.json');
  await client.open(uri, text);
  await client.diagnostics(uri);
  const actions = await client.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: { start: position, end: position },
    context: { diagnostics: [] },
  });
  return { text, uri, actions, uriOf };
}

const named = ({ actions }: Scene, title: string): CodeAction => {
  const found = actions.find((action) => action.title === title);
  assert.ok(found, `${title} is not among\n${actions.map((action) => action.title).join('\n')}`);
  return found;
};

/** The content that an action gives to a new file. */
function fileIn({ edit }: CodeAction, uri: string): unknown {
  const changes = edit?.documentChanges ?? [];
  assert.ok(changes.some((change) => 'kind' in change && change.kind === 'create' && change.uri === uri));
  const content = changes.find(
    (change): change is TextDocumentEdit => 'edits' in change && change.textDocument.uri === uri,
  );
  return JSON.parse(applied('', (content?.edits ?? []) as TextEdit[]));
}

test('an alias that nothing defines is defined in a file beside the request', async (t) => {
  const scene = await sceneAt(t, scope('"alias-name": ["we|b"], "lifetime": 3600'));
  const action = named(scene, 'Define the alias "web" in a file beside this one');
  assert.deepEqual(fileIn(action, scene.uriOf('request-aliases.dots.json')), {
    'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-prefix': ['192.0.2.0/24'] }] },
  });
});

test('a new file does not replace one that is there', async (t) => {
  const scene = await sceneAt(t, scope('"alias-name": ["we|b"], "lifetime": 3600'), {
    'request-aliases.dots.json': '{}',
  });
  const action = named(scene, 'Define the alias "web" in a file beside this one');
  fileIn(action, scene.uriOf('request-aliases-2.dots.json'));
});

test('targets become an alias', async (t) => {
  const scene = await sceneAt(
    t,
    scope(
      '"target-prefix": ["192.0.2.0/24"], "target-|protocol": [17], "target-port-range": [{"lower-port": 53}], "lifetime": 3600',
    ),
  );
  const action = named(scene, 'Move the targets to an alias "targets" in a file beside this one');
  assert.equal(action.kind, 'refactor.extract');
  const own = action.edit?.documentChanges?.find((change): change is TextDocumentEdit => 'edits' in change);
  assert.deepEqual(JSON.parse(applied(scene.text, own?.edits as TextEdit[])), {
    'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'alias-name': ['targets'], lifetime: 3600 }] },
  });
  assert.deepEqual(fileIn(action, scene.uriOf('request-aliases.dots.json')), {
    'ietf-dots-data-channel:aliases': {
      alias: [
        {
          name: 'targets',
          'target-prefix': ['192.0.2.0/24'],
          'target-protocol': [17],
          'target-port-range': [{ 'lower-port': 53 }],
        },
      ],
    },
  });
});

test('a request becomes an ACL that drops what it names, one entry for each combination', async (t) => {
  const scene = await sceneAt(
    t,
    scope(
      '"target-prefix": ["192.0.2.0/24", "2001:db8::/48"], "target-protocol": [17], "ietf-dots-call-home:source-prefix": ["203.0.113.0/24"], "ietf-dots-call-home:source-|port-range": [{"lower-port": 53}, {"lower-port": 100, "upper-port": 200}], "lifetime": 3600',
    ),
  );
  const action = named(scene, 'Write an ACL that drops this traffic, in a file beside this one');
  assert.equal(action.kind, 'refactor.rewrite');
  const entry = (name: string, ports: object): object => ({
    name,
    matches: {
      ipv4: {
        'destination-ipv4-network': '192.0.2.0/24',
        'source-ipv4-network': '203.0.113.0/24',
        protocol: 17,
      },
      udp: { 'source-port-range-or-operator': ports },
    },
    actions: { forwarding: 'drop' },
  });
  assert.deepEqual(fileIn(action, scene.uriOf('request-acls.dots.json')), {
    'ietf-dots-data-channel:acls': {
      acl: [
        {
          name: 'drop-ipv4',
          type: 'ipv4-acl-type',
          'activation-type': 'immediate',
          aces: {
            ace: [
              entry('flow 1', { operator: 'eq', port: 53 }),
              entry('flow 2', { 'lower-port': 100, 'upper-port': 200 }),
            ],
          },
        },
      ],
    },
  });
});

test('a request with targets that an ACL cannot match is not offered as one', async (t) => {
  const { actions } = await sceneAt(t, scope('"target-fqdn": ["www.exam|ple.com"], "lifetime": 3600'));
  assert.ok(!actions.some(({ title }) => title.startsWith('Write an ACL')));
});

test('a wide prefix is narrowed', async (t) => {
  const scene = await sceneAt(t, scope('"target-prefix": ["198.51.0|.0/16"], "lifetime": 3600'));
  const action = named(scene, 'Narrow to a /24: 198.51.0.0/24');
  assert.equal(
    applied(scene.text, action.edit?.changes?.[scene.uri] ?? []),
    scope('"target-prefix": ["198.51.0.0/24"], "lifetime": 3600'),
  );
});

const wide = scope('"target-prefix": ["198.51.0|.0/16"], "lifetime": 3600');
const hideWide = 'Hide advice/wide-target in this file, with a reason in dots.workspace.json';
const entry = { code: 'advice/wide-target', path: 'request.dots.json', reason: 'Say here why this is acceptable.' };

test('a finding is hidden by a new workspace file', async (t) => {
  const scene = await sceneAt(t, wide);
  assert.deepEqual(fileIn(named(scene, hideWide), scene.uriOf('dots.workspace.json')), { suppressions: [entry] });
});

for (const [what, before, after] of [
  [
    'an entry of its list',
    { suppressions: [{ code: 'advice/host-bits' }] },
    { suppressions: [{ code: 'advice/host-bits' }, entry] },
  ],
  ['a new list', { level: 'strict' }, { level: 'strict', suppressions: [entry] }],
  ['the first member', {}, { suppressions: [entry] }],
] as const)
  test(`a finding is hidden in the workspace file that is there: ${what}`, async (t) => {
    const text = JSON.stringify(before);
    const scene = await sceneAt(t, wide, { 'dots.workspace.json': text });
    const edits = named(scene, hideWide).edit?.changes?.[scene.uriOf('dots.workspace.json')] ?? [];
    assert.deepEqual(JSON.parse(applied(text, edits)), after);
  });
