import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { connectDtls } from '#dots/transport/dtls/client';
import { listenDtls } from '#dots/transport/dtls/server';
import { call, parties, psk, reasonOf, shows, startEcho, type Parties } from '../../../support/protocol/dtlsScene';
import { connectWhenUp, opensslServer, opensslShows, startProgram } from '../../../support/protocol/dtlsTools';
import { Relay } from '../../../support/protocol/relay';
import { eventually, freePort, udpSocket } from '../../../support/protocol/scene';
import { FakeClock } from '../../../support/protocol/fakeClock';
import type { Identity } from '../../../support/protocol/testPki';

/** Certificates of either role that must not be accepted, and the check that each of them fails. */
function flawed({ pki }: Parties, purpose: 'server' | 'client'): [reason: string, shown: Identity][] {
  const names = ['localhost', '127.0.0.1'];
  const leaf = pki.issue({ purpose, names });
  const chain = pki.issue({ purpose: 'ca' });
  return [
    ['expired', pki.issue({ purpose, names, from: -10, to: -5 })],
    ['not-yet-valid', pki.issue({ purpose, names, from: 5 })],
    ['not-a-ca', pki.issue({ purpose, names, by: leaf })],
    ['purpose', pki.issue({ purpose, names, extendedKeyUsage: purpose === 'server' ? 'clientAuth' : 'serverAuth' })],
    ['expired', pki.issue({ purpose, names, by: chain, from: -10, to: -5 })],
    ['expired', pki.issue({ purpose, names, by: pki.issue({ purpose: 'ca', from: -10, to: -5 }) })],
  ];
}

async function shownByOpenssl(t: TestContext, { pki, client }: Parties, server: Identity): Promise<string> {
  const { port } = await opensslServer(t, ['-dtls1_2', ...opensslShows(server, pki)]);
  return reasonOf(connectWhenUp(t, port, { credentials: shows(pki, client), serverName: 'localhost' }));
}

test('a client refuses a server, and says which check failed', async (t) => {
  const [all, other] = [await parties(t), await parties(t)];
  if (all === undefined || other === undefined) return;
  const { pki, client } = all;
  const attempt = async (server: Identity, serverName = 'localhost', crls: string[] = []): Promise<string> => {
    const { port } = await startEcho(t, shows(pki, server));
    return reasonOf(call(t, port, shows(pki, client, crls), { serverName }));
  };
  // Our own server does not show a certificate that is not meant for it, so another one has to; a key usage without
  // signatures is a matter of unproved.test.ts.
  for (const [reason, server] of flawed(all, 'server'))
    assert.equal(await (reason === 'purpose' ? shownByOpenssl(t, all, server) : attempt(server)), reason);
  assert.equal(await attempt(other.server), 'unknown-ca');
  assert.equal(await attempt(all.server, 'other.example'), 'wrong-name');
  assert.equal(await attempt(all.server, '127.0.0.2'), 'wrong-name');
  assert.equal(await attempt(pki.issue({ commonName: 'localhost' })), 'wrong-name');
  assert.equal(await attempt(all.server, 'localhost', [pki.revocations([all.server])]), 'revoked');
  assert.equal(
    await attempt(pki.issue({ names: ['localhost'] }), 'localhost', [pki.revocations([], -1)]),
    'bad-certificate',
  );
});

test('a server refuses a client, says which check failed, and the client hears that it was refused', async (t) => {
  const [all, other] = [await parties(t), await parties(t)];
  if (all === undefined || other === undefined) return;
  const { pki } = all;
  const intermediate = pki.issue({ purpose: 'ca' });
  const server = await startEcho(
    t,
    shows(pki, all.server, [pki.revocations([all.client]), pki.revocations([], 30, -1, intermediate)]),
  );
  const cases: [string, Identity][] = [
    ...flawed(all, 'client'),
    ['unknown-ca', other.client],
    ['revoked', all.client],
    ['purpose', pki.issue({ purpose: 'client', keyUsage: 'keyAgreement' })],
  ];
  for (const [reason, client] of cases) {
    server.refused.length = 0;
    assert.equal(await reasonOf(call(t, server.port, shows(pki, client))), 'client-certificate-refused', reason);
    assert.deepEqual(
      server.refused.map(({ code }) => code),
      [`transport/${reason}`],
    );
  }
  assert.equal(server.channels.length, 0);
  await call(t, server.port, shows(pki, pki.issue({ purpose: 'client', by: intermediate })));
});

