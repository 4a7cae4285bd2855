import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { ProfilesInfo, ServerProfile } from '#contract';
import { certify, newKey } from '#dots/transport/certificates/certificates';
import type { ClientLedger } from '#dots/signal/ledger';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import type { JsonObject } from '#dots/model/json';
import { destinationOf, type Channel, type DestinationQuery } from '#dots/workspace/destination';
import { profilesOf, type FileContext } from '#dots/workspace/workspaceFile';
import { createLanguageService } from '#service/service';
import { profileItems, template } from '../../../../client/src/ui/profilePick';
import type { SettledTarget } from '../../../../client/src/sessions/serverTargets';
import { loadFeatures, log, memory } from '../../../support/loadFeatures';
import { removeFolder } from '../../../support/removeFolder';

const { ActiveProfile, Credentials, DotsError, ProfileHost, ServerTargets, vscode } = loadFeatures();
const { editor } = vscode;

const request = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};

beforeEach(() => {
  Object.assign(editor, {
    errors: [],
    warnings: [],
    trusted: true,
    confirmed: [],
    agrees: true,
    typed: [],
    inputs: 0,
    picks: '',
  });
});

/** The files of the lab of the mock. */
const mockFolder = pemFolder({ after });
const mockFiles = {
  ca: join(mockFolder, 'ca.pem'),
  cert: join(mockFolder, 'cert.pem'),
  key: join(mockFolder, 'key.pem'),
};

/** How the editor settles the targets of a user with these profiles, and what it keeps for that. */
function scene(
  profiles: Record<string, JsonObject>,
  context: FileContext = {},
  more: Partial<DestinationQuery> = {},
): {
  settle: (channel?: Channel) => Promise<SettledTarget | undefined>;
  secrets: ReturnType<typeof memory>;
  started: () => boolean;
  targets: InstanceType<typeof ServerTargets>;
  keys: InstanceType<typeof Credentials>;
} {
  let started = false;
  const mock = { coapsTcp: 'coaps+tcp://127.0.0.1:1', data: 'https://127.0.0.1:2', ...mockFiles };
  const orchestrator = { start: () => ((started = true), Promise.resolve(mock)) };
  const secrets = memory();
  const keys = new Credentials({ ...secrets, get: (key: string) => Promise.resolve(secrets.kept.get(key)) } as never);
  const targets = new ServerTargets(orchestrator as never, { cuid: () => Promise.resolve('own') } as never, keys);
  const settle = (channel: Channel = 'signal'): Promise<SettledTarget | undefined> => {
    const destination = destinationOf({
      document: 'request.dots.json',
      channel,
      workspace: { file: '/w.json', faulty: false, context },
      profiles: { file: '/p.json', state: 'read', profiles: profilesOf({ profiles }) },
      activeProfile: 'mock',
      ...more,
    });
    return targets.settle(destination, request, channel);
  };
  return { settle, secrets, started: () => started, targets, keys };
}

const lab = {
  signal: 'coap://127.0.0.1:4646',
  data: 'https://127.0.0.1:4443',
  ca: '/ca.pem',
  cuid: 'of-profile',
};
const failing =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof DotsError && error.code === code;

function pemFolder(t: { after: (end: () => void) => void }): string {
  const path = mkdtempSync(join(tmpdir(), 'dots-targets-'));
  t.after(() => removeFolder(path));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(path, `${name}.pem`), name);
  return path;
}

const known = ({ server, cuid, mid, profile }: SettledTarget): object => ({ profile, server, cuid, mid });

test('the mock is started where the document goes there', async () => {
  const { settle, started } = scene({ lab });
  const target = (await settle()) ?? assert.fail();
  assert.deepEqual(known(target), { profile: 'mock', server: 'coaps+tcp://127.0.0.1:1', cuid: 'own', mid: undefined });
  assert.deepEqual(target.clientCredentials, { certificate: { ca: 'ca', cert: 'cert', key: 'key' } });
  assert.deepEqual((await settle('data'))?.files, mockFiles);
  assert.equal(started(), true);
});

