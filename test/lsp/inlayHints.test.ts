import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { InlayHint } from 'vscode-languageserver/node';
import { Lines } from '#service/documents/lines';
import { Client, type ClientOptions } from '../support/lspClient';

const uri = 'file:///folder/request.dots.json';
const text = `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{
  "target-prefix": ["192.0.2.0/24"],
  "target-protocol": [6, 17],
  "target-port-range": [{"lower-port": 53}, {"lower-port": 50000}],
  "lifetime": 5400
}]}}`;

/** The text with its hints in brackets. */
async function hinted(t: TestContext, options: ClientOptions, lines?: [number, number]): Promise<string> {
  const client = await Client.start(t, options);
  await client.open(uri, text);
  const [from, to] = lines ?? [0, 100];
  const hints = await client.connection.sendRequest<InlayHint[]>('textDocument/inlayHint', {
    textDocument: { uri },
    range: { start: { line: from, character: 0 }, end: { line: to, character: 0 } },
  });
  const places = Lines.of(text);
  return hints
    .map(({ position, label }) => ({ offset: places.offsetAt(position), label: label as string }))
    .reduceRight((all, { offset, label }) => `${all.slice(0, offset)}<${label}>${all.slice(offset)}`, text);
}

const withProtocols = text.replace('[6, 17]', '[6<TCP>, 17<UDP>]');

test('protocols have hints by default', async (t) => {
  assert.equal(await hinted(t, {}), withProtocols);
  assert.equal(await hinted(t, { configuration: {} }), withProtocols);
});

test('ports and durations have hints where they are turned on, and protocols none where they are off', async (t) => {
  const all = withProtocols.replace('53}', '53<DNS>}').replace('5400', '5400<1 hour 30 minutes>');
  const settings = { ports: true, durations: true };
  assert.equal(await hinted(t, { configuration: { inlayHints: settings } }), all);
  assert.equal(await hinted(t, { initializationOptions: { inlayHints: settings } }), all);
  assert.equal(await hinted(t, { configuration: { inlayHints: { protocols: false } } }), text);
});

test('only the requested lines have hints', async (t) => {
  assert.equal(await hinted(t, {}, [3, 5]), text);
});
