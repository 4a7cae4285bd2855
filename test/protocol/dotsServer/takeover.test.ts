import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#dots/runtime/clock';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { openLab } from '#dots/transport/certificates/lab';
import { acl, acls, ace } from '../../support/protocol/dataScene';
import { rawData } from '../../support/protocol/rawData';
import { protect, startOrchestrator, temporaryFolder } from '../../support/protocol/scene';

const names = Array.from({ length: 30 }, (_, number) => `client-${number}`);
const registration = JSON.stringify({ 'ietf-dots-data-channel:dots-client': [{ cuid: 'x' }] });

test('of 30 clients that claim a cuid at the same time, on both channels and all transports, one has it, and the others take nothing from it', async (t) => {
  const stateDir = await temporaryFolder(t);
  const lab = await openLab(join(stateDir, 'lab'), { clients: names });
  const server = await startOrchestrator(t, { stateDir, clock: systemClock });
  const files = (name: string): { ca: string; cert: string; key: string } => {
    const { cert = '', key = '' } = lab.clients.get(name) ?? {};
    return { ca: server.ca, cert, key };
  };
  const sessions = await Promise.all(
    names.map(async (name, number) => {
      const address = number % 2 === 0 ? (server.coaps ?? server.coapsTcp) : server.coapsTcp;
      const credentials = await readCredentials(address, files(name));
      const session = await SignalSession.open({ server: address, cuid: 'x', credentials });
      t.after(() => session.close());
      return session;
    }),
  );
  const data = names.map((name) => rawData(t, { data: server.data, ...files(name) }));
  const claims = await Promise.all(
    names.map(async (_, number) =>
      number % 3 === 0
        ? (await data[number]?.('PUT', '/dots-client=x', registration))?.status === 201
        : (await sessions[number]?.requestMitigation(protect(`192.0.2.${number}/32`), 1))?.code === '2.01',
    ),
  );
  assert.equal(claims.filter(Boolean).length, 1);
  const winner = claims.indexOf(true);
  const [owner, channel] = [sessions[winner] as SignalSession, data[winner]];
  assert.match((await owner.requestMitigation(protect('192.0.2.99/32'), 99)).code, /^2\.01$/);
  assert.ok(((await channel?.('PUT', '/dots-client=x', registration))?.status ?? 400) < 300);
  const before = (await channel?.('GET', '/dots-client=x'))?.text;
  const filter = JSON.stringify(acls(acl('a', ace('x', 53))));
  const attacks = names.flatMap((_, number) =>
    number === winner
      ? []
      : [
          sessions[number]?.withdraw(99).then(({ code }) => assert.equal(code, '4.03')),
          sessions[number]?.status(99).then(({ code }) => assert.equal(code, '4.04')),
          sessions[number]
            ?.requestMitigation(protect('192.0.2.99/32'), 100)
            .then(({ code }) => assert.equal(code, '4.09')),
          data[number]?.('PUT', '/dots-client=x', registration).then(({ status }) => assert.equal(status, 409)),
          ...(['GET', 'DELETE'] as const).map((method) =>
            data[number]?.(method, '/dots-client=x').then(({ status }) => assert.equal(status, 403, method)),
          ),
          data[number]?.('PUT', '/dots-client=x/acls', filter).then(({ status }) => assert.equal(status, 403)),
        ],
  );
  await Promise.all(attacks);
  assert.equal((await owner.status(99)).code, '2.05');
  assert.equal((await channel?.('GET', '/dots-client=x'))?.text, before);
});
