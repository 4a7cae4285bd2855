import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { openClients } from '../../../support/protocol/clientsScene';
import { openSession, protect, startOrchestrator } from '../../../support/protocol/scene';

test('an unknown filter is 4.04 once a mitigation is active', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const answer = await session.requestMitigation(
    protect('198.51.100.0/24', {
      'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'nowhere', 'activation-type': 'immediate' }],
    }),
    2,
  );
  assert.equal(answer.code, '4.04');
  assert.match(answer.diagnostic ?? '', /nowhere.*RFC 9133/);
});

const acl: JsonObject = {
  name: 'prepared',
  type: 'ipv4-acl-type',
  'activation-type': 'activate-when-mitigating',
  aces: {
    ace: [
      {
        name: 'dns',
        matches: { ipv4: { 'destination-ipv4-network': '192.0.2.2/32', protocol: 17 } },
        actions: { forwarding: 'drop' },
      },
    ],
  },
};

test('the first request of a client that offloads may switch an ACL; that of any other is refused in idle time', async (t) => {
  const scene = await openClients(t, (clients) => ({
    clients: ['one', 'two'].map((name) => ({
      name,
      identities: [clients.get(name)?.identity ?? ''],
      offloads: name === 'one',
    })),
  }));
  const request = protect('192.0.2.2/32', {
    'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'prepared', 'activation-type': 'immediate' }],
  });
  for (const [name, code] of [
    ['one', '2.01'],
    ['two', '4.00'],
  ] as const) {
    const data = await scene.data(name, name);
    await data.install({ 'ietf-dots-data-channel:acls': { acl: [acl] } });
    const answer = await (await scene.signal(name, name)).requestMitigation(request, 1);
    assert.equal(answer.code, code, answer.diagnostic);
    const active = scene.orchestrator.filters().find(({ cuid }) => cuid === name)?.activationType;
    assert.equal(active, name === 'one' ? 'immediate' : 'activate-when-mitigating');
  }
});
