import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionMemory } from '#dots/transport/dtls/sessions';
import { call, parties, reasonOf, shows, startEcho } from '../../../support/protocol/dtlsScene';
import { FakeClock } from '../../../support/protocol/fakeClock';

const hour = 3_600_000;
const century = 100 * 365 * 24 * hour;

test('a client and a server check certificates by the date of their clock', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const [asServer, asClient] = [shows(all.pki, all.server), shows(all.pki, all.client)];
  const server = await startEcho(t, asServer);
  assert.equal(
    await reasonOf(call(t, server.port, asClient, { clock: new FakeClock(Date.now() + century) })),
    'expired',
  );
  assert.equal(await reasonOf(call(t, server.port, asClient, { clock: new FakeClock(0) })), 'not-yet-valid');
  const late = await startEcho(t, asServer, { clock: new FakeClock(Date.now() + century) });
  assert.equal(await reasonOf(call(t, late.port, asClient)), 'client-certificate-refused');
  assert.deepEqual(
    late.refused.map(({ code }) => code),
    ['transport/expired'],
  );
});

for (const whose of ['server', 'client'] as const) {
  test(`a session is not resumed once the certificate of the ${whose === 'server' ? 'client' : 'server'} has expired by the clock of the ${whose}`, async (t) => {
    const all = await parties(t);
    if (all === undefined) return;
    // The certificate in question lasts for an hour, a ticket for longer.
    const server = shows(
      all.pki,
      all.pki.issue({ purpose: 'server', names: ['localhost'], to: whose === 'client' ? 1 / 24 : 10 }),
    );
    const client = shows(all.pki, all.pki.issue({ purpose: 'client', to: whose === 'server' ? 1 / 24 : 10 }));
    const clocks = { server: new FakeClock(Date.now()), client: new FakeClock(Date.now()) };
    const { port } = await startEcho(t, server, { clock: clocks.server });
    const options = { clock: clocks.client, sessions: sessionMemory() };
    for (const resumed of [false, true]) {
      const { channel } = await call(t, port, client, options);
      assert.equal(channel.resumed, resumed);
      await channel.close();
    }
    clocks[whose].set(Date.now() + 1.5 * hour);
    assert.equal(
      await reasonOf(call(t, port, client, options)),
      whose === 'server' ? 'client-certificate-refused' : 'expired',
    );
  });
}

test('a ticket ends by the clock of the server, and a whole handshake follows', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const clock = new FakeClock(Date.now());
  const server = await startEcho(t, shows(all.pki, all.server), { clock });
  const sessions = sessionMemory();
  const resumed = async (): Promise<boolean> => {
    const { channel } = await call(t, server.port, shows(all.pki, all.client), { sessions });
    await channel.close();
    return channel.resumed;
  };
  assert.deepEqual([await resumed(), await resumed()], [false, true]);
  clock.set(clock.now() + 7 * 24 * hour);
  assert.deepEqual([await resumed(), await resumed()], [false, true]);
});