test('a server of a profile is settled without the mock', async () => {
  const { settle, started } = scene({ lab }, { profile: 'lab', cuid: 'of-file', mid: 12 });
  const target = (await settle()) ?? assert.fail();
  assert.deepEqual(known(target), { profile: 'lab', server: lab.signal, cuid: 'of-file', mid: 12 });
  const { ca, cert, key } = (await settle('data'))?.files ?? assert.fail();
  assert.deepEqual({ ca, cert, key }, { ca: '/ca.pem', cert: undefined, key: undefined });
  assert.equal(started(), false);
});

test('a destination that is none, and a profile that is incomplete, are reported', async () => {
  const coaps = { ...lab, signal: 'coaps://192.0.2.1' };
  const cases: [Record<string, JsonObject>, Channel, string][] = [
    [{}, 'signal', 'destination/no-profile'],
    [{ lab: {} }, 'data', 'destination/no-address'],
    [{ lab: { data: lab.data } }, 'data', 'editor/incomplete-profile'],
    [{ lab: coaps }, 'signal', 'editor/incomplete-profile'],
    [{ lab: { ...coaps, certificate: '/nowhere', key: '/nowhere' } }, 'signal', 'editor/unreadable-file'],
  ];
  for (const [profiles, channel, code] of cases)
    await assert.rejects(scene(profiles, { profile: 'lab' }).settle(channel), failing(code));
});

test('production is asked for, with server, resource and scope; without a yes nothing is sent', async () => {
  const { settle } = scene({ lab: { ...lab, production: true } }, { profile: 'lab', mid: 7 });
  assert.equal((await settle())?.server, lab.signal);
  assert.deepEqual(editor.confirmed, [
    'Send this mitigation request to "lab"? "lab" is a production server.\nServer: coap://127.0.0.1:4646\nClient: of-profile, mid 7\nThe profile "lab" is marked as production.\nTargets: 192.0.2.0/24\nLifetime: 3600 s (1 h)',
  ]);
  editor.agrees = false;
  assert.equal(await settle(), undefined);
});

test('an address of production is one under every profile, however it is spelt', async () => {
  const { settle } = scene({ lab, up: { signal: 'coap://localhost', production: true } }, { profile: 'lab' });
  assert.ok(await settle());
  assert.match(
    editor.confirmed.join(),
    /"lab" leads to coap:\/\/127\.0\.0\.1:4646, which the profile "up" marks as production\./,
  );
});

test('a name that turns out to lead to production is asked for before anything is sent, and each time', async () => {
  const up = { signal: 'coaps://203.0.113.5', production: true };
  const { settle, targets } = scene({ lab, up }, { profile: 'lab' });
  const found = (await settle()) ?? assert.fail();
  assert.ok(found.permit);
  assert.equal(found.production, undefined);
  assert.deepEqual(editor.confirmed, []);
  await found.permit([{ host: '203.0.113.6', port: 4646 }]);
  const sent: SettledTarget[] = [];
  const send = async (target: SettledTarget): Promise<string> => {
    await target.permit?.([{ host: '::ffff:203.0.113.5', port: 4646 }]);
    sent.push(target);
    return 'answer';
  };
  for (const agrees of [true, false]) {
    Object.assign(editor, { agrees, confirmed: [] });
    assert.equal(await targets.at(found, request, send), agrees ? 'answer' : undefined);
    assert.match(
      editor.confirmed.join(),
      /^Send this mitigation request to "lab"\?[^]*\n"lab" leads to coap:\/\/127\.0\.0\.1:4646, which the profile "up" marks as production\.\n/,
    );
  }
  assert.deepEqual(
    sent.map(({ production, permit }) => [production !== undefined, permit]),
    [[true, undefined]],
  );
  await assert.rejects(
    targets.at(found, request, () => Promise.reject(new Error('silence'))),
    /silence/,
  );
});

