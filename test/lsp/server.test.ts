import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MarkupContent } from 'vscode-languageserver/node';
import { root } from '../support/shared';
import { textIn, withCaret } from '../support/caret';
import { Client, server } from '../support/lspClient';

const uri = 'file:///request.dots.json';
const request =
  '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{\n  "target-prefix": ["192.0.2.0/33"],\n  "lifetime": 3600,\n  "lifetime": 600\n}]}}';
const snippets = { textDocument: { completion: { completionItem: { snippetSupport: true } } } };

test('findings are published with code, link, source and related places', async (t) => {
  const client = await Client.start(t);
  await client.open(uri, request);
  const diagnostics = await client.diagnostics(uri);
  assert.deepEqual(
    diagnostics.map(({ code, severity, source, range }) => [code, severity, source, textIn(request, range)]),
    [
      ['yang/invalid-value', 1, 'dots', '"192.0.2.0/33"'],
      ['json/duplicate-member', 1, 'dots', '"lifetime"'],
    ],
  );
  assert.equal(diagnostics[1]?.codeDescription?.href, 'https://www.rfc-editor.org/rfc/rfc8259#section-4');
  assert.deepEqual(
    diagnostics[1]?.relatedInformation?.map(({ location }) => [location.uri, location.range.start.line]),
    [[uri, 2]],
  );
});

test('ranges are right under CRLF, a byte order mark and astral characters', async (t) => {
  const client = await Client.start(t);
  const text = `\ufeff${request.replace('"scope"', '"\u{1f642}": 1, "scope"').replace(/\n/g, '\r\n')}`;
  await client.open(uri, text);
  const pieces = (await client.diagnostics(uri)).map(({ range }) => textIn(text, range));
  assert.deepEqual(pieces, ['\ufeff', '"\u{1f642}"', '"192.0.2.0/33"', '"lifetime"']);
});

test('changes, whole or in part, are followed; a document that is closed loses its findings', async (t) => {
  const client = await Client.start(t);
  await client.open(uri, request);
  await client.diagnostics(uri);
  const at = (
    line: number,
    start: number,
    end: number,
  ): { start: { line: number; character: number }; end: { line: number; character: number } } => ({
    start: { line, character: start },
    end: { line, character: end },
  });
  await client.change(uri, 2, [{ range: at(1, 31, 33), text: '24' }]);
  assert.deepEqual(
    (await client.diagnostics(uri, 2)).map(({ code }) => code),
    ['json/duplicate-member'],
  );
  await client.change(uri, 3, [{ text: '{}' }]);
  assert.deepEqual(
    (await client.diagnostics(uri, 3)).map(({ code }) => code),
    ['json/unknown-document'],
  );
  await client.close(uri);
  assert.deepEqual(await client.diagnostics(uri, -1), []);
});

test('of quick changes only the last version is checked', async (t) => {
  const client = await Client.start(t);
  await client.open(uri, request);
  await client.diagnostics(uri);
  for (let version = 2; version <= 20; version += 1) await client.change(uri, version, [{ text: ' '.repeat(version) }]);
  await client.diagnostics(uri, 20);
  const versions = client.versions(uri).map(Number);
  assert.deepEqual(
    versions,
    [...versions].sort((a, b) => a - b),
  );
  assert.ok(versions.length < 20);
});

test('completion edits the text at the caret, with tab stops where the editor knows them', async (t) => {
  const { text, position } = withCaret(
    '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"lifetime": 1\n"tar|"}]}}',
  );
  for (const capabilities of [snippets, {}]) {
    const client = await Client.start(t, { capabilities });
    await client.open(uri, text);
    const item = (await client.completion(uri, position)).find(({ label }) => label === 'target-protocol');
    assert.deepEqual(item?.textEdit, {
      range: { start: { line: 1, character: 0 }, end: { line: 1, character: 5 } },
      newText: capabilities === snippets ? '"target-protocol": [$1]' : '"target-protocol": []',
    });
    assert.equal(item?.insertTextFormat, capabilities === snippets ? 2 : 1);
    assert.deepEqual(item?.additionalTextEdits, [
      { range: { start: { line: 0, character: 71 }, end: { line: 0, character: 71 } }, newText: ',' },
    ]);
  }
});

