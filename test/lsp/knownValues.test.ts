import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { usedMids } from '#host/usedMids';
import { withCaret } from '../support/caret';
import { Client } from '../support/lspClient';
import { removeFolder } from '../support/removeFolder';

/** The labels at the caret of a file in a folder, with the profiles of the user and what its ledger says. */
async function offered(
  t: TestContext,
  name: string,
  marked: string,
  files: Record<string, object> = {},
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-values-'));
  t.after(() => removeFolder(folder));
  for (const [file, value] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), JSON.stringify(value));
  }
  const { text, position } = withCaret(marked);
  const client = await Client.start(t, {
    folders: [pathToFileURL(folder).href],
    configuration: { profilesFile: join(folder, 'dots.profiles.json') },
    env: { XDG_STATE_HOME: join(folder, 'state') },
  });
  const uri = pathToFileURL(join(folder, name)).href;
  await client.open(uri, text);
  await client.diagnostics(uri);
  return (await client.completion(uri, position)).map(({ label }) => label);
}

const profiles = {
  'dots.profiles.json': { profiles: { lab: { signal: 'coaps://dots.example.com', cuid: 'of-lab' } } },
};
const ledger = {
  'state/dots/client-0a.1.json': { server: 'dots.example.com:4646', cuid: 'of-lab', highest: { mid: 41 } },
  'state/dots/client-0a.2.json': { server: 'dots.example.com:4646', cuid: 'of-lab', highest: { mid: 42 } },
  'state/dots/client-0b.1.json': { server: 'dots.example.net:4646', cuid: 'other', highest: {} },
};

test('own prefixes are offered as targets, in quotes too, and not as sources', async (t) => {
  const files = { 'dots.workspace.json': { 'own-prefixes': ['192.0.2.0/24', '2001:db8::/32'] } };
  const scope = (inside: string): string => `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{${inside}}]}}`;
  const own = ['192.0.2.0/24', '2001:db8::/32'];
  assert.deepEqual(await offered(t, 'a.dots.json', scope('"target-prefix": [|]'), files), own);
  assert.deepEqual(await offered(t, 'a.dots.json', scope('"target-prefix": ["|"]'), files), own);
  const sources = await offered(t, 'a.dots.json', scope('"ietf-dots-call-home:source-prefix": [|]'), files);
  assert.deepEqual(sources, []);
  const filter = (family: string): string =>
    `{"ietf-dots-data-channel:acls": {"acl": [{"name": "a", "aces": {"ace": [{"name": "b", "matches": {"${family}": {"destination-${family}-network": "|"}}}]}}]}}`;
  assert.deepEqual(await offered(t, 'b.dots.json', filter('ipv4'), files), ['192.0.2.0/24']);
  assert.deepEqual(await offered(t, 'b.dots.json', filter('ipv6'), files), ['2001:db8::/32']);
});

test('cuids of profiles and of the ledger are offered', async (t) => {
  const registration = '{"ietf-dots-data-channel:dots-client": [{"cuid": "|"}]}';
  assert.deepEqual(await offered(t, 'a.dots.json', registration, { ...profiles, ...ledger }), ['of-lab', 'other']);
  const file = '{"files": [{"path": "a.dots.json", "cuid": "|"}]}';
  assert.deepEqual(await offered(t, 'dots.workspace.json', file, { ...profiles, ...ledger }), ['of-lab', 'other']);
});

test('the next free mid is offered: above those of the file and of the ledger', async (t) => {
  const entry = (cuid: string): string =>
    `{"files": [{"path": "a.dots.json", "mid": 7}, {"path": "b.dots.json", "cuid": "${cuid}", "mid": |}]}`;
  assert.deepEqual(await offered(t, 'dots.workspace.json', entry('of-lab'), ledger), ['43']);
  assert.deepEqual(await offered(t, 'dots.workspace.json', entry('other'), ledger), ['8']);
  assert.deepEqual(await offered(t, 'dots.workspace.json', entry('unknown')), ['8']);
});

test('a ledger that is absent or damaged has no mids', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dots-ledger-'));
  t.after(() => removeFolder(folder));
  assert.deepEqual([...usedMids(join(folder, 'absent'))], []);
  writeFileSync(join(folder, 'client-0a.1.json'), '{"cuid": ');
  writeFileSync(join(folder, 'client-0b.1.json'), '[]');
  assert.deepEqual([...usedMids(folder)], []);
});
