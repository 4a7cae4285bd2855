import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test, type TestContext } from 'node:test';
import { FileChangeType } from 'vscode-languageserver/node';
import { activeProfileNotification, trustedNotification, type DocumentState } from '#contract';
import { Client, type ClientOptions } from '../support/lspClient';
import { removeFolder } from '../support/removeFolder';

const workspaceFile = 'dots.workspace.json';
const request = (scope: object = {}): string =>
  JSON.stringify({
    'ietf-dots-signal-channel:mitigation-scope': {
      scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600, ...scope }],
    },
  });
const profiles = (lab: object): string => JSON.stringify({ profiles: { lab } });

/** A folder with these files, open in an editor whose profiles file is `p.json` in it. */
async function editor(
  t: TestContext,
  files: Record<string, string>,
  options: ClientOptions = {},
): Promise<{ client: Client; uri: (name: string) => string; write: (name: string, text: string) => void }> {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'dots-state-')));
  t.after(() => removeFolder(path));
  const write = (name: string, text: string): void => {
    mkdirSync(join(path, name, '..'), { recursive: true });
    // Never half of it: the server may read at any time.
    writeFileSync(join(path, `${name}.new`), text);
    renameSync(join(path, `${name}.new`), join(path, name));
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const uri = (name: string): string => pathToFileURL(join(path, name)).toString();
  const client = await Client.start(t, {
    folders: [uri('.')],
    ...options,
    initializationOptions: {
      profilesFile: join(path, 'p.json'),
      activeProfile: 'mock',
      ...options.initializationOptions,
    },
  });
  return { client, uri, write };
}

const versions = ({ states }: Client): number[] => states.map(({ version }) => version);
const named =
  (profile: string) =>
  ({ destination }: DocumentState): boolean =>
    destination?.profile === profile;

test('each validation pushes one state, and one that finds nothing new pushes none', async (t) => {
  const { client } = await editor(t, {});
  const uri = 'untitled:request';
  await client.open(uri, request());
  await client.state(uri);
  for (let version = 2; version <= 4; version += 1) {
    await client.change(uri, version, [{ text: request({ lifetime: version }) }]);
    await client.state(uri, (state) => state.version === version);
  }
  // All that is open is validated again when another document comes; only that one has something new.
  await client.open('untitled:other', request());
  await client.state('untitled:other');
  await client.change('untitled:other', 2, [{ text: '{' }]);
  await client.state('untitled:other', ({ version }) => version === 2);
  await client.change(uri, 5, [{ text: request() }]);
  await client.state(uri, ({ version }) => version === 5);
  assert.deepEqual(
    client.states.filter((state) => state.uri === uri).map(({ version }) => version),
    [1, 2, 3, 4, 5],
  );
});

test('a state says what the document is, its findings, and where it goes; the diagnostics come before it', async (t) => {
  const { client, uri } = await editor(t, {
    [workspaceFile]:
      '{"files": [{"path": "a*", "profile": "lab", "mid": 3}], "own-prefixes": ["192.0.2.0/24"], "target-router": "bird"}',
    'p.json':
      '{"profiles": {"lab": {"signal": "coaps://192.0.2.1", "ca": "ca.pem", "cuid": "c", "own-prefixes": ["203.0.113.0/24"], "production": true}}}',
  });
  const a = uri('a.dots.json');
  await client.open(a, `\n${request({ lifetime: '3600' })}`);
  const { destination, ...state } = await client.state(a);
  assert.equal((await client.diagnostics(a)).length, 1);
  assert.deepEqual(state, {
    uri: a,
    version: 1,
    kind: 'mitigation-scope',
    title: 'mitigation request',
    line: 1,
    direction: 'request',
    counts: { error: 1, warning: 0, information: 0, hint: 0 },
    requestErrors: 1,
    ownPrefixes: ['192.0.2.0/24', '203.0.113.0/24'],
    targetRouter: 'bird',
  });
  assert.deepEqual(destination, {
    kind: 'server',
    profile: 'lab',
    namedBy: 'workspace',
    server: 'coaps://192.0.2.1',
    cuid: 'c',
    mid: 3,
    production: { by: 'lab', reason: 'The profile "lab" is marked as production' },
    credentials: { ca: new URL(uri('ca.pem')).pathname },
  });
  await client.open(uri('b.dots.json'), request());
  const other = await client.state(uri('b.dots.json'));
  assert.deepEqual(other.destination, { kind: 'mock', profile: 'mock', namedBy: 'active' });
});

