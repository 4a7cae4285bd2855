import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Channel } from '#dots/coap/messages/channel';
import { Endpoint } from '#dots/coap/endpoint';
import { listenDtls } from '#dots/transport/dtls/server';
import { listenTls } from '#dots/transport/tls/server';
import { folder } from '../support/dots';
import { needDtls } from '../support/protocol/dtlsScene';
import { eventually } from '../support/protocol/scene';
import { TestPki, type Identity } from '../support/protocol/testPki';
import { credentialsOf, echo } from '../support/protocol/tlsScene';
import { hasOpened, launcher, startKeeper } from '../support/sessionKeeper';

const fingerprint = (certificate: Uint8Array | undefined): string =>
  createHash('sha256')
    .update(certificate ?? '')
    .digest('hex');

const schemes = ['coaps', 'coaps+tcp'] as const;

interface Scene {
  /** The certificates that the server has seen, one for each session. */
  shown: string[];
  /** The sessions of the server. */
  channels: Channel[];
  pki: TestPki;
  /** The words that name server and client. */
  words: string[];
  cwd: string;
  /** Writes the files of the client. */
  install(identity: Identity): void;
}

/** A server, and a client whose files are replaced; undefined where a tool is missing. */
async function scene(t: TestContext, scheme: (typeof schemes)[number]): Promise<Scene | undefined> {
  const pki = await TestPki.create(t);
  if (pki === undefined || (scheme === 'coaps' && !needDtls(t))) return undefined;
  const [shown, channels]: [string[], Channel[]] = [[], []];
  const accept = (channel: Channel): void => {
    shown.push(fingerprint(channel.security?.certificate));
    channels.push(channel);
    void new Endpoint(channel, { handler: echo });
  };
  const listen = scheme === 'coaps' ? listenDtls : listenTls;
  const credentials = credentialsOf(pki, pki.issue({ names: ['127.0.0.1'] }));
  const listener = await listen({ host: '127.0.0.1', port: 0 }, { credentials }, accept);
  t.after(() => listener.close());
  const cwd = folder(t);
  const files = ['--ca', pki.ca.certFile, '--cert', 'client.pem', '--key', 'client.key'];
  const words = ['--server', `${scheme}://127.0.0.1:${listener.address.port}`, '--cuid', 'kept', ...files];
  const install = ({ certFile, keyFile }: Identity): void => {
    copyFileSync(certFile, join(cwd, 'client.pem'));
    copyFileSync(keyFile, join(cwd, 'client.key'));
  };
  return { shown, channels, pki, words, cwd, install };
}

const fingerprintOf = ({ cert }: Identity): string => fingerprint(new X509Certificate(cert).raw);

for (const scheme of schemes) {
  test(`${scheme}: after its files were replaced a kept session shows the new certificate to its server, also one for the same key`, async (t) => {
    const all = await scene(t, scheme);
    if (all === undefined) return;
    const { pki, shown, install } = all;
    const first = pki.issue({ purpose: 'client' });
    const identities = [first, pki.issue({ purpose: 'client', keyOf: first }), pki.issue({ purpose: 'client' })];
    install(first);
    const keeper = await startKeeper(t, all.cwd, ...all.words);
    for (const [index, identity] of identities.entries()) {
      if (index > 0) {
        install(identity);
        keeper.child.kill('SIGHUP');
      }
      await hasOpened(keeper, index + 1);
      await eventually(() => shown.length === index + 1);
    }
    assert.deepEqual(shown, identities.map(fingerprintOf));
  });

  test(`${scheme}: a certificate that was renewed on disk is shown in the next handshake, without SIGHUP`, async (t) => {
    const all = await scene(t, scheme);
    if (all === undefined) return;
    const { pki, shown, channels, cwd, words, install } = all;
    const first = pki.issue({ purpose: 'client' });
    const renewed = pki.issue({ purpose: 'client', keyOf: first });
    install(first);
    const keeper = await startKeeper(t, cwd, ...words);
    await hasOpened(keeper, 1);
    install(renewed);
    await channels[0]?.close();
    await eventually(() => /not responding|has ended the session/.test(keeper.log()));
    const asking = spawn(launcher, ['status', ...words], { cwd });
    await once(asking, 'close');
    await hasOpened(keeper, 2);
    assert.deepEqual(shown, [first, renewed].map(fingerprintOf));
  });
}
