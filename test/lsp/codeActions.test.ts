import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { CodeAction, TextDocumentEdit } from 'vscode-languageserver/node';
import { withCaret } from '../support/caret';
import { applied } from '../support/edits';
import { Client, type ClientOptions } from '../support/lspClient';

const uri = 'file:///folder/request.dots.json';
const scope = (members: string): string => `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [${members}]}}`;

/** The actions at the caret of a text, and the text. */
async function actionsAt(
  t: TestContext,
  marked: string,
  only?: string[],
  options: ClientOptions = {},
): Promise<{ text: string; actions: CodeAction[] }> {
  const { text, position } = withCaret(marked);
  const client = await Client.start(t, options);
  await client.open(uri, text);
  const actions = await client.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: { start: position, end: position },
    context: { diagnostics: [], ...(only !== undefined && { only }) },
  });
  return { text, actions };
}

const after = (text: string, action: CodeAction | undefined): string =>
  applied(text, action?.edit?.changes?.[uri] ?? []);

/** The text at the caret, and what the first fix makes of it. */
const fixes: readonly [what: string, before: string, after: string][] = [
  ['a member of a draft', '"target-p|ort": [], "lifetime": 3600', '"target-port-range": [], "lifetime": 3600'],
  [
    'a missing prefix of a module',
    '"source-pre|fix": ["203.0.113.2/32"]',
    '"ietf-dots-call-home:source-prefix": ["203.0.113.2/32"]',
  ],
  ['a name for a number', '"target-protocol": ["u|dp"]', '"target-protocol": [17]'],
  ['a string for a number', '"lifetime": "36|00"', '"lifetime": 3600'],
  ['an address without length', '"target-prefix": ["192.0|.2.1"]', '"target-prefix": ["192.0.2.1/32"]'],
  ['host bits', '"target-prefix": ["192.0|.2.1/24"]', '"target-prefix": ["192.0.2.0/24"]'],
  [
    'reversed ports',
    '"target-port-range": [{"lower-port": 443, "upper-port": 8|0}]',
    '"target-port-range": [{"lower-port": 80, "upper-port": 443}]',
  ],
  ['a lifetime of zero', '"lifetime": |0', '"lifetime": 3600'],
  ['a member that only a server writes', '"mi|d": 1, "lifetime": 3600', '"lifetime": 3600'],
  ['a missing comma', '"lifetime": 360|0 "target-fqdn": []', '"lifetime": 3600, "target-fqdn": []'],
];

for (const [what, marked, expected] of fixes)
  test(`quick fix: ${what}`, async (t) => {
    const { text, actions } = await actionsAt(t, scope(`{"target-uri": ["https://www.example.com"], ${marked}}`), [
      'quickfix',
    ]);
    const texts = actions.map((action) => after(text, action));
    const wanted = scope(`{"target-uri": ["https://www.example.com"], ${expected}}`);
    assert.ok(texts.includes(wanted), `${wanted}\nis not among\n${texts.join('\n')}`);
    assert.ok(actions.every(({ diagnostics }) => diagnostics?.length === 1));
  });

test('a missing lifetime is added on a line of its own', async (t) => {
  const marked = scope('|{\n  "target-prefix": ["192.0.2.0/24"]\n}');
  const { text, actions } = await actionsAt(t, marked);
  const action = actions.find(({ title }) => title === 'Add "lifetime": 3600');
  assert.equal(after(text, action), scope('{\n  "target-prefix": ["192.0.2.0/24"],\n  "lifetime": 3600\n}'));
});

test('two disjoint scopes become two files, where the editor can make files', async (t) => {
  const marked = scope(
    '{"target-prefix": ["192.0.2.0/24"], "lifetime": 60}, |{"target-prefix": ["198.51.100.0/24"], "lifetime": 60}',
  );
  const capabilities = {
    workspace: { workspaceEdit: { documentChanges: true, resourceOperations: ['create' as const] } },
  };
  const { text, actions } = await actionsAt(t, marked, ['quickfix'], { capabilities });
  const [own, create, content] = actions[0]?.edit?.documentChanges ?? [];
  assert.equal(actions[0]?.title, 'Write one request for each scope, in 2 files');
  assert.deepEqual(create, { kind: 'create', uri: 'file:///folder/request-2.dots.json' });
  const value = (edit: unknown, before: string): unknown =>
    JSON.parse(applied(before, (edit as TextDocumentEdit).edits as never));
  assert.deepEqual(value(own, text), JSON.parse(scope('{"target-prefix": ["192.0.2.0/24"], "lifetime": 60}')));
  assert.deepEqual(value(content, ''), JSON.parse(scope('{"target-prefix": ["198.51.100.0/24"], "lifetime": 60}')));
});

test('scopes that overlap are merged, and the title says what that widens', async (t) => {
  const marked = scope(
    '{"target-prefix": ["192.0.2.0/24"], "target-protocol": [6], "target-port-range": [{"lower-port": 80}], "lifetime": 60}, |{"target-prefix": ["192.0.2.0/24"], "target-protocol": [17], "target-port-range": [{"lower-port": 53}], "lifetime": 60}',
  );
  const { text, actions } = await actionsAt(t, marked);
  assert.equal(
    actions[0]?.title,
    'Merge into one scope: widens to every combination of target-protocol and target-port-range',
  );
  assert.match(
    String(actions[0]?.diagnostics?.[0]?.message),
    /the one with the higher mid deletes the other \(RFC 9132 section 4\.4\.1\.3\)/,
  );
  assert.deepEqual(JSON.parse(after(text, actions[0])), {
    'ietf-dots-signal-channel:mitigation-scope': {
      scope: [
        {
          'target-prefix': ['192.0.2.0/24'],
          'target-protocol': [6, 17],
          'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 53 }],
          lifetime: 60,
        },
      ],
    },
  });
});

test('source.fixAll.dots fixes syntax, then names and types; what a person must decide is left', async (t) => {
  const marked = scope(
    '|{"target-prefix": ["192.0.2.0/24"], "target-protocol": ["udp"] "acl-list": [], "lifetime": 0}',
  );
  const { text, actions } = await actionsAt(t, marked, ['source.fixAll']);
  assert.deepEqual(
    actions.map(({ kind }) => kind),
    ['source.fixAll.dots'],
  );
  assert.equal(
    after(text, actions[0]),
    scope(
      '{"target-prefix": ["192.0.2.0/24"], "target-protocol": [17], "ietf-dots-signal-control:acl-list": [], "lifetime": 0}',
    ),
  );
});

test('a clean document has no actions', async (t) => {
  const { actions } = await actionsAt(t, scope('|{"target-prefix": ["192.0.2.0/24"], "lifetime": 3600}'), [
    'quickfix',
    'source.fixAll.dots',
  ]);
  assert.deepEqual(actions, []);
});
