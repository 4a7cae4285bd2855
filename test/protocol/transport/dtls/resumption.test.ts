import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '#dots/runtime/clock';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { sessionMemory, type SavedSession, type SessionMemory } from '#dots/transport/dtls/sessions';
import { keyIdentity } from '#dots/transport/certificates/certificateNames';
import { Random } from '../../../support/random';
import { root } from '../../../support/shared';
import { call, parties, psk, reasonOf, shows, startEcho, type Caller } from '../../../support/protocol/dtlsScene';
import { connectWhenUp, opensslServer, opensslShows } from '../../../support/protocol/dtlsTools';
import { Relay } from '../../../support/protocol/relay';

const hour = 3600 * 1000;

/** A memory that a test may look into, and age. */
class OpenMemory implements SessionMemory {
  saved: SavedSession | undefined;
  get(): SavedSession | undefined {
    return this.saved;
  }
  set(_key: string, session: SavedSession): void {
    this.saved = session;
  }
  delete(): void {
    this.saved = undefined;
  }
}

/** Lets so many milliseconds pass on the date of the machine; timers do not notice. */
function later(t: TestContext, milliseconds: number): void {
  const now = Date.now.bind(Date);
  t.mock.method(Date, 'now', () => now() + milliseconds);
}

async function once(
  t: TestContext,
  port: number,
  credentials: ClientCredentials,
  sessions: SessionMemory,
): Promise<Caller> {
  const caller = await call(t, port, credentials, { sessions });
  assert.equal(await caller.ask('one'), 're:one');
  await caller.channel.close();
  return caller;
}

test('a ticket admits no client whose pre-shared key was withdrawn or changed', async (t) => {
  if ((await parties(t)) === undefined) return;
  let key: Uint8Array | undefined = psk.key;
  const server = await startEcho(t, { psk: (identity) => (identity === psk.identity ? key : undefined) });
  const sessions = sessionMemory();
  for (const other of [undefined, Buffer.from('another secret')]) {
    key = psk.key;
    await once(t, server.port, { psk }, sessions);
    assert.equal((await once(t, server.port, { psk }, sessions)).channel.resumed, true);
    key = other;
    assert.equal(
      await reasonOf(call(t, server.port, { psk }, { sessions })),
      other === undefined ? 'psk-refused' : 'psk-mismatch',
    );
    assert.deepEqual(
      server.refused.splice(0).map(({ code }) => code),
      ['transport/wrong-psk'],
    );
  }
});

test('a ticket admits no client whose certificate, or one that vouches for it, has expired since', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { pki } = all;
  const soon = 1 / 24;
  const clients = [
    pki.issue({ purpose: 'client', to: soon }),
    pki.issue({ purpose: 'client', by: pki.issue({ purpose: 'ca', to: soon }) }),
  ];
  const server = await startEcho(t, shows(pki, all.server));
  const memories = clients.map(() => sessionMemory());
  for (const [index, client] of clients.entries()) {
    await once(t, server.port, shows(pki, client), memories[index]!);
    assert.equal((await once(t, server.port, shows(pki, client), memories[index]!)).channel.resumed, true);
  }
  later(t, 1.1 * hour);
  for (const [index, client] of clients.entries()) {
    assert.equal(
      await reasonOf(call(t, server.port, shows(pki, client), { sessions: memories[index]! })),
      'client-certificate-refused',
    );
    assert.deepEqual(
      server.refused.splice(0).map(({ code }) => code),
      ['transport/expired'],
    );
  }
});

test('a ticket is good for two hours', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server));
  const sessions = new OpenMemory();
  await once(t, server.port, shows(all.pki, all.client), sessions);
  later(t, 2.1 * hour);
  assert.equal((await once(t, server.port, shows(all.pki, all.client), sessions)).channel.resumed, false);
});

