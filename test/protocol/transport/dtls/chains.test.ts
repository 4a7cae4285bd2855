import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { Channel } from '#dots/coap/messages/channel';
import type { DotsError } from '#dots/model/errors';
import type { SessionMemory } from '#dots/transport/dtls/sessions';
import { connectTls } from '#dots/transport/tls/client';
import { call, parties, reasonOf, shows, startEcho, type Parties } from '../../../support/protocol/dtlsScene';
import { connectWhenUp, opensslServer, opensslShows } from '../../../support/protocol/dtlsTools';
import { run, temporaryFolder } from '../../../support/protocol/scene';
import type { Identity, TestPki } from '../../../support/protocol/testPki';

const names = ['localhost'];

/**
 * What a client of ours says of a server, and a server of ours of a client, that shows a chain; undefined where it is
 * accepted.
 */
async function verdict(
  t: TestContext,
  { pki, server, client }: Parties,
  purpose: 'server' | 'client',
  shown: Identity,
  crls?: readonly string[],
): Promise<DotsError | undefined> {
  const [ours, theirs] = [shows(pki, purpose === 'server' ? client : server, crls), shows(pki, shown)];
  const echo = await startEcho(t, purpose === 'server' ? theirs : ours);
  const attempt = call(t, echo.port, purpose === 'server' ? ours : theirs);
  const error = await attempt.then(
    () => undefined,
    (reason: DotsError) => reason,
  );
  return purpose === 'server' ? error : echo.refused[0];
}

const roles = ['server', 'client'] as const;

function assertRefused(error: DotsError | undefined, reason: string, words: RegExp): void {
  assert.equal(error?.code, `transport/${reason}`);
  assert.match(error.message, words);
}

test('a key that takes long to check is not used, in either role', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const ca = (publicExponent: bigint): Identity => all.pki.issue({ purpose: 'ca', keyKind: 'rsa', publicExponent });
  const [slow, quick] = [ca(2n ** 32n + 15n), ca(2n ** 32n - 5n)];
  for (const purpose of roles) {
    assertRefused(
      await verdict(t, all, purpose, all.pki.issue({ purpose, names, by: slow })),
      'bad-certificate',
      /public exponent of more than 32 bits/,
    );
    assertRefused(
      await verdict(
        t,
        all,
        purpose,
        all.pki.issue({ purpose, names, keyKind: 'rsa', publicExponent: 2n ** 32n + 15n }),
      ),
      'bad-certificate',
      /public exponent of more than 32 bits/,
    );
    assert.equal(await verdict(t, all, purpose, all.pki.issue({ purpose, names, by: quick })), undefined);
  }
});

/** A chain in which the issuer of the first certificate comes after so many others of its name. */
function crowded(pki: TestPki, purpose: 'server' | 'client', others: number): Identity {
  const issuer = { purpose: 'ca', commonName: 'Crowd' } as const;
  const leaf = pki.issue({ purpose, names, by: pki.issue(issuer) });
  const [first, ...rest] = leaf.cert.split(/(?<=-----END CERTIFICATE-----\n)/);
  const crowd = Array.from({ length: others }, () => pki.issue({ ...issuer, from: -10, to: -5 }).cert);
  return { ...leaf, cert: [first, ...crowd, ...rest].join('') };
}

test('a chain may not make this end check any number of signatures', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  for (const purpose of roles) {
    assertRefused(
      await verdict(t, all, purpose, crowded(all.pki, purpose, 15)),
      'bad-certificate',
      /more signature checks/,
    );
    assert.equal(await verdict(t, all, purpose, crowded(all.pki, purpose, 3)), undefined);
  }
});

test('where revocation lists are given, each certificate below the CA needs one of its issuer', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { pki } = all;
  const intermediate = pki.issue({ purpose: 'ca' });
  const [root, below] = [pki.revocations([]), pki.revocations([], 30, -1, intermediate)];
  const stranger = pki.revocations([], 30, -1, pki.issue({ purpose: 'ca' }));
  for (const purpose of roles) {
    const [direct, deep] = [pki.issue({ purpose, names }), pki.issue({ purpose, names, by: intermediate })];
    for (const [shown, crls] of [
      [deep, [root]],
      [deep, [below]],
      [direct, [stranger]],
    ] as const) {
      assertRefused(
        await verdict(t, all, purpose, shown, crls),
        'bad-certificate',
        /there is no currently valid certificate revocation list of its CA/,
      );
    }
    assert.equal(await verdict(t, all, purpose, direct, [root]), undefined);
    assert.equal(await verdict(t, all, purpose, deep, [below, root]), undefined);
  }
  const revoked = pki.revocations([intermediate]);
  for (const purpose of roles)
    assertRefused(
      await verdict(t, all, purpose, pki.issue({ purpose, names, by: intermediate }), [below, revoked]),
      'revoked',
      /revoked/,
    );
});

test('an intermediate CA that is for the other role vouches for no certificate', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const through = (purpose: 'server' | 'client', extendedKeyUsage: string): Identity =>
    all.pki.issue({ purpose, names, by: all.pki.issue({ purpose: 'ca', extendedKeyUsage }) });
  for (const [purpose, own, other] of [
    ['server', 'serverAuth', 'clientAuth'],
    ['client', 'clientAuth', 'serverAuth'],
  ] as const) {
    assertRefused(
      await verdict(t, all, purpose, through(purpose, other)),
      'purpose',
      /a CA above it is for another use/,
    );
    for (const usage of [own, `${other},${own}`, 'anyExtendedKeyUsage'])
      assert.equal(await verdict(t, all, purpose, through(purpose, usage)), undefined, usage);
  }
});

