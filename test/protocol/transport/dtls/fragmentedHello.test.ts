import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parties, psk, shows, startEcho } from '../../../support/protocol/dtlsScene';
import { opensslShows, startProgram } from '../../../support/protocol/dtlsTools';
import { eventually, temporaryFolder } from '../../../support/protocol/scene';

const longProtocol = `coap,${'p'.repeat(100)}`;
/** Beside a ticket they make a hello of nearly 2000 octets. */
const longProtocols = `coap,${['p', 'q', 'r'].map((letter) => letter.repeat(200)).join(',')}`;

test('a client hello in several records is put together: small datagrams, a ticket, many cipher suites, a long protocol name', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, { ...shows(all.pki, all.server), psk: () => psk.key });
  const session = join(await temporaryFolder(t), 'session.pem');
  let established = 0;
  for (const more of [
    ['-mtu', '1400', '-sess_out', session],
    ['-mtu', '512', '-sess_in', session],
    ['-mtu', '280'],
    ['-mtu', '256'],
    ['-mtu', '300', '-cipher', 'ALL:@SECLEVEL=0', '-alpn', longProtocol],
    ['-mtu', '256', '-alpn', longProtocols],
    ['-mtu', '256', '-sess_in', session, '-cipher', 'ALL:@SECLEVEL=0', '-alpn', longProtocols],
  ]) {
    const client = startProgram(t, 'openssl', [
      's_client',
      '-dtls1_2',
      '-quiet',
      '-connect',
      `127.0.0.1:${server.port}`,
      ...opensslShows(all.client, all.pki),
      ...more,
    ]);
    established += 1;
    await eventually(() => server.channels.length === established);
    if (more.includes('-sess_out')) await eventually(() => existsSync(session) && statSync(session).size > 0);
    client.child.kill('SIGKILL');
  }
  assert.deepEqual(server.refused, []);
});
