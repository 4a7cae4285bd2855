import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { credentials, httpsServer, openData } from '../../support/protocol/dataScene';
import { startOrchestrator, temporaryFolder } from '../../support/protocol/scene';
import { TestPki, type Identity } from '../../support/protocol/testPki';

const refusal =
  (code: string, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DotsError, String(error));
    assert.deepEqual([error.kind, error.code], ['unreachable', code], error.message);
    assert.match(error.message, message);
    return true;
  };

test('each check that fails is reported in words', async (t) => {
  const folder = await temporaryFolder(t);
  const { data, ca, cert, key } = await startOrchestrator(t);
  const stranger = await credentials(folder, 'ca', { purpose: 'ca', commonName: 'another CA' });
  const foreign = await credentials(folder, 'foreign', { purpose: 'client', commonName: 'client' }, stranger.pem);
  /** A server whose certificate the stranger has signed. */
  const server = async (name: string, shown: Partial<Parameters<typeof credentials>[2]>): Promise<string> => {
    const { pem } = await credentials(
      folder,
      name,
      { purpose: 'server', commonName: 'server', ...shown },
      stranger.pem,
    );
    return httpsServer(t, pem, stranger.pem.cert);
  };
  const elsewhere = await server('elsewhere', { names: ['dots.example'] });
  const past = { notBefore: new Date(0), notAfter: new Date(1e12) };
  const expired = await server('expired', { names: ['127.0.0.1'], ...past });
  const nameless = await server('nameless', { commonName: 'localhost' });
  const right = { data, ca, cert, key };
  const cases: [Parameters<typeof openData>[1], Parameters<typeof openData>[2], string, RegExp][] = [
    [right, { ca: stranger.cert }, 'data/unknown-ca', /not signed by the CA in .*ca\.pem/],
    [{ ...right, data: elsewhere, ca: stranger.cert }, {}, 'data/wrong-host-name', /DNS:dots\.example/],
    [
      { ...right, data: nameless.replace('127.0.0.1', 'localhost'), ca: stranger.cert },
      {},
      'data/wrong-host-name',
      /it contains no names/,
    ],
    [{ ...right, data: expired, ca: stranger.cert }, {}, 'data/certificate-expired', /has expired/],
    [
      right,
      { cert: foreign.cert, key: foreign.key },
      'data/client-certificate-refused',
      /does not accept this client certificate/,
    ],
    [{ ...right, data: 'https://127.0.0.1:1' }, {}, 'data/refused', /Nothing listens/],
  ];
  for (const [where, more, code, message] of cases)
    await assert.rejects((await openData(t, where, more)).get('aliases'), refusal(code, message));
});

test('a server whose certificate was revoked is refused', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const folder = await temporaryFolder(t);
  const [server, sound, client] = [
    pki.issue({ names: ['127.0.0.1'] }),
    pki.issue({ names: ['127.0.0.1'] }),
    pki.issue({ purpose: 'client' }),
  ];
  const crl = join(folder, 'crl.pem');
  await writeFile(crl, pki.revocations([server]));
  const proof = { ca: pki.ca.certFile, cert: client.certFile, key: client.keyFile };
  const ask = async (shown: Identity): Promise<unknown> =>
    (await openData(t, { data: await httpsServer(t, shown, pki.ca.cert), ...proof }, { crl })).get('aliases');
  await assert.rejects(ask(server), refusal('data/revoked', /revoked/));
  assert.equal(((await ask(sound)) as { status: number }).status, 404);
});

test('a refused handshake may be about the certificate or the cipher suites, and the message names both', async (t) => {
  const folder = await temporaryFolder(t);
  const { ca, cert, key } = await startOrchestrator(t);
  const { pem } = await credentials(folder, 'server', { purpose: 'server', commonName: 's', names: ['127.0.0.1'] });
  // A suite for RSA keys, which the certificate does not have.
  const data = await httpsServer(t, pem, pem.cert, { ciphers: 'AES128-SHA256', maxVersion: 'TLSv1.2' });
  const both = /refused the handshake: .*client certificate.*, or .*no cipher suite in common/;
  await assert.rejects(
    (await openData(t, { data, ca, cert, key })).get('aliases'),
    refusal('data/client-certificate-refused', both),
  );
});

test('a server without TLS is reported in words', async (t) => {
  const { ca, cert, key } = await startOrchestrator(t);
  const plain = createServer();
  await new Promise<void>((resolve) => {
    plain.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => plain.close());
  const data = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  await assert.rejects(
    (await openData(t, { data, ca, cert, key })).register(),
    refusal('data/no-tls', /does not support TLS/),
  );
});

test('NODE_TLS_REJECT_UNAUTHORIZED does not switch the checks off', async (t) => {
  const { data, cert, key } = await startOrchestrator(t);
  const other = await startOrchestrator(t);
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.after(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });
  await assert.rejects(
    (await openData(t, { data, ca: other.ca, cert, key })).register(),
    refusal('data/unknown-ca', /./),
  );
});
