import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { previewText, type PreviewRequest } from '../../../../client/src/flowspec/previewText';
import { PreviewWorkers } from '../../../../client/src/flowspec/previewWorkers';
import { bundled } from '../../../support/bundle';
import { removeFolder } from '../../../support/removeFolder';

const request = (text: string, more: Partial<PreviewRequest> = {}): PreviewRequest => ({
  document: { file: 'request.dots.json', text },
  definitions: [],
  accepting: [],
  ownPrefixes: [],
  ...more,
});

const scope = (target: object): string =>
  JSON.stringify({ 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ ...target, lifetime: 3600 }] } });
const prefix = (text: string): PreviewRequest => request(scope({ 'target-prefix': [text] }));

test('a preview of a request, and of what is none', () => {
  assert.match(previewText(prefix('192.0.2.0/24')) ?? '', /1 rule,[^]*dst 192\.0\.2\.0\/24/);
  assert.equal(previewText(request('{')), undefined);
  assert.match(previewText(request('{"ietf-dots-telemetry:telemetry": {}}')) ?? '', /of another kind/);
  assert.match(previewText({ ...prefix('192.0.2.0/24'), ownPrefixes: ['none'] }) ?? '', /"none" is not a prefix/);
  assert.match(previewText({ ...prefix('192.0.2.0/24'), note: 'It is old.' }) ?? '', /It is old\./);
});

test('names are looked up in the definitions that are readable', () => {
  const alias = { alias: [{ name: 'web', 'target-prefix': ['198.51.100.0/24'] }] };
  const definitions = [
    { file: 'broken.dots.json', text: '{' },
    { file: 'aliases.dots.json', text: JSON.stringify({ 'ietf-dots-data-channel:aliases': alias }) },
  ];
  const text = previewText(request(scope({ 'alias-name': ['web'] }), { definitions }));
  assert.match(text ?? '', /dst 198\.51\.100\.0\/24/);
});

function workers(t: TestContext, module: string): PreviewWorkers {
  const all = new PreviewWorkers(module);
  t.after(() => all.dispose());
  return all;
}

/** A thread that answers only what does not name an endless task. */
function endless(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dots-worker-'));
  t.after(() => removeFolder(folder));
  const path = join(folder, 'worker.js');
  writeFileSync(
    path,
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', ({ document: { text } }) => {
       while (text === 'endless');
       if (text === 'fails') throw new Error('no more memory');
       parentPort.postMessage('made of ' + text);
     });`,
  );
  return path;
}

test('the thread of the product makes the same preview', async (t) => {
  const all = workers(t, bundled('client/src/bundles/flowspecWorker.ts'));
  const given = prefix('192.0.2.0/24');
  assert.deepEqual(await all.answer('a', given), { request: given, text: previewText(given) });
  assert.equal((await all.answer('a', request('{'))).text, undefined);
});

test('the next request of a document ends the work on the one before and answers both; others are not affected', async (t) => {
  const all = workers(t, endless(t));
  const first = all.answer('a', request('endless'));
  const other = all.answer('b', request('other'));
  const second = all.answer('a', request('short'));
  assert.deepEqual([(await first).text, (await second).text], ['made of short', 'made of short']);
  assert.deepEqual((await first).request, request('short'));
  assert.equal((await other).text, 'made of other');
});

test('an interrupted preview is answered by the next request', async (t) => {
  const all = workers(t, endless(t));
  const first = all.answer('a', request('endless'));
  all.interrupt('a');
  all.interrupt('a');
  await all.answer('a', request('short'));
  assert.equal((await first).text, 'made of short');
});

test('a thread that ends is reported, and the next request starts another', async (t) => {
  const all = workers(t, endless(t));
  await assert.rejects(all.answer('a', request('fails')), /no more memory/);
  assert.equal((await all.answer('a', request('short'))).text, 'made of short');
});