test('a server whose revocation list is out of date takes no client of that CA, and says why', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server, [all.pki.revocations([], -1)]));
  assert.equal(await reasonOf(call(t, server.port, shows(all.pki, all.client))), 'client-certificate-refused');
  assert.deepEqual(
    server.refused.map(({ code }) => code),
    ['transport/bad-certificate'],
  );
  assert.match(server.refused[0]!.message, /certificate revocation list is out of date/);
  assert.equal(server.channels.length, 0);
});

test('a wrong key and a silent peer are reported with what to do next', async (t) => {
  if ((await parties(t)) === undefined) return;
  const keys = await startEcho(t, { psk: () => psk.key });
  await assert.rejects(call(t, keys.port, { psk: { ...psk, key: Buffer.from('another secret') } }), {
    code: 'transport/psk-mismatch',
    hint: /^Configure the same key for the identity at both ends\./,
  });
  assert.match(keys.refused[0]?.hint ?? '', /^Configure the same identity and key at both ends\.$/);
  const silent = await udpSocket(t);
  const clock = new FakeClock();
  const attempt = assert.rejects(call(t, silent.address().port, { psk }, { clock, deadlineMs: 100 }), {
    code: 'transport/no-answer',
    hint: /Check the address, that the server is running, and that no firewall blocks it/,
  });
  await once(silent, 'message');
  await clock.advance(100);
  await attempt;
  // One that hears a wrong key and says nothing, as many do.
  const relay = await Relay.start(t, keys.port);
  relay.fate = (bytes, way) => (way === 'toClient' && bytes[0] === 21 ? [] : [{ bytes, afterMs: 0 }]);
  const wrong = { psk: { ...psk, key: Buffer.from('another secret') } };
  const silence = assert.rejects(call(t, relay.port, wrong, { clock, deadlineMs: 1000 }), {
    code: 'transport/psk-silence',
    hint: /do not answer if the pre-shared key is wrong: check the identity and the key/,
  });
  await eventually(() => keys.refused.length === 2);
  await clock.advance(1000);
  await silence;
});

test('only an alert about protected data, after this end has sent some, says that the keys differ; forged or not, no other does', async (t) => {
  if ((await parties(t)) === undefined) return;
  const keys = await startEcho(t, { psk: () => psk.key });
  const alert = (description: number): Buffer =>
    Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, description]);
  const [helloVerify, changeCipher] = [3, 20];
  /**
   * What a client makes of an alert in the place of all that the server says, from the start or once the client has
   * used its key.
   */
  const outcome = async (description: number, late: boolean): Promise<string> => {
    const relay = await Relay.start(t, keys.port);
    let isTime = !late;
    relay.fate = (bytes, way) => {
      if (way === 'toServer') isTime ||= records(bytes).some((type) => type === changeCipher);
      const replaced = way === 'toClient' && isTime && bytes[13] !== helloVerify;
      return [{ bytes: replaced ? alert(description) : bytes, afterMs: 0 }];
    };
    return reasonOf(call(t, relay.port, { psk }, { deadlineMs: 2000 }));
  };
  for (const description of [20, 51]) {
    assert.equal(await outcome(description, true), 'psk-mismatch');
    assert.equal(await outcome(description, false), 'psk-refused');
  }
  for (const late of [true, false]) assert.equal(await outcome(115, late), 'psk-refused');
  assert.equal(await outcome(40, true), 'psk-refused');
  assert.equal(await outcome(40, false), 'no-common-cipher');
});

/** The types of the records in a datagram. */
function records(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 13 <= bytes.length; at += 13 + bytes.readUInt16BE(at + 11)) types.push(bytes[at] ?? 0);
  return types;
}

test('names that a server may be called by: SRV-ID, wildcard, IPv6 address', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { pki, client } = all;
  const { port } = await startEcho(
    t,
    shows(
      pki,
      pki.issue({ names: ['SRV:_dots-signal.example.net', 'SRV:_other.example.org', '*.example.com', '2001:db8::1'] }),
    ),
  );
  for (const serverName of ['example.net', 'EXAMPLE.net.', 'a.example.com', '2001:db8:0::1'])
    await call(t, port, shows(pki, client), { serverName });
  for (const serverName of [
    'example.org',
    'a.example.net',
    'example.com',
    'a.b.example.com',
    '2001:db8::2',
    'localhost',
  ]) {
    assert.equal(await reasonOf(call(t, port, shows(pki, client), { serverName })), 'wrong-name', serverName);
  }
});

