import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Channel } from '#dots/coap/messages/channel';
import { Endpoint } from '#dots/coap/endpoint';
import { listenDtls } from '#dots/transport/dtls/server';
import { listenTls } from '#dots/transport/tls/server';
import { folder } from '../support/dots';
import { needDtls } from '../support/protocol/dtlsScene';
import { eventually } from '../support/protocol/scene';
import { TestPki, type Identity } from '../support/protocol/testPki';
import { credentialsOf, echo } from '../support/protocol/tlsScene';
import { hasOpened, startKeeper } from '../support/sessionKeeper';

const fingerprint = (certificate: Uint8Array | undefined): string =>
  createHash('sha256')
    .update(certificate ?? '')
    .digest('hex');

for (const scheme of ['coaps', 'coaps+tcp'] as const)
  test(`${scheme}: after its files were replaced a kept session shows the new certificate to its server, also one for the same key`, async (t) => {
    const pki = await TestPki.create(t);
    if (pki === undefined || (scheme === 'coaps' && !needDtls(t))) return;
    const shown: string[] = [];
    const accept = (channel: Channel): void => {
      shown.push(fingerprint(channel.security?.certificate));
      void new Endpoint(channel, { handler: echo });
    };
    const listen = scheme === 'coaps' ? listenDtls : listenTls;
    const credentials = credentialsOf(pki, pki.issue({ names: ['127.0.0.1'] }));
    const listener = await listen({ host: '127.0.0.1', port: 0 }, { credentials }, accept);
    t.after(() => listener.close());
    const cwd = folder(t);
    const install = ({ certFile, keyFile }: Identity): void => {
      copyFileSync(certFile, join(cwd, 'client.pem'));
      copyFileSync(keyFile, join(cwd, 'client.key'));
    };
    const first = pki.issue({ purpose: 'client' });
    const identities = [first, pki.issue({ purpose: 'client', keyOf: first }), pki.issue({ purpose: 'client' })];
    install(first);
    const server = `${scheme}://127.0.0.1:${listener.address.port}`;
    const files = ['--ca', pki.ca.certFile, '--cert', 'client.pem', '--key', 'client.key'];
    const keeper = await startKeeper(t, cwd, '--server', server, '--cuid', 'kept', ...files);
    for (const [index, identity] of identities.entries()) {
      if (index > 0) {
        install(identity);
        keeper.child.kill('SIGHUP');
      }
      await hasOpened(keeper, index + 1);
      await eventually(() => shown.length === index + 1);
    }
    assert.deepEqual(
      shown,
      identities.map(({ cert }) => fingerprint(new X509Certificate(cert).raw)),
    );
  });
