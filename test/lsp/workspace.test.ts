import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test, type TestContext } from 'node:test';
import { FileChangeType, type Diagnostic } from 'vscode-languageserver/node';
import { trustedNotification } from '#contract';
import { dots } from '../support/dots';
import { needShared, root } from '../support/shared';
import { Client, type ClientOptions } from '../support/lspClient';
import { removeFolder } from '../support/removeFolder';

const workspaceFile = 'dots.workspace.json';
const uriOf = (...parts: string[]): string => pathToFileURL(join(...parts)).toString();
const request = (scope: object): string =>
  JSON.stringify({
    'ietf-dots-signal-channel:mitigation-scope': {
      scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600, ...scope }],
    },
  });
const aliases = (name: string): string =>
  JSON.stringify({ 'ietf-dots-data-channel:aliases': { alias: [{ name, 'target-prefix': ['192.0.2.1/32'] }] } });

function folder(t: TestContext, files: Record<string, string> = {}): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'dots-workspace-')));
  t.after(() => removeFolder(path));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

/** An editor with a folder open, and no profiles of the one who runs the test. */
function editor(t: TestContext, path: string, options: ClientOptions = {}): Promise<Client> {
  return Client.start(t, {
    folders: [uriOf(path)],
    ...options,
    initializationOptions: { profilesFile: join(path, 'no-profiles.json'), ...options.initializationOptions },
  });
}

const open = (client: Client, path: string, name: string): Promise<void> =>
  client.open(uriOf(path, name), readFileSync(join(path, name), 'utf8'));
const codesOf = (diagnostics: Diagnostic[]): string[] => diagnostics.map(({ code }) => String(code));
const are =
  (...codes: string[]) =>
  (diagnostics: Diagnostic[]): boolean =>
    codesOf(diagnostics).join() === codes.join();

interface Reported {
  code: string;
  severity: string;
  message: string;
  range: object;
  related?: { file?: string; message: string; range: object }[];
}

const severities = ['', 'error', 'warning', 'information', 'hint'];

/** Findings in one form, for every source. */
const ofEditor = (diagnostics: Diagnostic[]): object[] =>
  diagnostics.map(({ code, severity, message, range, relatedInformation }) => ({
    code,
    severity: severities[severity ?? 0],
    message,
    range,
    related: (relatedInformation ?? []).map(({ location, message: text }) => [
      decodeURIComponent(location.uri.slice(location.uri.lastIndexOf('/') + 1)),
      text,
      location.range,
    ]),
  }));
