import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, test, type TestContext } from 'node:test';
import type * as api from 'vscode';
import type { DocumentContext, ProfilesInfo, ServerProfile } from '#contract';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { createLanguageService } from '#service/service';
import { profileItems, template } from '../../../../client/src/ui/profilePick';
import type { Place } from '../../../../client/src/sessions/serverTargets';
import { bundled } from '../../../support/bundle';
import { root } from '../../../support/shared';
import type * as features from '../../../support/clientFeatures';

const load = createRequire(__filename);
const { Credentials, DotsError, Places, ProfileHost, vscode } = load(
  bundled('test/support/clientFeatures.ts', { vscode: join(root, 'test/support/vscode.ts') }),
) as typeof features;
const { editor } = vscode;

const silent = () => undefined;
const log = { info: silent, warn: silent, error: silent, debug: silent } as unknown as api.LogOutputChannel;
const document = { uri: vscode.Uri.file('/a/request.dots.json') } as unknown as api.TextDocument;
const request = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};

beforeEach(() => {
  Object.assign(editor, { errors: [], trusted: true, confirmed: [], agrees: true, typed: [], inputs: 0, picks: '' });
});

/** What an extension keeps: settings of the workspace, and secrets. */
function memory(): api.Memento & api.SecretStorage & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const set = (key: string, value: string | undefined): Promise<void> =>
    Promise.resolve(void (value === undefined ? kept.delete(key) : kept.set(key, value)));
  return {
    kept,
    get: (key: string) => kept.get(key),
    update: set,
    store: set,
    delete: (key: string) => set(key, undefined),
  } as never;
}

/** The profiles, the places and what they keep, of a user with these profiles, and a document of this context. */
async function scene(
  profiles: ServerProfile[],
  context: Partial<DocumentContext> = {},
): Promise<{
  place: (channel?: 'signal' | 'data') => Promise<Place | undefined>;
  host: InstanceType<typeof ProfileHost>;
  secrets: ReturnType<typeof memory>;
  started: () => boolean;
  places: InstanceType<typeof Places>;
  keys: InstanceType<typeof Credentials>;
}> {
  const info: ProfilesInfo = { file: '/p.json', state: 'read', profiles };
  const language = {
    documentContext: () => Promise.resolve({ ownPrefixes: [], requestErrors: 0, ...context }),
    profiles: () => Promise.resolve(info),
  };
  const host = new ProfileHost(language as never, memory(), log);
  await host.read();
  let started = false;
  const orchestrator = {
    start: () => (
      (started = true),
      Promise.resolve({
        signal: 'coap://127.0.0.1:1',
        data: 'https://127.0.0.1:2',
        ca: '/ca',
        cert: '/cert',
        key: '/key',
      })
    ),
  };
  const secrets = memory();
  const keys = new Credentials({ ...secrets, get: (key: string) => Promise.resolve(secrets.kept.get(key)) } as never);
  const places = new Places(host, orchestrator as never, { cuid: () => Promise.resolve('own') } as never, keys);
  return {
    place: (channel = 'signal') => places.placeFor(document, request, channel),
    host,
    secrets,
    started: () => started,
    places,
    keys,
  };
}

const lab: ServerProfile = {
  name: 'lab',
  signal: 'coap://127.0.0.1:4646',
  data: 'https://127.0.0.1:4443',
  ca: '/ca.pem',
  cuid: 'of-profile',
  production: false,
};
const failing =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof DotsError && error.code === code;

function pemFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dots-places-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(path, `${name}.pem`), name);
  return path;
}

test('the mock is the place unless something else is said', async () => {
  const { place, started } = await scene([lab]);
  assert.deepEqual(await place(), { name: 'mock', cuid: 'own', production: false, server: 'coap://127.0.0.1:1' });
  assert.deepEqual((await place('data'))?.files, { ca: '/ca', cert: '/cert', key: '/key' });
  assert.equal(started(), true);
});

test('the active profile is selected once and kept; the profile of the workspace file counts before it', async () => {
  const { place, host, started } = await scene([lab]);
  editor.picks = '$(server) lab';
  await host.select();
  assert.equal(host.active, 'lab');
  assert.deepEqual(await place(), {
    name: 'lab',
    server: 'coap://127.0.0.1:4646',
    cuid: 'of-profile',
    production: false,
  });
  assert.deepEqual((await place('data'))?.files, { ca: '/ca.pem' });
  assert.equal(started(), false);
  const named = await scene([lab, { ...lab, name: 'other', signal: 'coap://127.0.0.1:5' }], {
    profile: 'other',
    cuid: 'of-file',
    mid: 12,
  });
  assert.deepEqual(await named.place(), {
    name: 'other',
    server: 'coap://127.0.0.1:5',
    cuid: 'of-file',
    production: false,
    mid: 12,
  });
});

