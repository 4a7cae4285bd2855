import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import { Client } from '../support/lspClient';

const uri = 'file:///folder/request.dots.json';
const text =
  '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.7/24"], "lifetime": 60}]}}';
const position = { line: 0, character: 62 };
const range = { start: { line: 0, character: 0 }, end: { line: 0, character: text.length } };
const options = { tabSize: 2, insertSpaces: true };

/** Every request about a document. */
const requests: readonly [method: string, params: object][] = [
  ['completion', { position }],
  ['hover', { position }],
  ['definition', { position }],
  ['references', { position, context: { includeDeclaration: true } }],
  ['documentHighlight', { position }],
  ['documentSymbol', {}],
  ['documentLink', {}],
  ['foldingRange', {}],
  ['selectionRange', { positions: [position] }],
  ['inlayHint', { range }],
  ['codeAction', { range, context: { diagnostics: [] } }],
  ['codeAction', { range, context: { diagnostics: [], only: ['source.fixAll'] } }],
  ['formatting', { options }],
  ['rangeFormatting', { range, options }],
];

const ask = (client: Client, at: string, index: number, cancelled = false): Promise<unknown> => {
  const [method, params] = requests[index % requests.length] ?? ['hover', { position }];
  const source = new CancellationTokenSource();
  const answer = client.connection.sendRequest(
    `textDocument/${method}`,
    { textDocument: { uri: at }, ...params },
    source.token,
  );
  if (cancelled) source.cancel();
  return answer;
};

const isNothing = (answer: unknown): boolean => answer === null || (Array.isArray(answer) && answer.length === 0);

test('requests about documents that are not open are answered with nothing', async (t) => {
  const client = await Client.start(t);
  const answers = await Promise.all(
    requests.flatMap((_, index) =>
      ['file:///folder/other.dots.json', 'untitled:Untitled-1', 'not a uri'].map((at) => ask(client, at, index)),
    ),
  );
  assert.ok(answers.every(isNothing), JSON.stringify(answers.filter((answer) => !isNothing(answer))));
  assert.deepEqual(client.logged, []);
});

test('a storm of cancelled requests, with edits and changed settings between, leaves the server in order', async (t) => {
  const client = await Client.start(t, { configuration: { level: 'practice' } });
  await client.open(uri, text);
  const storm = Array.from({ length: 600 }, async (_, index) => {
    if (index % 50 === 0) {
      await client.change(uri, 2 + index / 50, [{ text: text.slice(0, text.length - (index % 7)) }]);
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    }
    // A cancelled request may be answered, or refused with RequestCancelled.
    await ask(client, uri, index, index % 3 !== 0).catch((error: { code?: number }) =>
      assert.equal(error.code, -32800),
    );
  });
  await Promise.all(storm);
  await client.change(uri, 100, [{ text }]);
  const codes = (await client.diagnostics(uri, 100)).map(({ code }) => code);
  assert.deepEqual(codes, ['advice/host-bits', 'advice/short-lifetime']);
  const answers = await Promise.all(requests.map((_, index) => ask(client, uri, index)));
  assert.ok(!isNothing(answers[1]));
  assert.deepEqual(client.logged, []);
});
