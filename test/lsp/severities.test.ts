import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Client } from '../support/lspClient';
import { removeFolder } from '../support/removeFolder';

const text =
  '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.7/24"], "lifetime": 30}]}}';
const uri = 'file:///folder/request.dots.json';

const found = async (client: Client, at = uri): Promise<[unknown, unknown][]> =>
  (await client.diagnostics(at)).map(({ code, severity }) => [code, severity]);

for (const [how, options] of [
  ['settings', { configuration: { severities: { 'advice/host-bits': 'error', 'advice/short-lifetime': 'off' } } }],
  [
    'initializationOptions',
    { initializationOptions: { severities: { 'advice/host-bits': 'error', 'advice/short-lifetime': 'off' } } },
  ],
] as const)
  test(`${how} set severities and hide findings by code`, async (t) => {
    const client = await Client.start(t, options);
    await client.open(uri, text);
    assert.deepEqual(await found(client), [['advice/host-bits', 1]]);
    assert.deepEqual(client.shown, []);
  });

test('a code that no finding has, and a severity that does not exist, are refused once with one message each', async (t) => {
  const severities = { 'advice/hostbits': 'off', 'advice/host-bits': 'fatal', 'advice/short-lifetime': 'off' };
  const client = await Client.start(t, { configuration: { severities } });
  await client.open(uri, text);
  await client.open('file:///folder/other.dots.json', text);
  assert.deepEqual(await found(client), [['advice/host-bits', 2]]);
  await client.diagnostics('file:///folder/other.dots.json');
  assert.deepEqual(client.shown, [
    '"dots.severities": no finding has the code "advice/hostbits".',
    '"dots.severities": the severity of "advice/host-bits" must be error, warning, information, hint or off.',
  ]);
});

test('the workspace file overrides the settings', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dots-severities-'));
  t.after(() => removeFolder(folder));
  writeFileSync(join(folder, 'dots.workspace.json'), '{"severities": {"advice/host-bits": "hint"}}');
  const inFolder = pathToFileURL(join(folder, 'request.dots.json')).href;
  const client = await Client.start(t, { configuration: { severities: { 'advice/host-bits': 'error' } } });
  await client.open(inFolder, text);
  assert.deepEqual(await found(client, inFolder), [
    ['advice/host-bits', 4],
    ['advice/short-lifetime', 3],
  ]);
});

test('a workspace file with a code that no finding has is refused, and the right code is a fix', async (t) => {
  const client = await Client.start(t);
  const file = 'file:///folder/dots.workspace.json';
  await client.open(file, '{"severities": {"advice/hostbits": "hint"}, "suppressions": [{"code": "rfc/colour"}]}');
  const messages = (await client.diagnostics(file)).map(({ message }) => message);
  assert.deepEqual(messages, [
    'No finding has the code "advice/hostbits": did you mean "advice/host-bits"?',
    'No finding has the code "rfc/colour": docs/findings.md lists all codes.',
  ]);
});
