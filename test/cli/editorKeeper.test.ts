import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { dots, folder, startMock } from '../support/dots';
import { loadFeatures, log } from '../support/loadFeatures';
import { eventually, protect } from '../support/protocol/scene';
import { hasOpened, startKeeper, type Keeper } from '../support/sessionKeeper';

const { ClientIdentity, SessionHost } = loadFeatures();

interface Scene {
  host: InstanceType<typeof SessionHost>;
  send(prefix: string): Promise<string>;
  startKeeper(...words: string[]): Promise<Keeper>;
  server: string;
}

/** A server with a profile, and the editor. */
async function scene(t: TestContext, name: string): Promise<Scene> {
  const { ready } = await startMock(t);
  const { ca = '', cert = '', key = '', coaps: server = '' } = ready as Record<string, string>;
  const cwd = folder(t);
  const file = join(cwd, 'dots.profiles.json');
  writeFileSync(
    file,
    JSON.stringify({ profiles: { lab: { signal: server, ca, certificate: cert, key, cuid: name } } }),
  );
  const host = new SessionHost(new ClientIdentity(log), log, 'lab', () => Promise.resolve(file));
  t.after(() => host.close());
  const clientCredentials = await readCredentials('', { ca, cert, key });
  const target = { profile: 'lab', server, cuid: name, credentials: {}, clientCredentials };
  return {
    host,
    server,
    send: async (prefix) => (await host.send(target, protect(prefix), new AbortController().signal)).answer.code,
    startKeeper: (...words) => startKeeper(t, cwd, '--profiles', file, ...words),
  };
}

/** The mids that the editor follows, once there are so many. */
async function followed({ host }: Scene, count: number): Promise<number[]> {
  await eventually(() => host.mitigations().length === count);
  return host.mitigations().map(({ mid }) => mid);
}

test('the editor uses the session of a running dots session, and follows its mitigations over it', async (t) => {
  const editor = await scene(t, 'shared');
  const keeper = await editor.startKeeper('--profile', 'lab');
  assert.equal(await editor.send('192.0.2.0/24'), '2.01');
  assert.equal(editor.host.isShared, true);
  assert.match(editor.host.security?.protocol ?? '', /^DTLS/);
  const [mid = 0] = await followed(editor, 1);
  await hasOpened(keeper, 1);
  await eventually(() => editor.host.mitigation(mid)?.status === 'attack-successfully-mitigated');
  const listed = JSON.parse(dots(['ledger', '--format', 'json']).out) as {
    servers: { server: string; requests: { mid: number; state: string; profile: string }[] }[];
  };
  const entries = listed.servers.find(({ server }) => editor.server.endsWith(server))?.requests;
  assert.deepEqual(
    entries?.map((each) => [each.mid, each.state, each.profile]),
    [[mid, 'accepted', 'lab']],
  );
  assert.equal((await editor.host.withdraw(mid)).code, '2.02');
  await hasOpened(keeper, 1);
});

test('the session of dots session goes on when the editor closes its own view of it', async (t) => {
  const editor = await scene(t, 'left');
  const keeper = await editor.startKeeper('--profile', 'lab');
  await editor.send('192.0.2.0/24');
  await editor.host.close();
  assert.match(dots(['session', 'status'], '', undefined, runtime()).out, /connected/);
  await hasOpened(keeper, 1);
});

const runtime = (): Record<string, string> => ({ XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '' });

for (const [how, signal] of [
  ['ends', 'SIGTERM'],
  ['hangs', 'SIGSTOP'],
] as const)
  test(`where dots session ${how}, the editor continues over a session of its own`, async (t) => {
    const editor = await scene(t, how);
    const keeper = await editor.startKeeper('--profile', 'lab');
    await editor.send('192.0.2.0/24');
    const [first] = await followed(editor, 1);
    keeper.child.kill(signal);
    if (signal === 'SIGTERM') await once(keeper.child, 'close');
    assert.equal(await editor.send('198.51.100.0/24'), '2.01');
    assert.equal(editor.host.isShared, false);
    assert.equal(editor.host.state, 'open');
    assert.equal((await followed(editor, 2))[1], first);
  });

test('a dots session that is started later has the next request of the editor', async (t) => {
  const editor = await scene(t, 'later');
  await editor.send('192.0.2.0/24');
  assert.equal(editor.host.isShared, false);
  await followed(editor, 1);
  const keeper = await editor.startKeeper();
  assert.equal(await editor.send('198.51.100.0/24'), '2.01');
  assert.equal(editor.host.isShared, true);
  await followed(editor, 2);
  await hasOpened(keeper, 1);
});

test('a session with credentials that dots session cannot read is one of the editor', async (t) => {
  const editor = await scene(t, 'secret');
  const cwd = folder(t);
  const file = join(cwd, 'dots.profiles.json');
  writeFileSync(file, JSON.stringify({ profiles: { lab: { signal: editor.server, 'psk-identity': 'client' } } }));
  await editor.startKeeper();
  const host = new SessionHost(new ClientIdentity(log), log, 'lab', () => Promise.resolve(file));
  t.after(() => host.close());
  const psk = { identity: 'client', key: Buffer.from('wrong') };
  const target = { profile: 'lab', server: editor.server, cuid: 'c', credentials: {}, clientCredentials: { psk } };
  await assert.rejects(host.send(target, protect('192.0.2.0/24'), AbortSignal.timeout(5_000)));
  assert.equal(host.isShared, false);
});
