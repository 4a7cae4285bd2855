import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connectDtls } from '#dots/transport/dtls/client';
import { connectTls } from '#dots/transport/tls/client';
import { needTool } from '../../support/tools';
import { another, genuine, type Swaps } from '../../support/protocol/certificateMessage';
import { parties, reasonOf, shows, type Parties } from '../../support/protocol/dtlsScene';
import { opensslServer, opensslShows } from '../../support/protocol/dtlsTools';
import { impostor } from '../../support/protocol/impostor';
import type { Way } from '../../support/protocol/relay';
import { eventually, run } from '../../support/protocol/scene';
import { clients, dtls, servers, tls, type Transport } from '../../support/protocol/swapScene';
import type { Identity } from '../../support/protocol/testPki';
import { listening } from '../../support/protocol/tlsScene';

/** The names of the genuine server, which its impostors have too. */
const names = ['localhost', 'dots.example', '127.0.0.1', '::1'];

/** What becomes of the chains, and what each end says of it; nothing is said where the handshake succeeds. */
interface Case {
  what: string;
  swaps: Swaps;
  client?: RegExp;
  server?: RegExp;
}

const ownRefusal = /transport\/bad-signature .* has not proved that it has the private key/;
const badSignature = new RegExp(`${ownRefusal.source}|bad signature`);
const decryptError = /decrypt error/;

/**
 * The same key with or without the right to sign, another key of the same name: all of the same CA, and otherwise as
 * they should be.
 */
function cases({ pki, server }: Parties, judgesUsage: boolean): Case[] {
  const unfit = another(pki.issue({ keyOf: server, names, keyUsage: 'keyAgreement' }));
  const [otherServer, otherClient] = [another(pki.issue({ names })), another(pki.issue({ purpose: 'client' }))];
  const usage: Case = {
    what: 'no right to sign',
    swaps: { toClient: unfit },
    client: /transport\/purpose|ecc cert not for signing/,
    server: /unsupported certificate|handshake failure/,
  };
  return [
    { what: 'the genuine chains', swaps: { toServer: genuine, toClient: genuine } },
    ...(judgesUsage ? [usage] : []),
    { what: 'a server without the key', swaps: { toClient: otherServer }, client: badSignature, server: decryptError },
    { what: 'a client without the key', swaps: { toServer: otherClient }, client: decryptError, server: badSignature },
    // Its key and its usage are right, so the client goes on; that what it heard is not what was said comes out when it
    // signs it.
    {
      what: 'a certificate changed on the way',
      swaps: { toClient: another(pki.issue({ keyOf: server, names })) },
      client: decryptError,
      server: badSignature,
    },
  ];
}

/** Every case between two ends; both ends have to report each, and only the first may be established. */
async function judge(
  t: TestContext,
  transport: Transport,
  server: keyof typeof servers,
  client: keyof typeof clients,
  kind: 'ec' | 'rsa',
): Promise<void> {
  const all = await parties(t, kind);
  if (all === undefined) return;
  // OpenSSL judges the key usage of EC certificates alone, and what of RSA this house judges itself comes after the
  // handshake.
  for (const { what, swaps, client: clientSays, server: serverSays } of cases(
    all,
    transport === dtls || kind === 'ec',
  )) {
    const peer = await servers[server](t, transport, all);
    const { port, swapped } = await transport.swap(t, peer.port, swaps);
    const { said, established } = await clients[client](transport, all, port);
    for (const way of Object.keys(swaps) as Way[]) assert.ok(swapped[way] > 0, `${what}: nothing was replaced ${way}`);
    if (clientSays === undefined || serverSays === undefined) {
      assert.ok(established, `${what}: ${said}`);
      await eventually(() => peer.established());
    } else {
      assert.match(said, clientSays, what);
      await eventually(() => serverSays.test(peer.said()));
      assert.deepEqual([established, peer.established()], [false, false], what);
    }
  }
}

