import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sessionMemory } from '#dots/transport/dtls/sessions';
import { wholeParts } from '../../../support/protocol/certificateMessage';
import { call, parties, psk, reasonOf, shows, startEcho, type Parties } from '../../../support/protocol/dtlsScene';
import { connectWhenUp, opensslShows, startProgram } from '../../../support/protocol/dtlsTools';
import { Relay } from '../../../support/protocol/relay';
import { eventually, freePort, temporaryFolder } from '../../../support/protocol/scene';

/** The environment of an openssl that does not know the extended master secret. */
async function withoutExtendedSecret(t: TestContext): Promise<Record<string, string>> {
  const file = join(await temporaryFolder(t), 'openssl.cnf');
  writeFileSync(
    file,
    'openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\nOptions = -ExtendedMasterSecret\n',
  );
  return { OPENSSL_CONF: file };
}

const kinds = ['certificate', 'psk'] as const;
const keyArguments = ['-psk_identity', psk.identity, '-psk', psk.key.toString('hex')];
const shown = (kind: (typeof kinds)[number], { pki, server }: Parties): string[] =>
  kind === 'psk' ? ['-nocert', ...keyArguments] : opensslShows(server, pki);

test('a server without the extended master secret (RFC 7627) is refused in words, with a certificate and with a pre-shared key', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const environment = await withoutExtendedSecret(t);
  for (const kind of kinds) {
    const port = await freePort();
    startProgram(
      t,
      'openssl',
      ['s_server', '-dtls1_2', '-quiet', '-accept', `127.0.0.1:${port}`, ...shown(kind, all)],
      environment,
    );
    const attempt = connectWhenUp(t, port, {
      credentials: kind === 'psk' ? { psk } : shows(all.pki, all.client),
      serverName: 'localhost',
    });
    await assert.rejects(attempt, {
      code: 'transport/no-extended-secret',
      message: /does not use the extended master secret, .* \(RFC 7627\)\.$/,
      hint: /OpenSSL 1\.1\.0, GnuTLS 3\.4/,
    });
  }
});

test('a client without the extended master secret is refused in words, and gets an alert', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const environment = await withoutExtendedSecret(t);
  const server = await startEcho(t, { ...shows(all.pki, all.server), psk: () => psk.key });
  for (const proof of [opensslShows(all.client, all.pki), [...keyArguments, '-cipher', 'PSK']]) {
    const client = startProgram(
      t,
      'openssl',
      ['s_client', '-dtls1_2', '-connect', `127.0.0.1:${server.port}`, ...proof],
      environment,
    );
    await eventually(() => /alert handshake failure/.test(client.said()));
    client.child.kill('SIGKILL');
  }
  // Of those who have not proved their address, one a second is reported.
  assert.equal(server.refused[0]?.code, 'transport/no-extended-secret');
  assert.equal(server.channels.length, 0);
  // With it, the same program is a client like others.
  startProgram(t, 'openssl', [
    's_client',
    '-dtls1_2',
    '-quiet',
    '-connect',
    `127.0.0.1:${server.port}`,
    ...opensslShows(all.client, all.pki),
  ]);
  await eventually(() => server.channels.length === 1);
});

/** HandshakeType: RFC 5246 section 7.4. */
const [clientHello, serverHello, helloVerifyRequest] = [1, 2, 3];

/** Whether a datagram begins with a handshake message of a type, in the clear. */
const begins = (bytes: Buffer, type: number): boolean =>
  bytes[0] === 22 && bytes.readUInt16BE(3) === 0 && bytes[13] === type;

/**
 * A hello of a type that names an extension which nobody knows where it had extended_master_secret (RFC 7627 section
 * 5.1).
 */
function stripped(datagram: Buffer, type: number): Buffer {
  const at = datagram.lastIndexOf(Buffer.from('00170000', 'hex'));
  if (!begins(datagram, type) || at < 0) return datagram;
  const copy = Buffer.from(datagram);
  copy.writeUInt16BE(0x7a17, at);
  return copy;
}

test('nor does a session go on without it, at either end', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, { psk: () => psk.key });
  const relay = await Relay.start(t, server.port);
  const resuming = { sessions: sessionMemory() };
  for (const resumed of [false, true]) {
    const { channel } = await call(t, relay.port, { psk }, resuming);
    assert.equal(channel.resumed, resumed);
    await channel.close();
  }
  relay.seen.toClient.length = 0;
  relay.fate = (bytes) => [{ bytes: stripped(bytes, clientHello), afterMs: 0 }];
  assert.equal(await reasonOf(call(t, relay.port, { psk }, resuming)), 'no-common-cipher');
  assert.equal(server.refused[0]?.code, 'transport/no-extended-secret');
  // An address that is not proved is sent a cookie, and no alert.
  const [first, second] = relay.seen.toClient.filter((bytes) => bytes.readUInt16BE(3) === 0);
  assert.ok(begins(first!, helloVerifyRequest) && second![0] === 21);
  relay.fate = (bytes) => [{ bytes: stripped(bytes, serverHello), afterMs: 0 }];
  assert.equal(await reasonOf(call(t, relay.port, { psk }, resuming)), 'no-extended-secret');
});

/** The bodies of the NewSessionTicket messages (RFC 5077 section 3.3) that came in the clear. */
function ticketsIn(datagrams: readonly Buffer[]): Buffer[] {
  const records = datagrams
    .flatMap((datagram) => wholeParts(datagram, 11, 2))
    .filter((record) => record[0] === 22 && record.readUInt16BE(3) === 0);
  return records
    .map((record) => record.subarray(13))
    .filter((message) => message[0] === 4)
    .map((message) => message.subarray(12));
}

test('a client whose name does not fit in a ticket is sent an empty one, with no lifetime', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server));
  const relay = await Relay.start(t, server.port);
  const [long, short] = [`${'long.'.repeat(12)}example`, 'short.example'].map((name) =>
    all.pki.issue({ purpose: 'client', names: [name] }),
  );
  for (const [client, lifetime] of [
    [short!, 7200],
    [long!, 0],
    [long!, 0],
  ] as const) {
    relay.seen.toClient.length = 0;
    await (await call(t, relay.port, shows(all.pki, client))).channel.close();
    const [ticket] = ticketsIn(relay.seen.toClient);
    assert.equal(ticket?.readUInt32BE(0), lifetime);
    assert.equal(ticket.readUInt16BE(4) === 0, lifetime === 0);
  }
});