const ofCommand = (file: string, findings: Reported[]): object[] =>
  findings.map(({ code, severity, message, range, related }) => ({
    code,
    severity,
    message,
    range,
    related: (related ?? []).map((other) => [(other.file ?? file).replace(/^.*\//, ''), other.message, other.range]),
  }));

/** Asserts that the editor with the folder open and `dots validate` say the same of every file in it. */
async function agree(t: TestContext, path: string): Promise<number> {
  const run = dots([
    'validate',
    path,
    '--format',
    'json',
    '--profiles',
    join(folder(t, { 'dots.profiles.json': '{}' }), 'dots.profiles.json'),
  ]);
  const { files } = JSON.parse(run.out) as { files: { file: string; findings: Reported[] }[] };
  const client = await editor(t, path);
  const names = files.map(({ file }) => relative(path, file));
  await Promise.all(names.map((name) => open(client, path, name)));
  for (const { file, findings } of files) {
    const name = relative(path, file);
    const wanted = JSON.stringify(ofCommand(file, findings));
    const timer = setTimeout(() => client.wake(), 60_000);
    const found = await client
      .settled(uriOf(path, name), (diagnostics) => JSON.stringify(ofEditor(diagnostics)) === wanted)
      .finally(() => clearTimeout(timer));
    assert.deepEqual(ofEditor(found), ofCommand(file, findings), name);
  }
  assert.deepEqual(client.logged, []);
  return files.length;
}

const strictWorkspace = JSON.stringify({
  files: [
    { path: '**', cuid: 'dz6pHjaADkaFTbjr0JGBpw' },
    { path: 'rfc9132-s4.4.1.1-*', mid: 123 },
    { path: 'hayashi-*', mid: 124 },
    { path: 'rfc9133-*', cuid: 'paL8p4Zqo4SLv64TLPXrxA' },
    { path: 'rfc9133-s4.1-fig06.json', direction: 'status' },
    { path: 'rfc8783-s7.3-*', direction: 'request' },
  ],
  'own-prefixes': ['192.0.2.0/24', '2001:db8::/32'],
  level: 'strict',
  severities: { 'rfc/one-scope': 'hint' },
  suppressions: [{ code: 'yang/bare-identity' }, { code: 'cross/foreign-target', path: 'rfc8783-*' }],
});

test('editor and command say the same of the examples, without and with a workspace file', async (t) => {
  assert.ok((await agree(t, join(root, 'examples'))) >= 7);
  const path = folder(t, { [workspaceFile]: strictWorkspace });
  for (const name of readdirSync(join(root, 'examples')).filter((each) => each.endsWith('.dots.json')))
    copyFileSync(join(root, 'examples', name), join(path, name));
  assert.ok((await agree(t, path)) >= 7);
});

test('editor and command say the same of the whole corpus, without and with a workspace file', async (t) => {
  const corpus = needShared(t, 'corpus');
  if (corpus === undefined) return;
  const path = folder(t);
  for (const name of readdirSync(corpus).filter((each) => each.endsWith('.json')))
    copyFileSync(join(corpus, name), join(path, name));
  assert.ok((await agree(t, path)) > 70);
  writeFileSync(join(path, workspaceFile), strictWorkspace);
  assert.ok((await agree(t, path)) > 70);
});

test('a name is looked up in the other files of the folder, and in their open texts', async (t) => {
  const path = folder(t, {
    'a.dots.json': request({ 'alias-name': ['web'] }),
    'deep/b.dots.json': aliases('web'),
    [workspaceFile]: '{}',
  });
  const client = await editor(t, path);
  const a = uriOf(path, 'a.dots.json');
  await open(client, path, 'a.dots.json');
  assert.deepEqual(await client.settled(a, are()), []);
  await open(client, path, 'deep/b.dots.json');
  await client.change(uriOf(path, 'deep/b.dots.json'), 2, [{ text: aliases('mail') }]);
  const [finding] = await client.settled(a, are('cross/unknown-alias'));
  assert.equal(finding?.severity, 2);
  assert.deepEqual((await client.state(a, ({ counts }) => counts.warning > 0)).counts, {
    error: 0,
    warning: 1,
    information: 0,
    hint: 0,
  });
  assert.deepEqual(codesOf(await client.settled(uriOf(path, 'deep/b.dots.json'), are('cross/unused-alias'))), [
    'cross/unused-alias',
  ]);
  await client.close(uriOf(path, 'deep/b.dots.json'));
  await client.settled(a, are());
});

test('while a definition is half typed, what it was before still counts', async (t) => {
  const path = folder(t, { 'a.dots.json': request({ 'alias-name': ['web'] }), 'b.dots.json': aliases('web') });
  const client = await editor(t, path);
  await open(client, path, 'a.dots.json');
  await open(client, path, 'b.dots.json');
  const b = uriOf(path, 'b.dots.json');
  await client.settled(b, are());
  await client.change(b, 2, [{ text: aliases('web').slice(0, 20) }]);
  await client.settled(b, are('json/syntax'));
  await client.change(b, 3, [{ text: aliases('mail') }]);
  await client.settled(uriOf(path, 'a.dots.json'), are('cross/unknown-alias'));
});

test('files that change on disk are read again', async (t) => {
  const path = folder(t, { 'a.dots.json': request({ 'alias-name': ['web'] }) });
  const client = await editor(t, path);
  const a = uriOf(path, 'a.dots.json');
  await open(client, path, 'a.dots.json');
  await client.settled(a, are('cross/unknown-alias'));
  writeFileSync(join(path, 'b.json'), aliases('web'));
  await client.filesChanged(uriOf(path, 'b.json'), FileChangeType.Created);
  await client.settled(a, are());
  rmSync(join(path, 'b.json'));
  await client.filesChanged(uriOf(path, 'b.json'), FileChangeType.Deleted);
  await client.settled(a, are('cross/unknown-alias'));
  writeFileSync(join(path, workspaceFile), '{"suppressions": [{"code": "cross/unknown-alias"}]}');
  await client.filesChanged(uriOf(path, workspaceFile), FileChangeType.Created);
  await client.settled(a, are());
});

test('a broken workspace file has its findings, open or not, and the documents are checked with defaults', async (t) => {
  const path = folder(t, {
    'a.dots.json': request({}),
    [workspaceFile]: '{"own-prefixes": ["198.51.100.0/24"], "level": "loose"}',
  });
  const client = await editor(t, path);
  const [a, own] = [uriOf(path, 'a.dots.json'), uriOf(path, workspaceFile)];
  await open(client, path, 'a.dots.json');
  await client.settled(a, are());
  await client.settled(own, are('json/config-value'));
  await open(client, path, workspaceFile);
  await client.change(own, 2, [{ text: '{"own-prefixes": ["198.51.100.0/24"]}' }]);
  await client.settled(own, are());
  await client.settled(a, are('cross/foreign-target'));
});

test('the workspace file and the profiles file are completed, explained and named', async (t) => {
  const path = folder(t, { [workspaceFile]: '{"level": "strict"}' });
  const client = await editor(t, path);
  await client.open(uriOf(path, workspaceFile), '{"level": "strict"}', 'json');
  const labels = (await client.completion(uriOf(path, workspaceFile), { line: 0, character: 1 })).map(
    ({ label }) => label,
  );
  assert.ok(labels.includes('own-prefixes') && !labels.includes('level'));
  assert.ok(await client.hover(uriOf(path, workspaceFile), { line: 0, character: 3 }));
  const { kind, title, line, destination } = await client.state(uriOf(path, workspaceFile));
  assert.deepEqual([kind, title, line, destination], ['workspace', 'workspace file', null, null]);
});

test('a policy is completed with the profiles of the user, and named', async (t) => {
  const text = '{"dms": [{"server": ""}]}';
  const path = folder(t, { 'lab.orchestrator.json': text, 'p.json': '{"profiles": {"lab": {}}}' });
  const client = await editor(t, path, { configuration: { level: 'practice', profilesFile: join(path, 'p.json') } });
  const uri = uriOf(path, 'lab.orchestrator.json');
  await client.open(uri, text);
  const labels = (await client.completion(uri, { line: 0, character: text.indexOf('""') + 1 })).map(
    ({ label }) => label,
  );
  assert.deepEqual(labels, ['simulated', 'profile lab']);
  const { kind, title, destination } = await client.state(uri);
  assert.deepEqual([kind, title, destination], ['policy', 'policy of an orchestrator', null]);
});

test('a profile defines the cuid and the own prefixes of its documents; the setting names the file', async (t) => {
  const path = folder(t, {
    'a.dots.json': request({}),
    [workspaceFile]: '{"files": [{"path": "*", "profile": "lab"}]}',
    'p.json': '{"profiles": {"lab": {"own-prefixes": ["198.51.100.0/24"]}}}',
  });
  const configuration = { level: 'practice', profilesFile: join(path, 'p.json') };
  const client = await editor(t, path, { configuration });
  await open(client, path, 'a.dots.json');
  await client.settled(uriOf(path, 'a.dots.json'), are('cross/foreign-target'));
  configuration.profilesFile = join(path, 'none.json');
  await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
  await client.settled(uriOf(path, 'a.dots.json'), are());
});

test('the direction and the level that the workspace file says', async (t) => {
  const path = folder(t, {
    'a.dots.json': request({ mid: 1 }),
    [workspaceFile]: '{"files": [{"path": "a.*", "direction": "request"}]}',
  });
  const client = await editor(t, path);
  await open(client, path, 'a.dots.json');
  await client.settled(uriOf(path, 'a.dots.json'), are('rfc/server-only-member'));
});

test('a profile that is not in the profiles file is a finding of the workspace file, in the editor as in the command', async (t) => {
  const path = folder(t, {
    'a.dots.json': request({}),
    [workspaceFile]: '{"files": [{"path": "*", "profile": "lba"}]}',
    'p.json': '{"profiles": {"lab": {}}}',
  });
  const client = await editor(t, path, { initializationOptions: { profilesFile: join(path, 'p.json') } });
  await open(client, path, 'a.dots.json');
  const [unopened] = await client.settled(uriOf(path, workspaceFile), are('cross/unknown-profile'));
  assert.match(String(unopened?.message), /no profile "lba".*It has "lab"/);
  await open(client, path, workspaceFile);
  await client.settled(uriOf(path, workspaceFile), are('cross/unknown-profile'));
  const labels = (await client.completion(uriOf(path, workspaceFile), { line: 0, character: 38 })).map(
    ({ label }) => label,
  );
  assert.deepEqual(labels, ['lab']);
  for (const named of [path, join(path, workspaceFile)]) {
    const { out, status } = dots(['validate', named, '--profiles', join(path, 'p.json')]);
    assert.match(out, /dots\.workspace\.json:1:\d+ warning .*cross\/unknown-profile, RFC 9132 section 3/);
    assert.equal(status, 0);
  }
});

test('profiles count only once the folder is trusted', async (t) => {
  const path = folder(t, {
    'a.dots.json': request({}),
    [workspaceFile]: '{"files": [{"path": "*", "profile": "lab"}]}',
    'p.json': '{"profiles": {"lab": {"own-prefixes": ["198.51.100.0/24"]}}}',
  });
  const client = await editor(t, path, {
    initializationOptions: { profilesFile: join(path, 'p.json'), trusted: false },
  });
  const a = uriOf(path, 'a.dots.json');
  await open(client, path, 'a.dots.json');
  await client.settled(a, are());
  assert.deepEqual(await client.profiles(), { file: join(path, 'p.json'), state: 'off', profiles: [] });
  await client.connection.sendNotification(trustedNotification);
  await client.settled(a, are('cross/foreign-target'));
  assert.equal((await client.profiles()).state, 'read');
});