test('name constraints of an intermediate CA apply, whether they are critical or not', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const under = (purpose: 'server' | 'client', nameConstraints: string): Identity =>
    all.pki.issue({ purpose, names, by: all.pki.issue({ purpose: 'ca', nameConstraints }) });
  for (const purpose of roles) {
    for (const critical of ['', 'critical,']) {
      assertRefused(
        await verdict(t, all, purpose, under(purpose, `${critical}permitted;DNS:example.net`)),
        'bad-certificate',
        /the name constraints of a CA above it exclude its names/,
      );
      assert.equal(await verdict(t, all, purpose, under(purpose, `${critical}permitted;DNS:localhost`)), undefined);
    }
  }
});

/** A chain of so many bytes in a handshake message, or a little less: the leaf, and after it the CA again and again. */
function ofSize({ cert, key, ...files }: Identity, pki: TestPki, bytes: number): Identity {
  const sizeOf = (pem: string): number => new X509Certificate(pem).raw.length + 3;
  return { ...files, key, cert: cert + pki.ca.cert.repeat(Math.floor((bytes - sizeOf(cert)) / sizeOf(pki.ca.cert))) };
}

test("a chain of one's own that fits in no handshake message is reported at once, and one that fits is shown", async (t) => {
  const all = await parties(t, 'rsa');
  if (all === undefined) return;
  const { pki, server, client } = all;
  for (const shown of [server, client]) {
    const error = await startEcho(t, shows(pki, ofSize(shown, pki, 9200))).then(
      () => undefined,
      (reason: DotsError) => reason,
    );
    assertRefused(error, 'credentials', /has \d+ bytes, more than the 8177 of a handshake/);
  }
  const echo = await startEcho(t, shows(pki, ofSize(server, pki, 8177)));
  assert.equal(await (await call(t, echo.port, shows(pki, ofSize(client, pki, 8177)))).ask('one'), 're:one');
});

test('a server may name many CAs', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { pki, server, client } = all;
  const file = join(await temporaryFolder(t), 'cas.pem');
  // Twenty names of 600 bytes: more than one half of what a handshake message may have.
  const units = Array.from(
    { length: 8 },
    (_, unit) => `/OU=${'A certification authority with a long name '.repeat(2).slice(0, 60)} ${unit}`,
  ).join('');
  const name = async (count: number): Promise<string> =>
    (
      await run('openssl', ['req', '-x509', '-new', '-key', server.keyFile, '-subj', `/CN=${count}${units}`])
    ).stdout.toString();
  const others = await Promise.all(Array.from({ length: 20 }, (_, count) => name(count)));
  writeFileSync(file, [pki.ca.cert, ...others].join(''));
  const trusted = { ca: { certFile: file } };
  const { port } = await opensslServer(t, ['-dtls1_2', ...opensslShows(server, trusted), '-Verify', '3']);
  assert.match(
    (await connectWhenUp(t, port, { credentials: shows(pki, client), serverName: 'localhost' })).security.protocol,
    /DTLS/,
  );
});

test('a chain that is too long and one with a certificate that cannot be read are refused for good', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { pki } = all;
  let long = pki.issue({ purpose: 'ca' });
  for (let more = 0; more < 8; more++) long = pki.issue({ purpose: 'ca', by: long });
  for (const purpose of roles) {
    assertRefused(
      await verdict(t, all, purpose, pki.issue({ purpose, names, by: long })),
      'bad-certificate',
      /chain is too long/,
    );
  }
  // Our own end does not show one that the library cannot read.
  const unreadable = pki.issue({ names, extendedKeyUsage: 'serverAuth\n1.2.3.4=critical,DER:0500' });
  const { port } = await opensslServer(t, ['-dtls1_2', ...opensslShows(unreadable, pki)]);
  assert.equal(
    await reasonOf(connectWhenUp(t, port, { credentials: shows(pki, all.client), serverName: 'localhost' })),
    'bad-certificate',
  );
});

test('a server that does not ask for a certificate is reported, over DTLS and TLS, and its session is not kept', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const { pki, server, client } = all;
  let kept = 0;
  const sessions: SessionMemory = {
    get: () => undefined,
    set: () => {
      kept += 1;
    },
    delete: () => undefined,
  };
  const options = { credentials: shows(pki, client), serverName: 'localhost', sessions };
  for (const [asking, asked] of [
    [['-Verify', '3'], undefined],
    [[], false],
  ] as const) {
    const { port } = await opensslServer(t, ['-dtls1_2', ...opensslShows(server, pki), ...asking]);
    const over = await connectWhenUp(t, port, options);
    assert.equal(over.security.asked, asked);
    if (asked === false) assert.equal(kept, 0);
    kept = 0;
    await over.close();
    for (const version of ['-tls1_2', '-tls1_3']) {
      const tcp = await tlsServer(t, { pki, server, client }, version, asking);
      assert.equal(tcp.security?.asked, asked, version);
    }
  }
});

/** A connection over TLS with openssl's server. */
async function tlsServer(
  t: TestContext,
  { pki, server, client }: Parties,
  version: string,
  asking: readonly string[],
): Promise<Channel> {
  const { port } = await opensslServer(t, [version, ...opensslShows(server, pki), ...asking]);
  const credentials = shows(pki, client);
  const channel = await connectTls({ host: '127.0.0.1', port }, { credentials, serverName: 'localhost' });
  t.after(() => channel.close());
  return channel;
}