test('a profile that is missing or incomplete, a status, and a folder that is not trusted are told', async () => {
  await assert.rejects((await scene([], { profile: 'gone' })).place(), failing('editor/no-profile'));
  await assert.rejects(
    (await scene([{ name: 'lab', production: false }], { profile: 'lab' })).place('data'),
    failing('editor/no-address'),
  );
  await assert.rejects(
    (await scene([{ ...lab, signal: 'coaps://192.0.2.1' }], { profile: 'lab' })).place(),
    failing('editor/incomplete-profile'),
  );
  await assert.rejects(
    (
      await scene([{ ...lab, signal: 'coaps://192.0.2.1', certificate: '/nowhere', key: '/nowhere' }], {
        profile: 'lab',
      })
    ).place(),
    failing('editor/unreadable-file'),
  );
  await assert.rejects((await scene([lab], { direction: 'status' })).place(), failing('editor/status-document'));
  editor.trusted = false;
  const { place, started } = await scene([lab]);
  await assert.rejects(place(), failing('editor/untrusted'));
  assert.equal(started(), false);
});

test('production is asked for, with server, resource and scope; without a yes nothing is sent', async () => {
  const { place } = await scene([{ ...lab, production: true }], { profile: 'lab', mid: 7 });
  assert.equal((await place())?.server, 'coap://127.0.0.1:4646');
  assert.deepEqual(editor.confirmed, [
    'Send this mitigation request to "lab"? It protects a real network.\nServer: coap://127.0.0.1:4646\nClient: of-profile, mid 7\nTargets: 192.0.2.0/24\nLifetime: 3600 s (1 h)',
  ]);
  editor.agrees = false;
  assert.equal(await place(), undefined);
});

test('an address of production is one under every profile, however it is spelt', async () => {
  const up: ServerProfile = { name: 'up', signal: 'coap://localhost', production: true };
  const { place } = await scene([lab, up], { profile: 'lab' });
  assert.equal((await place())?.production, true);
  assert.match(
    editor.confirmed.join(),
    /"lab" leads to coap:\/\/127\.0\.0\.1:4646, which the profile "up" marks as production\./,
  );
});

test('a name that turns out to lead to production is asked for before anything is sent, and each time', async () => {
  const up: ServerProfile = { name: 'up', signal: 'coaps://203.0.113.5', production: true };
  const { place, places } = await scene([{ ...lab, signal: 'coap://127.0.0.1:4646' }, up], { profile: 'lab' });
  const found = await place();
  assert.ok(found?.permit);
  assert.equal(found.production, false);
  assert.deepEqual(editor.confirmed, []);
  await found.permit([{ host: '203.0.113.6', port: 4646 }]);
  const sent: Place[] = [];
  const send = async (at: Place): Promise<string> => {
    await at.permit?.([{ host: '::ffff:203.0.113.5', port: 4646 }]);
    sent.push(at);
    return 'answer';
  };
  for (const agrees of [true, false]) {
    Object.assign(editor, { agrees, confirmed: [] });
    assert.equal(await places.at(found, request, send), agrees ? 'answer' : undefined);
    assert.match(
      editor.confirmed.join(),
      /^Send this mitigation request to "lab"\?[^]*\n"lab" leads to coap:\/\/127\.0\.0\.1:4646, which the profile "up" marks as production\.\n/,
    );
  }
  assert.deepEqual(
    sent.map(({ production, permit }) => [production, permit]),
    [[true, undefined]],
  );
  await assert.rejects(
    places.at(found, request, () => Promise.reject(new Error('silence'))),
    /silence/,
  );
});

test('a profile called mock is never looked up', async () => {
  const { place, started } = await scene([{ ...lab, name: 'mock' }], { profile: 'mock' });
  assert.equal((await place())?.server, 'coap://127.0.0.1:1');
  assert.equal(started(), true);
});

test('where the language server does not answer, nothing is sent', async () => {
  const { place } = await scene([lab], undefined);
  assert.ok(await place());
  const silentHost = new ProfileHost(
    { documentContext: () => Promise.resolve(undefined), profiles: () => Promise.resolve(undefined) } as never,
    memory(),
    log,
  );
  await assert.rejects(silentHost.destinationToSend(document), failing('editor/no-language-server'));
});

test('certificates are read from the files that the profile names', async (t) => {
  const path = pemFolder(t);
  const profile = {
    ...lab,
    signal: 'coaps://192.0.2.1',
    ca: join(path, 'ca.pem'),
    certificate: join(path, 'cert.pem'),
    key: join(path, 'key.pem'),
  };
  assert.deepEqual((await (await scene([profile], { profile: 'lab' })).place())?.credentials, {
    certificate: { ca: 'ca', cert: 'cert', key: 'key' },
  });
});