test('a wrong key, an unknown identity, and credentials of the other kind', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const keys = await startEcho(t, { psk: (identity) => (identity === psk.identity ? psk.key : undefined) });
  const certificates = await startEcho(t, shows(all.pki, all.server));
  const seen = (server: typeof keys): string[] => server.refused.splice(0).map(({ code }) => code);
  assert.equal(
    await reasonOf(call(t, keys.port, { psk: { ...psk, key: Buffer.from('another secret') } })),
    'psk-mismatch',
  );
  assert.deepEqual(seen(keys), ['transport/wrong-psk']);
  assert.equal(await reasonOf(call(t, keys.port, { psk: { ...psk, identity: 'nobody' } })), 'psk-refused');
  assert.deepEqual(seen(keys), ['transport/wrong-psk']);
  assert.equal(await reasonOf(call(t, keys.port, shows(all.pki, all.client))), 'no-common-cipher');
  assert.deepEqual(seen(keys), ['transport/no-common-cipher']);
  assert.equal(await reasonOf(call(t, certificates.port, { psk })), 'no-common-cipher');
});

test('a peer that is not there, is silent, or speaks something else', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  assert.equal(await reasonOf(call(t, await freePort(), { psk })), 'refused');
  for (const [reason, answer] of [
    ['no-answer', undefined],
    ['no-tls', Buffer.from('what?')],
  ] as const) {
    const socket = await udpSocket(t);
    let heard = 0;
    socket.on('message', (_bytes, { port, address }) => {
      heard += 1;
      if (answer !== undefined) socket.send(answer, port, address);
    });
    const clock = new FakeClock();
    const attempt = reasonOf(call(t, socket.address().port, { psk }, { clock }));
    await eventually(() => heard === 1);
    for (let second = 1; second <= 9; second++) await clock.advance(1000);
    // After 1, 3 and 7 seconds: RFC 6347 section 4.2.4.1.
    await eventually(() => heard === 4);
    await clock.advance(1000);
    assert.equal(await attempt, reason);
    assert.equal(clock.pending, 0);
  }
});

test('an attempt can be given up, before it begins and while it waits', async (t) => {
  if ((await parties(t)) === undefined) return;
  const socket = await udpSocket(t);
  const { port } = socket.address();
  assert.equal(await reasonOf(call(t, port, { psk }, { signal: AbortSignal.abort() })), 'cancelled');
  const controller = new AbortController();
  socket.once('message', () => controller.abort());
  assert.equal(await reasonOf(call(t, port, { psk }, { signal: controller.signal })), 'cancelled');
});

test('credentials that cannot be used are reported before anything is sent', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { certificate } = shows(all.pki, all.client);
  const bad = [
    { certificate: { ...certificate, ca: 'no PEM' } },
    { certificate: { ...certificate, cert: '' } },
    { certificate: { ...certificate, key: 'no key' } },
    { certificate: { ...certificate, key: all.server.key } },
    { certificate: { ...certificate, crls: ['no list'] } },
    { psk: { identity: '', key: psk.key } },
    { psk: { identity: 'dots', key: Buffer.alloc(65) } },
  ];
  for (const credentials of bad)
    assert.equal(
      await reasonOf(connectDtls({ host: '127.0.0.1', port: 9 }, { credentials, serverName: 'localhost' })),
      'credentials',
    );
  const listen = (host: string, credentials: object): Promise<unknown> =>
    listenDtls({ host, port: 0 }, { credentials }, () => undefined);
  assert.equal(await reasonOf(listen('127.0.0.1', {})), 'credentials');
  assert.equal(await reasonOf(listen('192.0.2.1', { psk: () => undefined })), 'not-loopback');
});

/** `openssl s_client` towards a server, until it has nothing more to say. */
async function openssl(t: TestContext, port: number, ...args: string[]): Promise<void> {
  const { child } = startProgram(t, 'openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args]);
  child.stdin?.end();
  await once(child, 'close');
}

test('openssl s_client without a certificate, and with DTLS 1.0, is refused', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server));
  await openssl(t, server.port, '-dtls1_2', '-CAfile', all.pki.ca.certFile);
  await openssl(
    t,
    server.port,
    '-dtls1',
    '-cipher',
    'ALL:@SECLEVEL=0',
    '-cert',
    all.client.certFile,
    '-key',
    all.client.keyFile,
  );
  await eventually(() => server.refused.length > 1);
  assert.deepEqual(
    server.refused.map(({ code }) => code),
    ['transport/no-certificate', 'transport/no-common-cipher'],
  );
  assert.equal(server.channels.length, 0);
});

test('openssl s_server with DTLS 1.0 is refused', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const shown = opensslShows(all.server, all.pki);
  const { port } = await opensslServer(t, ['-dtls1', '-cipher', 'ALL:@SECLEVEL=0', ...shown]);
  assert.equal(
    await reasonOf(connectWhenUp(t, port, { credentials: shows(all.pki, all.client), serverName: 'localhost' })),
    'no-common-cipher',
  );
});
