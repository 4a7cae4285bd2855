import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { AlgorithmIdentifier, Name, type TBSCertificate } from '@peculiar/asn1-x509';
import type { DotsError } from '#dots/model/errors';
import { connectTls } from '#dots/transport/tls/client';
import { parties, shows, startEcho, type Parties } from '../../../support/protocol/dtlsScene';
import { connectWhenUp, startProgram } from '../../../support/protocol/dtlsTools';
import { issuerCases, type IssuerCase } from '../../../support/protocol/issuerCases';
import { eventually, freePort, run } from '../../../support/protocol/scene';
import { resigned } from '../../../support/protocol/testPki';
import { listening } from '../../../support/protocol/tlsScene';

type Purpose = 'server' | 'client';

interface Files {
  leaf: string;
  key: string;
  ca: string;
  above?: string;
}

/** What openssl's tools read: the certificate and its key, the CA, and those between them. */
function filesOf({ shown, ca }: Pick<IssuerCase, 'shown' | 'ca'>): Files {
  const [leaf = '', ...above] = shown.cert.split(/(?<=-----END CERTIFICATE-----\n)/);
  const write = (suffix: string, text: string): string => {
    const path = `${shown.keyFile}.${suffix}.pem`;
    writeFileSync(path, text);
    return path;
  };
  return {
    leaf: write('leaf', leaf),
    key: shown.keyFile,
    ca: write('ca', ca),
    ...(above.length > 0 && { above: write('above', above.join('')) }),
  };
}

/** Whether openssl takes a path for that of a server, or of a client. */
async function judged({ ca, above, leaf }: Files, purpose: Purpose): Promise<boolean> {
  const { status } = await run('openssl', [
    'verify',
    '-purpose',
    `ssl${purpose}`,
    '-CAfile',
    ca,
    ...(above === undefined ? [] : ['-untrusted', above]),
    leaf,
  ]);
  return status === 0;
}

/**
 * What our end, which trusts the CA of a case, says over DTLS of another program that shows its chain; undefined where
 * it is accepted.
 */
async function overDtls(
  t: TestContext,
  { pki, server, client }: Parties,
  purpose: Purpose,
  { ca }: Pick<IssuerCase, 'ca'>,
  { leaf, key, above }: Files,
): Promise<string | undefined> {
  const showing = [
    '-dtls1_2',
    '-quiet',
    '-cert',
    leaf,
    '-key',
    key,
    ...(above === undefined ? [] : ['-cert_chain', above]),
  ];
  const own = shows(pki, purpose === 'server' ? client : server).certificate;
  const credentials = { certificate: { ...own, ca } };
  if (purpose === 'server') {
    const port = await freePort();
    startProgram(t, 'openssl', ['s_server', ...showing, '-accept', `127.0.0.1:${port}`]);
    return outcome(connectWhenUp(t, port, { credentials, serverName: 'localhost' }));
  }
  const echo = await startEcho(t, credentials);
  startProgram(t, 'openssl', ['s_client', ...showing, '-connect', `127.0.0.1:${echo.port}`]);
  await eventually(() => echo.channels.length + echo.refused.length > 0);
  return echo.refused[0]?.code;
}

/** The same over TLS, where Node.js judges. */
async function overTls(
  t: TestContext,
  { pki, server, client }: Parties,
  purpose: Purpose,
  { ca, shown }: IssuerCase,
): Promise<string | undefined> {
  const [ours, theirs] = [
    { certificate: { ...shows(pki, purpose === 'server' ? client : server).certificate, ca } },
    shows(pki, shown),
  ];
  const scene = await listening(t, purpose === 'server' ? theirs : ours);
  const attempt = connectTls(
    { host: '127.0.0.1', port: scene.port },
    { credentials: purpose === 'server' ? ours : theirs, serverName: 'localhost' },
  );
  const result = await outcome(attempt.then((channel) => channel.close()));
  if (purpose === 'server') return result;
  await eventually(() => scene.sessions.length + scene.refused.length > 0);
  return scene.refused[0]?.code;
}

function outcome(attempt: Promise<unknown>): Promise<string | undefined> {
  return attempt.then(
    () => undefined,
    ({ code }: DotsError) => code,
  );
}

for (const purpose of ['server', 'client'] as const) {
  test(`DTLS accepts a ${purpose} below an issuer only where that may sign; nothing passes that openssl and Node.js refuse`, async (t) => {
    const all = await parties(t);
    if (all === undefined) return;
    for (const each of issuerCases(all.pki, purpose)) {
      const files = filesOf(each);
      const dtls = await overDtls(t, all, purpose, each, files);
      assert.equal(dtls === undefined, each.good && each.passedOver !== true, `${each.title}: ${dtls}`);
      if (dtls === undefined)
        assert.deepEqual(
          [await overTls(t, all, purpose, each), await judged(files, purpose)],
          [undefined, true],
          each.title,
        );
      else assert.match(dtls, /^transport\/(not-a-ca|unknown-ca|bad-certificate)$/, each.title);
    }
  });
}

/** The arc of documentation, RFC 5612, which no algorithm has. */
const nobodysAlgorithm = '1.3.6.1.4.1.32473.1';

test('of a chain the first certificate counts: one that is signed in an unknown way, or by an issuer without a name, is not passed over for the next', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { pki } = all;
  const changes: ((tbs: TBSCertificate) => void)[] = [
    (tbs) => {
      tbs.signature = new AlgorithmIdentifier({ algorithm: nobodysAlgorithm });
    },
    (tbs) => {
      tbs.issuer = new Name();
    },
  ];
  for (const purpose of ['server', 'client'] as const) {
    const good = pki.issue({ purpose, names: ['localhost'] });
    for (const change of changes) {
      const changed = resigned(good, change, pki.ca);
      for (const cert of [changed.cert, changed.cert + good.cert]) {
        assert.equal(
          await overDtls(t, all, purpose, { ca: pki.ca.cert }, filesOf({ ca: pki.ca.cert, shown: { ...good, cert } })),
          'transport/bad-certificate',
        );
      }
    }
  }
});