for (const transport of [dtls, tls]) {
  test(`${transport.name}, a chain that is too long for a datagram, reassembled and fragmented on its way`, async (t) => {
    const all = await parties(t, 'rsa');
    if (all === undefined) return;
    const by = all.pki.issue({ purpose: 'ca', by: all.pki.issue({ purpose: 'ca' }) });
    const peer = await transport.serve(t, shows(all.pki, all.pki.issue({ names, by })));
    let shown: Buffer[] = [];
    const { port } = await transport.swap(t, peer.port, { toClient: (chain) => (shown = chain) });
    assert.deepEqual(await clients.ours(transport, all, port), { said: 'localhost', established: true });
    assert.ok(shown.length === 3 && Buffer.concat(shown).length > 1280);
  });

  for (const kind of ['ec', 'rsa'] as const)
    test(`${transport.name}, chains changed between our own ends: ${kind}`, (t) =>
      judge(t, transport, 'ours', 'ours', kind));
  test(`${transport.name}, chains changed between our client and openssl s_server`, (t) =>
    judge(t, transport, 'openssl s_server', 'ours', 'ec'));
  test(`${transport.name}, chains changed between openssl s_client and our server`, (t) =>
    judge(t, transport, 'ours', 'openssl s_client', 'ec'));
  test(`${transport.name}, chains changed between coap-client-openssl and our server`, async (t) => {
    if (needTool(t, 'coap-client-openssl', 'libcoap3-bin'))
      await judge(t, transport, 'ours', 'coap-client-openssl', 'ec');
  });
}

// Over TLS libcoap's server and our client agree on TLS 1.3, whose certificates are not in the clear.
test('DTLS 1.2, chains changed between our client and coap-server-openssl', async (t) => {
  if (needTool(t, 'coap-server-openssl', 'libcoap3-bin')) await judge(t, dtls, 'coap-server-openssl', 'ours', 'ec');
});

const versions = [
  ['-dtls1_2', 'DTLS 1.2'],
  ['-tls1_2', 'TLS 1.2'],
  ['-tls1_3', 'TLS 1.3'],
] as const;

/** A client of ours towards openssl s_server, which shows what it is given. */
async function meet(t: TestContext, flag: string, { pki, client }: Parties, shown: Identity): Promise<void> {
  const { port } = await opensslServer(t, [flag, '-alpn', 'coap', ...opensslShows(shown, pki)]);
  const connect = flag === '-dtls1_2' ? connectDtls : connectTls;
  const channel = await connect(
    { host: '127.0.0.1', port },
    { credentials: shows(pki, client), serverName: 'localhost' },
  );
  await channel.close();
}

for (const [flag, version] of versions) {
  test(`${version}: an RSA certificate without the right to sign, which openssl s_server shows, is refused`, async (t) => {
    const all = await parties(t, 'rsa');
    if (all === undefined) return;
    await meet(t, flag, all, all.pki.issue({ names, keyUsage: 'digitalSignature,keyEncipherment' }));
    assert.equal(await reasonOf(meet(t, flag, all, all.pki.issue({ names, keyUsage: 'keyEncipherment' }))), 'purpose');
  });

  for (const kind of ['ec', 'rsa'] as const) {
    test(`${version}: one who shows the certificate of another and signs with a key of its own is refused in both roles: ${kind}`, async (t) => {
      const all = await parties(t, kind);
      if (all === undefined) return;
      const { pki, server, client } = all;
      await meet(t, flag, all, server);
      assert.equal(await reasonOf(meet(t, flag, all, impostor(server, client))), 'bad-signature');
      const at = flag === '-dtls1_2' ? await dtls.serve(t, shows(pki, server)) : await listening(t, shows(pki, server));
      const knock = (shown: Identity): ReturnType<typeof run> =>
        run('openssl', [
          's_client',
          flag,
          '-alpn',
          'coap',
          '-connect',
          `127.0.0.1:${at.port}`,
          ...opensslShows(shown, pki),
        ]);
      await knock(impostor(client, server));
      await eventually(() => at.refused.length > 0);
      assert.deepEqual(
        at.refused.map(({ code }) => code),
        ['transport/bad-signature'],
      );
      const admitted = 'admitted' in at ? at.admitted : at.sessions;
      assert.equal(admitted.length, 0);
      await knock(client);
      await eventually(() => admitted.length === 1);
    });
  }
}
