import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type {
  DocumentHighlight,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  Range,
  SelectionRange,
  TextEdit,
  WorkspaceSymbol,
} from 'vscode-languageserver/node';
import { textIn, withCaret } from '../support/caret';
import { applied } from '../support/edits';
import { Client } from '../support/lspClient';

const uri = 'file:///acl.dots.json';
const acl = `{
  "ietf-dots-data-channel:acls": {
    "acl": [
      {
        "name": "reflection",
        "type": "ipv4-acl-type",
        "activation-type": "activate-when-mitigating",
        "aces": {
          "ace": [
            {
              "name": "dns-amp",
              "matches": {
                "ipv4": { "destination-ipv4-network": "192.0.2.0/24" },
                "udp": { "source-port-range-or-operator": { "operator": "eq", "port": 53 } }
              },
              "actions": { "forwarding": "drop" }
            }
          ]
        }
      }
    ]
  }
}
`;

async function opened(t: TestContext, text: string, languageId = 'dots', name = uri, options = {}): Promise<Client> {
  const client = await Client.start(t, options);
  await client.open(name, text, languageId);
  return client;
}

const textDocument = { uri };
const request = <T>(client: Client, method: string, params: object = {}): Promise<T> =>
  client.connection.sendRequest(`textDocument/${method}`, { textDocument, ...params });

const names = (symbols: readonly DocumentSymbol[]): string[] =>
  symbols.flatMap(({ name, children }) => [name, ...names(children ?? [])]);

test('the outline says what an entry of an ACL does', async (t) => {
  const client = await opened(t, acl);
  const symbols = await request<DocumentSymbol[]>(client, 'documentSymbol');
  assert.deepEqual(names(symbols), [
    'ietf-dots-data-channel:acls',
    'acl',
    'acl reflection: 1 entry, activate-when-mitigating',
    'name',
    'type',
    'activation-type',
    'aces',
    'ace',
    'ace dns-amp: drop udp 53 -> 192.0.2.0/24',
  ]);
  assert.equal(textIn(acl, (symbols[0] as DocumentSymbol).selectionRange), '"ietf-dots-data-channel:acls"');
});

test('the outline of a scope, also of a text that is not finished', async (t) => {
  const text =
    '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.0/24"], "target-protocol": [17], "lifetime": 3600, ';
  const client = await opened(t, text);
  const symbols = await request<DocumentSymbol[]>(client, 'documentSymbol');
  assert.ok(names(symbols).includes('scope 1: 192.0.2.0/24, udp, for 1 hour'), names(symbols).join('; '));
});