const keyed: ServerProfile = { name: 'lab', signal: 'coaps://192.0.2.1', pskIdentity: 'me', production: false };

/** The places of a user whose system keeps a pre-shared key, and what is used of it. */
async function keyScene(): Promise<
  Awaited<ReturnType<typeof scene>> & { credentials: () => Promise<ClientCredentials>; key: () => Promise<string> }
> {
  const all = await scene([keyed], { profile: 'lab' });
  const credentials = async (): Promise<ClientCredentials> => {
    const used = (await all.place())?.credentials;
    assert.ok(used);
    return used;
  };
  return {
    ...all,
    credentials,
    key: async () => {
      const used = await credentials();
      return 'psk' in used ? Buffer.from(used.psk.key).toString() : '';
    },
  };
}

test('a pre-shared key is asked for once and kept by the system', async () => {
  const { key, secrets, place } = await keyScene();
  editor.typed = [undefined, 'secret'];
  await assert.rejects(place(), failing('editor/no-key'));
  assert.deepEqual([await key(), await key()], ['secret', 'secret']);
  assert.deepEqual([[...secrets.kept], editor.inputs], [[['dots.psk/lab/me', 'secret']], 2]);
});

test('another key is used at once, and takes the place of the kept one only when a session was established with it', async () => {
  const { key, secrets, credentials, keys } = await keyScene();
  editor.typed = ['secret', '0x616263'];
  await key();
  assert.equal(await keys.enterAnother(keyed), true);
  assert.deepEqual([await key(), secrets.kept.get('dots.psk/lab/me')], ['abc', 'secret']);
  await keys.proved('lab', { psk: { identity: 'me', key: Buffer.from('secret') } });
  assert.equal(
    secrets.kept.get('dots.psk/lab/me'),
    'secret',
    'a session with the old key proves nothing of the new one',
  );
  await keys.proved('lab', await credentials());
  assert.deepEqual([await key(), secrets.kept.get('dots.psk/lab/me')], ['abc', '0x616263']);
});

test('a key that a server refuses gives way to the kept one, which no refusal removes', async () => {
  const { key, secrets, place, places, keys } = await keyScene();
  editor.typed = ['secret', 'mistyped', ''];
  await key();
  await keys.enterAnother(keyed);
  assert.equal(await key(), 'mistyped');
  for (const expected of ['secret', 'secret']) {
    const used = await place();
    assert.ok(used);
    places.keyRefused(used);
    assert.deepEqual([await key(), secrets.kept.get('dots.psk/lab/me')], [expected, 'secret']);
  }
  assert.equal(await keys.enterAnother(keyed), false);
  assert.equal(await key(), 'secret');
});

test('the pick offers the mock first, marks the active profile, names production, and ends with the profiles file', () => {
  const labels = (state: ProfilesInfo['state'], active: string): string[] =>
    profileItems(
      {
        file: '/p.json',
        state,
        profiles: state === 'read' ? [lab, { ...lab, name: 'up', production: true, pskIdentity: 'me' }] : [],
      },
      active,
    ).map(({ label, description }) => `${label}: ${description ?? ''}`);
  assert.deepEqual(labels('read', 'lab'), [
    '$(broadcast) mock: the embedded orchestrator, on this machine only',
    '$(check) lab: ',
    '$(server) up: production, pre-shared key of me',
    '$(edit) Open the profiles file: /p.json',
  ]);
  assert.deepEqual(labels('absent', 'mock'), [
    '$(check) mock: the embedded orchestrator, on this machine only',
    '$(add) Create a profiles file: /p.json',
  ]);
  assert.match(
    labels('faulty', 'lab').join(),
    /\$\(check\) lab: not in the profiles file,\$\(error\) The profiles file has errors/,
  );
});

test('where there is no profiles file, one is made of a template without findings, for the user alone', async (t) => {
  const file = join(pemFolder(t), 'config', 'dots.profiles.json');
  let state: ProfilesInfo['state'] = 'absent';
  const host = new ProfileHost(
    { profiles: () => Promise.resolve({ file, state, profiles: [] }) } as never,
    memory(),
    log,
  );
  await host.openFile();
  assert.equal(statSync(file).mode & 0o777, 0o600);
  state = 'read';
  await host.openFile();
  assert.deepEqual(editor.errors, []);
  const service = createLanguageService();
  assert.deepEqual(service.validate(service.parse(template, 'dots.profiles.json')).findings, []);
});