test('a profile called mock is never looked up', async () => {
  const { settle, started } = scene({ mock: lab }, { profile: 'mock' });
  const target = (await settle()) ?? assert.fail();
  assert.deepEqual([target.server, target.cuid], ['coaps+tcp://127.0.0.1:1', 'own']);
  assert.equal(started(), true);
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
  assert.deepEqual((await scene({ lab: profile }, { profile: 'lab' }).settle())?.clientCredentials, {
    certificate: { ca: 'ca', cert: 'cert', key: 'key' },
  });
});

test('the password of an encrypted private key is asked for once, and kept once it is right', async (t) => {
  const path = pemFolder(t);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' } as const;
  const key = join(path, 'key.pem');
  writeFileSync(key, privateKey.export(cipher));
  const files = { ca: join(path, 'ca.pem'), certificate: join(path, 'cert.pem'), key };
  const { settle, secrets } = scene({ lab: { ...lab, ...files, signal: 'coaps://192.0.2.1' } }, { profile: 'lab' });
  editor.typed = [undefined, 'wrong', 'right'];
  await assert.rejects(settle(), failing('editor/no-password'));
  await assert.rejects(settle(), failing('transport/key-password'));
  assert.equal(secrets.kept.size, 0, 'a wrong password is not kept');
  const plain = privateKey.export({ type: 'pkcs8', format: 'pem' });
  for (const clientCredentials of [(await settle())?.clientCredentials, (await settle())?.clientCredentials]) {
    assert.ok(clientCredentials !== undefined && 'certificate' in clientCredentials);
    assert.equal(clientCredentials.certificate.key, plain);
  }
  const data = (await settle('data'))?.files ?? assert.fail();
  assert.equal(await data.askKeyPassword?.(key), 'right');
  assert.deepEqual([[...secrets.kept], editor.inputs], [[[`dots.key-password/lab/${key}`, 'right']], 3]);
  await secrets.store(`dots.key-password/lab/${key}`, 'of an earlier key');
  editor.typed = ['right'];
  await settle();
  assert.equal(secrets.kept.get(`dots.key-password/lab/${key}`), 'right', 'one that is not right any more is replaced');
});

test('a certificate that expires soon is a warning, once, and with the session', async (t) => {
  const path = pemFolder(t);
  const now = Date.now();
  const validity = { notBefore: new Date(now - 1e6), notAfter: new Date(now + 5.5 * 86_400_000) };
  const { cert } = certify({ purpose: 'client', commonName: 'c', ...validity }, await newKey());
  writeFileSync(join(path, 'cert.pem'), cert);
  const files = { ca: join(path, 'ca.pem'), certificate: join(path, 'cert.pem'), key: join(path, 'key.pem') };
  chmodSync(files.key, 0o600);
  const { settle } = scene({ lab: { ...lab, ...files, signal: 'coaps://192.0.2.1' } }, { profile: 'lab' });
  await settle();
  const { warnings = [] } = (await settle('data')) ?? assert.fail();
  assert.match(warnings.join(), /^The client certificate .*cert\.pem expires in 5 days, on /);
  assert.deepEqual(editor.warnings, [`DOTS, profile "lab": ${warnings.join()}`]);
});

test('files of a profile have the password and the pre-shared key, and nothing is asked', async (t) => {
  const path = pemFolder(t);
  writeFileSync(join(path, 'psk'), '0x616263\n');
  const { settle } = scene({ lab: { ...keyed, 'psk-key-file': join(path, 'psk') } }, { profile: 'lab' });
  const { clientCredentials } = (await settle()) ?? assert.fail();
  assert.ok(clientCredentials !== undefined && 'psk' in clientCredentials);
  assert.equal(Buffer.from(clientCredentials.psk.key).toString(), 'abc');
  assert.equal(editor.inputs, 0);
});

const keyed = { signal: 'coaps://192.0.2.1', 'psk-identity': 'me' };