test('Format Document, of a range, and when a bracket is typed', async (t) => {
  const text = '{"ietf-dots-data-channel:aliases":{"alias":[\n{"name":"a","target-prefix":["192.0.2.0/24"]}]}}';
  const client = await opened(t, text);
  const options = { tabSize: 2, insertSpaces: true };
  const whole = await request<TextEdit[]>(client, 'formatting', { options });
  assert.equal(
    applied(text, whole),
    '{\n  "ietf-dots-data-channel:aliases": { "alias": [{ "name": "a", "target-prefix": ["192.0.2.0/24"] }] }\n}',
  );
  const { position } = withCaret(text.replace('24"]}', '24"]}|'));
  const typed = await request<TextEdit[]>(client, 'onTypeFormatting', { options, position, ch: '}' });
  assert.equal(
    applied(text, typed),
    text.replace('{"name":"a","target-prefix":["192.0.2.0/24"]}', '{ "name": "a", "target-prefix": ["192.0.2.0/24"] }'),
  );
  const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 12 } };
  const part = await request<TextEdit[]>(client, 'rangeFormatting', { options, range });
  assert.match(applied(text, part), /\[\{ "name": "a", "target-prefix":\[/);
});

test('folding keeps the line of the closing bracket', async (t) => {
  const client = await opened(t, acl);
  const folds = await request<FoldingRange[]>(client, 'foldingRange');
  assert.deepEqual(
    folds.map(({ startLine, endLine }) => [startLine, endLine]),
    [
      [0, 21],
      [1, 20],
      [2, 19],
      [3, 18],
      [7, 17],
      [8, 16],
      [9, 15],
      [11, 13],
    ],
  );
});

test('the selection grows from a string to its member, its object, and the text', async (t) => {
  const { text, position } = withCaret('{"a": {"b": ["x|y", 1]}}');
  const client = await opened(t, text);
  const [first] = await request<SelectionRange[]>(client, 'selectionRange', { positions: [position] });
  const found: string[] = [];
  for (let here: SelectionRange | undefined = first; here !== undefined; here = here.parent)
    found.push(textIn(text, here.range));
  assert.deepEqual(found, [
    '',
    'xy',
    '"xy"',
    '"xy", 1',
    '["xy", 1]',
    '"b": ["xy", 1]',
    '{"b": ["xy", 1]}',
    '"a": {"b": ["xy", 1]}',
    '{"a": {"b": ["xy", 1]}}',
  ]);
});

test('equal values are highlighted, and the partner of a bracket', async (t) => {
  const { text, position } = withCaret('{"a": ["x|y", "xy", "xyz"], "xy": 1}');
  const client = await opened(t, text);
  const places = async (at: { line: number; character: number }): Promise<[number, number][]> =>
    (await request<DocumentHighlight[]>(client, 'documentHighlight', { position: at })).map(({ range }) => [
      range.start.character,
      range.end.character,
    ]);
  assert.deepEqual(await places(position), [
    [7, 11],
    [13, 17],
  ]);
  assert.deepEqual(await places({ line: 0, character: 0 }), [
    [0, 1],
    [34, 35],
  ]);
});

test('the top-level member, and the RFC that a comment names, are links', async (t) => {
  const name = 'file:///acl.dots.jsonc';
  const text = `// RFC 8783 section 7.2, and RFC 9132\n${acl}`;
  const client = await opened(t, text, 'dots', name);
  const links = await client.connection.sendRequest<DocumentLink[]>('textDocument/documentLink', {
    textDocument: { uri: name },
  });
  assert.deepEqual(
    links.map(({ range, target }) => [textIn(text, range), target]),
    [
      ['"ietf-dots-data-channel:acls"', 'https://www.rfc-editor.org/rfc/rfc8783#section-7'],
      ['RFC 8783 section 7.2', 'https://www.rfc-editor.org/rfc/rfc8783#section-7.2'],
      ['RFC 9132', 'https://www.rfc-editor.org/rfc/rfc9132'],
    ],
  );
});

test('plain JSON that another server formats is left to it; its outline speaks', async (t) => {
  const json = 'file:///acl.json';
  const client = await opened(t, acl, 'json', json, { initializationOptions: { syntax: 'editor' } });
  const about = { textDocument: { uri: json } };
  assert.deepEqual(await client.connection.sendRequest('textDocument/foldingRange', about), []);
  const symbols = await client.connection.sendRequest<DocumentSymbol[]>('textDocument/documentSymbol', about);
  assert.ok(names(symbols).includes('ace dns-amp: drop udp 53 -> 192.0.2.0/24'));
});

test('symbols of the workspace are those of files on disk and of open texts', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dots-'));
  writeFileSync(join(folder, 'acl.dots.json'), acl);
  const client = await Client.start(t, { folders: [pathToFileURL(folder).href] });
  const ask = (query: string): Promise<WorkspaceSymbol[]> =>
    client.connection.sendRequest('workspace/symbol', { query });
  const [found] = await ask('acrefl');
  assert.equal(found?.name, 'acl reflection');
  assert.equal(textIn(acl, (found?.location as { range: Range }).range), '"name"');
  await client.open(pathToFileURL(join(folder, 'acl.dots.json')).href, acl.replace('reflection', 'renamed'));
  assert.deepEqual(
    (await ask('acl')).map(({ name }) => name),
    ['acl renamed'],
  );
});