test('a name that is too long for a ticket is reported whole, because there is no ticket', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server));
  for (const [length, resumed] of [
    [58, true],
    [59, false],
  ] as const) {
    const name = `${'a'.repeat(length - 8)}.example`;
    const client = shows(all.pki, all.pki.issue({ purpose: 'client', names: [name] }));
    const sessions = sessionMemory();
    for (const expected of [false, resumed]) {
      assert.equal((await once(t, server.port, client, sessions)).channel.resumed, expected, String(length));
      assert.equal(server.channels.at(-1)?.security.peerName, name);
    }
  }
});

test('a server whose certificate has expired since, and one that proved itself a day ago, have to prove themselves again', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server));
  const sessions = new OpenMemory();
  const connect = async (): Promise<boolean> =>
    (await once(t, server.port, shows(all.pki, all.client), sessions)).channel.resumed;
  assert.equal(await connect(), false);
  for (const age of [{ notAfter: Date.now() - 1 }, { provedAt: Date.now() - 24 * hour }]) {
    assert.equal(await connect(), true);
    sessions.saved = { ...sessions.saved!, ...age };
    assert.equal(await connect(), false);
  }
});

test('a resumption proves nothing anew: the time of the proof stays, and the first certificate to expire counts', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const between = all.pki.issue({ purpose: 'ca', to: 3 });
  const server = await startEcho(t, shows(all.pki, all.pki.issue({ names: ['localhost'], by: between })));
  const sessions = new OpenMemory();
  await once(t, server.port, shows(all.pki, all.client), sessions);
  const { provedAt, notAfter } = sessions.saved!;
  assert.equal(notAfter, Date.parse(new X509Certificate(between.cert).validTo));
  later(t, hour);
  assert.equal((await once(t, server.port, shows(all.pki, all.client), sessions)).channel.resumed, true);
  assert.deepEqual([sessions.saved?.provedAt, sessions.saved?.notAfter], [provedAt, notAfter]);
});

test('a ticket that would not fit into one datagram is not kept', async (t) => {
  const all = await parties(t, 'rsa');
  if (all === undefined) return;
  // OpenSSL puts the certificate of the client into its tickets.
  const { port } = await opensslServer(t, ['-dtls1_2', ...opensslShows(all.server, all.pki), '-Verify', '3']);
  const sessions = new OpenMemory();
  await connectWhenUp(t, port, { credentials: shows(all.pki, all.client), serverName: 'localhost', sessions });
  assert.equal(sessions.saved, undefined);
});

test('a server keeps nothing of the sessions that it may resume', () => {
  const config = readFileSync(join(root, 'dots/mbedtls/config.h'), 'utf8');
  assert.match(config, /^#define MBEDTLS_SSL_SESSION_TICKETS$/m);
  assert.doesNotMatch(config, /SSL_CACHE_C/, 'the library has no memory of sessions that it could look into');
});

test('sessions are resumed on a path that loses and repeats datagrams', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server), { clock: systemClock });
  const relay = await Relay.start(t, server.port);
  const sessions = sessionMemory();
  await once(t, relay.port, shows(all.pki, all.client), sessions);
  const random = new Random(17);
  let [lost, repeated] = [0, 0];
  for (let round = 0; round < 4 || lost < 4 || repeated < 4; round++) {
    let left = 2;
    relay.fate = (bytes) => {
      if (left > 0 && random.below(3) === 0) {
        left -= 1;
        lost += 1;
        return [];
      }
      if (random.below(2) === 0) return [{ bytes, afterMs: 0 }];
      repeated += 1;
      return [
        { bytes, afterMs: 0 },
        { bytes, afterMs: 0 },
      ];
    };
    const client = await call(t, relay.port, shows(all.pki, all.client), {
      sessions,
      clock: systemClock,
      deadlineMs: 30_000,
    });
    relay.fate = (bytes) => [{ bytes, afterMs: 0 }];
    assert.equal(client.channel.resumed, true);
    assert.equal(client.channel.security.identity, keyIdentity(new X509Certificate(all.server.cert).raw));
    assert.equal(await client.ask('one'), 're:one');
    await client.channel.close();
  }
});
