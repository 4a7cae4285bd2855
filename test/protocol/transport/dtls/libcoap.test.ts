import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel } from '#dots/coap/messages/channel';
import { Endpoint } from '#dots/coap/endpoint';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { sessionMemory } from '#dots/transport/dtls/sessions';
import { needTool } from '../../../support/tools';
import { call, parties, psk, reasonOf, shows, startCoap, type Parties } from '../../../support/protocol/dtlsScene';
import { connectWhenUp, libcoapServer, libcoapShows } from '../../../support/protocol/dtlsTools';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { Relay } from '../../../support/protocol/relay';
import { eventually, run } from '../../../support/protocol/scene';

const debianPackage = 'libcoap3-bin';

/**
 * Whether a datagram of a handshake has a record of type 20, after which its sender shows that it has the key (RFC 5246
 * section 7.1).
 */
function hasProved(datagram: Buffer): boolean {
  for (let at = 0; at + 13 <= datagram.length; at += 13 + datagram.readUInt16BE(at + 11))
    if (datagram[at] === 20) return true;
  return false;
}

const builds = ['openssl', 'gnutls'] as const;

const certificates = ({ pki, server }: Parties): string[] => libcoapShows(server, pki);
const keyArguments = ['-k', psk.key.toString(), '-h', 'hint'];

/** PUT and GET of a small and of a large body, and a refusal. */
async function exchange(channel: Channel): Promise<void> {
  const endpoint = new Endpoint(channel);
  for (const size of [100, 3000]) {
    const payload = Buffer.alloc(size, 'dots');
    const put = await endpoint.request(
      { method: 'PUT', path: [`kept-${size}`], payload, contentFormat: 42, confirmable: true },
      { timeoutMs: 20_000 },
    );
    assert.match(put.code, /^2\./);
    const get = await endpoint.request(
      { method: 'GET', path: [`kept-${size}`], confirmable: true },
      { timeoutMs: 20_000 },
    );
    assert.ok(payload.equals(get.payload));
  }
  assert.equal(
    (await endpoint.request({ method: 'GET', path: ['nowhere'], confirmable: true }, { timeoutMs: 20_000 })).code,
    '4.04',
  );
  await endpoint.close();
}

for (const build of builds) {
  for (const kind of ['ec', 'rsa', 'psk'] as const) {
    test(`coap-server-${build} as server, ${kind}: exchanges, and a session resumed or not`, async (t) => {
      if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
      const all = await parties(t, kind === 'rsa' ? 'rsa' : 'ec');
      if (all === undefined) return;
      const { port } = await libcoapServer(t, build, kind === 'psk' ? keyArguments : certificates(all));
      const credentials: ClientCredentials = kind === 'psk' ? { psk } : shows(all.pki, all.client);
      const sessions = sessionMemory();
      for (let round = 0; round < 2; round++) {
        const channel = await connectWhenUp(t, port, { credentials, serverName: 'localhost', sessions });
        assert.equal(channel.security.peerName, kind === 'psk' ? 'dots' : 'localhost');
        // With certificates OpenSSL's tickets are too large or make libcoap 4.3 choke, and its GnuTLS build hands out
        // none.
        if (build === 'openssl' && kind === 'psk') assert.equal(channel.resumed, round > 0);
        await exchange(channel);
      }
    });
  }

  test(`coap-server-${build} as server: what it refuses, and what we refuse`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
    const [all, other] = [await parties(t), await parties(t)];
    if (all === undefined || other === undefined) return;
    const { port } = await libcoapServer(t, build, certificates(all));
    await connectWhenUp(t, port, { credentials: shows(all.pki, all.client), serverName: 'localhost' });
    const attempt = (credentials: ClientCredentials, serverName = 'localhost'): Promise<string> =>
      reasonOf(connectWhenUp(t, port, { credentials, serverName }));
    assert.equal(await attempt(shows(all.pki, all.client), 'other.example'), 'wrong-name');
    assert.equal(await attempt(shows(other.pki, other.client)), 'unknown-ca');
    const stranger = { certificate: { ...shows(other.pki, other.client).certificate, ca: all.pki.ca.cert } };
    assert.equal(await attempt(stranger), 'client-certificate-refused');
  });

  test(`coap-server-${build} as server: a wrong key`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
    if ((await parties(t)) === undefined) return;
    const { port } = await libcoapServer(t, build, keyArguments);
    await connectWhenUp(t, port, { credentials: { psk }, serverName: 'localhost' });
    const wrong = { psk: { identity: psk.identity, key: Buffer.from('another secret') } };
    const relay = await Relay.start(t, port);
    const clock = new FakeClock(Date.now());
    const attempt = reasonOf(call(t, relay.port, wrong, { clock, deadlineMs: 6000 }));
    await eventually(() => relay.seen.toServer.some(hasProved));
    await clock.advance(6000);
    assert.match(await attempt, /^psk-(silence|refused)$/);
  });

  test(`coap-client-${build} as client, with a certificate and with a pre-shared key`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage)) return;
    for (const kind of ['ec', 'rsa'] as const) {
      const all = await parties(t, kind);
      if (all === undefined) return;
      const server = await startCoap(t, {
        ...shows(all.pki, all.server),
        psk: (identity) => (identity === psk.identity ? psk.key : undefined),
      });
      const url = `coaps://127.0.0.1:${server.port}/a`;
      const ask = (...args: string[]): ReturnType<typeof run> =>
        run(`coap-client-${build}`, ['-B', '10', ...args, '-m', 'get', url]);
      const answer = await ask(...libcoapShows(all.client, all.pki));
      assert.match(answer.stdout.toString(), /hello over DTLS/, answer.stderr);
      assert.match((await ask('-u', psk.identity, '-k', psk.key.toString())).stdout.toString(), /hello over DTLS/);
      assert.deepEqual(
        server.channels.map(({ security }) => security?.peerName),
        ['client.example', 'dots'],
      );
    }
  });

  test(`coap-client-${build} as client: what we refuse`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage)) return;
    const [all, other] = [await parties(t), await parties(t)];
    if (all === undefined || other === undefined) return;
    const server = await startCoap(t, {
      ...shows(all.pki, all.server),
      psk: (identity) => (identity === psk.identity ? psk.key : undefined),
    });
    const ask = (...args: string[]): ReturnType<typeof run> =>
      run(`coap-client-${build}`, ['-B', '3', ...args, '-m', 'get', `coaps://127.0.0.1:${server.port}/a`]);
    const attempts: [string[], string][] = [
      [libcoapShows(other.client, all.pki), 'unknown-ca'],
      [['-u', 'nobody', '-k', psk.key.toString()], 'wrong-psk'],
      [['-u', psk.identity, '-k', 'another secret'], 'wrong-psk'],
    ];
    for (const [args, reason] of attempts) {
      server.refused.length = 0;
      const answer = await ask(...args);
      assert.doesNotMatch(answer.stdout.toString(), /hello/);
      assert.ok(
        server.refused.some(({ code }) => code === `transport/${reason}`),
        `${reason}: ${server.refused.map(({ code }) => code).join()} ${answer.stderr}`,
      );
    }
    assert.equal(server.channels.length, 0);
  });
}