test('errors that a document has only as a request prevent sending', async (t) => {
  const { client, uri } = await editor(t, {});
  const alias = (more: object): string =>
    JSON.stringify({
      'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-prefix': ['192.0.2.1/32'], ...more }] },
    });
  const checked = async (name: string, text: string): Promise<unknown[]> => {
    await client.open(uri(name), text);
    const { direction, counts, requestErrors } = await client.state(uri(name));
    return [direction, counts.error, requestErrors];
  };
  assert.deepEqual(await checked('a.dots.json', alias({})), [null, 0, 0]);
  assert.deepEqual(await checked('b.dots.json', alias({ 'pending-lifetime': 10 })), ['status', 0, 1]);
  assert.deepEqual(await checked('c.dots.json', alias({ 'pending-lifetime': 10, name: 1 })), ['status', 1, 1]);
});

test('a change of the workspace file, on disk or in its text, is pushed', async (t) => {
  const { client, uri, write } = await editor(t, { 'p.json': profiles({ signal: 'coap://127.0.0.1:1' }) });
  const a = uri('a.dots.json');
  await client.open(a, request());
  await client.state(a, named('mock'));
  write(workspaceFile, '{"files": [{"path": "*", "profile": "lab"}]}');
  await client.filesChanged(uri(workspaceFile), FileChangeType.Created);
  assert.equal((await client.state(a, named('lab'))).version, 1);
  await client.open(uri(workspaceFile), '{"files": [{"path": "*", "profile": "lba"}]}');
  const missing = await client.state(a, named('lba'));
  assert.equal(missing.destination?.kind, 'none');
  await client.change(uri(workspaceFile), 2, [{ text: '{"fils": 1}' }]);
  const broken = await client.state(
    a,
    ({ destination }) => destination?.kind === 'none' && destination.problem.code === 'workspace-errors',
  );
  assert.equal(broken.version, 1);
});

test('a change of the profiles file, of the active profile and of trust is pushed', async (t) => {
  const { client, uri, write } = await editor(t, {}, { initializationOptions: { trusted: false } });
  const a = uri('a.dots.json');
  await client.open(a, request());
  const untrusted = await client.state(a);
  assert.ok(untrusted.destination?.kind === 'none' && untrusted.destination.problem.code === 'untrusted');
  await client.connection.sendNotification(trustedNotification);
  await client.state(a, ({ destination }) => destination?.kind === 'mock');
  await client.connection.sendNotification(activeProfileNotification, { name: 'lab' });
  await client.state(
    a,
    ({ destination }) => destination?.kind === 'none' && destination.problem.code === 'no-profiles-file',
  );
  write('p.json', profiles({ signal: 'coap://127.0.0.1:1' }));
  await client.filesChanged(uri('p.json'), FileChangeType.Created);
  const { destination } = await client.state(a, ({ destination: each }) => each?.kind === 'server');
  assert.deepEqual([destination?.profile, destination?.namedBy], ['lab', 'active']);
  assert.deepEqual(versions(client), [1, 1, 1, 1]);
});

test('what is asked before sending is as the files are now, reported or not, and about the text as it is now', async (t) => {
  const files = {
    [workspaceFile]: '{"files": [{"path": "*", "profile": "lab"}]}',
    'p.json': profiles({ signal: 'coap://127.0.0.1:1' }),
  };
  const { client, uri, write } = await editor(t, files);
  const a = uri('a.dots.json');
  await client.open(a, request());
  await client.state(a);
  write('p.json', profiles({ signal: 'coap://127.0.0.1:2', production: true }));
  await client.change(a, 2, [{ text: request({ lifetime: 60 }) }]);
  const asked = await client.toSend(a);
  assert.deepEqual([asked?.state.version, asked?.value], [2, JSON.parse(request({ lifetime: 60 }))]);
  const destination = asked?.state.destination;
  assert.ok(destination?.kind === 'server');
  assert.deepEqual([destination.server, destination.production?.by], ['coap://127.0.0.1:2', 'lab']);
});

test('profiles have absolute paths; a file with errors, one that is not there and an untrusted folder are distinguished', async (t) => {
  const { client, uri, write } = await editor(t, { 'p.json': profiles({ signal: 'coaps://192.0.2.1', ca: 'ca.pem' }) });
  const file = new URL(uri('p.json')).pathname;
  const lab = {
    name: 'lab',
    signal: 'coaps://192.0.2.1',
    ca: new URL(uri('ca.pem')).pathname,
    ownPrefixes: [],
    production: false,
    quirks: [],
  };
  assert.deepEqual(await client.profiles(), { file, state: 'read', profiles: [lab] });
  write('p.json', '{');
  assert.deepEqual(await client.profiles(), { file, state: 'faulty', profiles: [] });
  rmSync(file);
  assert.equal((await client.profiles()).state, 'absent');
});