/** The targets of a user whose system keeps a pre-shared key, and what is used of it. */
function keyScene(): ReturnType<typeof scene> & {
  credentials: () => Promise<ClientCredentials>;
  key: () => Promise<string>;
} {
  const all = scene({ lab: keyed }, { profile: 'lab' });
  const credentials = async (): Promise<ClientCredentials> => {
    const used = (await all.settle())?.clientCredentials;
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
  const { key, secrets, settle } = keyScene();
  editor.typed = [undefined, 'secret'];
  await assert.rejects(settle(), failing('editor/no-key'));
  assert.deepEqual([await key(), await key()], ['secret', 'secret']);
  assert.deepEqual([[...secrets.kept], editor.inputs], [[['dots.psk/lab/me', 'secret']], 2]);
});

test('another key is used at once, and takes the place of the kept one only when a session was established with it', async () => {
  const { key, secrets, credentials, keys } = keyScene();
  editor.typed = ['secret', '0x616263'];
  await key();
  assert.equal(await keys.enterAnother('lab', 'me'), true);
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

test('a key that a server refuses is replaced by the kept one, which no refusal removes', async () => {
  const { key, secrets, settle, targets, keys } = keyScene();
  editor.typed = ['secret', 'mistyped', ''];
  await key();
  await keys.enterAnother('lab', 'me');
  assert.equal(await key(), 'mistyped');
  for (const expected of ['secret', 'secret']) {
    const used = await settle();
    assert.ok(used);
    targets.keyRefused(used);
    assert.deepEqual([await key(), secrets.kept.get('dots.psk/lab/me')], [expected, 'secret']);
  }
  assert.equal(await keys.enterAnother('lab', 'me'), false);
  assert.equal(await key(), 'secret');
});

const profile = (name: string): ServerProfile => ({ name, ...lab, ownPrefixes: [], quirks: [], production: false });

test('the active profile is selected once and kept', async () => {
  const info: ProfilesInfo = { file: '/p.json', state: 'read', profiles: [profile('lab')] };
  const active = new ActiveProfile(memory());
  const host = new ProfileHost({ profiles: () => Promise.resolve(info) } as never, active as never, log);
  assert.equal(active.name, 'mock');
  for (const [picks, name] of [
    ['$(server) lab', 'lab'],
    ['$(broadcast) mock', 'mock'],
  ] as const) {
    editor.picks = picks;
    await host.select();
    assert.equal(active.name, name);
  }
});

test('the pick offers the mock first, marks the active profile, names production, and ends with the profiles file', () => {
  const labels = (state: ProfilesInfo['state'], active: string): string[] =>
    profileItems(
      {
        file: '/p.json',
        state,
        profiles: state === 'read' ? [profile('lab'), { ...profile('up'), production: true, pskIdentity: 'me' }] : [],
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
    new ActiveProfile(memory()) as never,
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

test('a server of the ledger is asked without a question: not for a secret, and not where production is only read', async () => {
  const profiles = { lab: { ...keyed, production: true } };
  const { targets, secrets } = scene(profiles);
  const read = { file: '/p.json', state: 'read' as const };
  const info = { ...read, profiles: [...profilesOf({ profiles })].map(([name, each]) => ({ ...each, name })) };
  const ledger = { server: '192.0.2.1:4646', cuid: 'of-ledger' } as ClientLedger;
  await assert.rejects(targets.toAsk('lab', ledger, info), failing('editor/no-key'));
  secrets.kept.set('dots.psk/lab/me', 'secret');
  const target = await targets.toAsk('lab', ledger, info);
  assert.deepEqual([target?.cuid, target?.production !== undefined], ['of-ledger', true]);
  assert.deepEqual([editor.inputs, editor.confirmed], [0, []]);
});

test('a server of the ledger is not asked where its profile leads elsewhere or is gone', async () => {
  const { targets } = scene({});
  const info = { file: '/p.json', state: 'read' as const, profiles: [{ ...lab, name: 'lab' }] as ServerProfile[] };
  const ledger = { server: '192.0.2.1:4646', cuid: 'c' } as ClientLedger;
  assert.equal(await targets.toAsk('lab', ledger, info), undefined);
  assert.equal(await targets.toAsk('gone', ledger, info), undefined);
});