test('hover', async (t) => {
  const client = await Client.start(t);
  await client.open(uri, request);
  const hover = await client.hover(uri, { line: 2, character: 5 });
  assert.ok(MarkupContent.is(hover?.contents) && /\*\*lifetime\*\*[\s\S]*CBOR key: 14/.test(hover.contents.value));
  assert.equal(await client.hover(uri, { line: 99, character: 0 }), null);
});

test('an unknown document is answered with nothing', async (t) => {
  const client = await Client.start(t);
  assert.deepEqual(await client.completion('file:///none', { line: 0, character: 0 }), []);
  assert.equal(await client.hover('file:///none', { line: 0, character: 0 }), null);
  assert.equal(await client.toSend('file:///none'), null);
});

test('the level is asked of the editor, and asked again when it changes', async (t) => {
  const configuration = { level: 'practice' };
  const text =
    '{"ietf-dots-data-channel:acls": {"acl": [{"name": "a", "aces": {"ace": [{"name": "b", "actions": {"forwarding": "drop"}}]}}]}}';
  const client = await Client.start(t, { configuration });
  const yang = async (): Promise<number> =>
    (await client.diagnostics(uri)).filter(({ code }) => String(code).startsWith('yang/')).length;
  await client.open(uri, text);
  assert.equal(await yang(), 0);
  configuration.level = 'strict';
  client.forget();
  await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
  assert.equal(await yang(), 1);
});

test('an editor without configuration sends the level at the start', async (t) => {
  const client = await Client.start(t, { initializationOptions: { level: 'strict' } });
  await client.open(uri, '{"ietf-dots-data-channel:acls": {"acl": [{"name": "a", "type": "ipv4-acl-type"}]}}');
  assert.ok((await client.diagnostics(uri)).some(({ code }) => String(code).startsWith('yang/')));
});

test('plain JSON is ours only when it is a DOTS document; its syntax can be left to the editor', async (t) => {
  const client = await Client.start(t, { initializationOptions: { syntax: 'editor' } });
  await client.open('file:///package.json', '{"name": 1,}', 'json');
  assert.deepEqual(await client.diagnostics('file:///package.json'), []);
  assert.deepEqual(await client.completion('file:///package.json', { line: 0, character: 1 }), []);
  assert.equal((await client.state('file:///package.json')).kind, null);
  await client.open('file:///heartbeat.json', '{"ietf-dots-signal-channel:heartbeat": {"peer-hb-status": 1,}}', 'json');
  assert.deepEqual(
    (await client.diagnostics('file:///heartbeat.json')).map(({ code }) => code),
    ['yang/wrong-type'],
  );
});

test('comments and trailing commas are allowed in .jsonc', async (t) => {
  const client = await Client.start(t);
  await client.open(
    'file:///a.dots.jsonc',
    '{ // peer\n"ietf-dots-signal-channel:heartbeat": {"peer-hb-status": true,}}',
  );
  assert.deepEqual(await client.diagnostics('file:///a.dots.jsonc'), []);
});

test('every prefix of every example keeps the server alive', async (t) => {
  const client = await Client.start(t);
  let version = 1;
  await client.open(uri, '');
  for (const file of readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.json'))) {
    const text = readFileSync(join(root, 'examples', file), 'utf8');
    for (let end = 0; end <= text.length; end += 7) {
      const lines = text.slice(0, end).split('\n');
      const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
      await client.change(uri, (version += 1), [{ text: text.slice(0, end) }]);
      await Promise.all([client.completion(uri, position), client.hover(uri, position), client.toSend(uri)]);
    }
  }
  assert.deepEqual(client.logged, []);
  assert.equal(await client.stop(), 0);
});

test('a request that no one knows, and a flood of cancelled ones, do no harm', async (t) => {
  const client = await Client.start(t);
  await client.open(uri, request);
  await assert.rejects(client.connection.sendRequest('dots/unknown'));
  await client.connection.sendNotification('$/cancelRequest', { id: 4711 });
  for (let index = 0; index < 50; index += 1) void client.hover(uri, { line: 2, character: 5 }).catch(() => undefined);
  assert.equal((await client.toSend(uri))?.state.kind, 'mitigation-scope');
});

test('the server ends when its input ends', async () => {
  const child = spawn(process.execPath, [server, '--stdio'], { cwd: root, stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end();
  await once(child, 'exit');
});

test('started by hand it says how it is started', () => {
  const { status, stderr } = spawnSync(process.execPath, [server], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /--stdio/);
});
