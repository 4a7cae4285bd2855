import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { eventually, freePort, protect } from '../support/protocol/scene';
import { dots, folder, startMock } from '../support/dots';
import { loadFeatures, log } from '../support/loadFeatures';

const { ClientIdentity, SessionHost } = loadFeatures();

for (const transport of ['coaps', 'coapsTcp'] as const) {
  test(`in the editor a mitigation is refreshed and withdrawn after its server was started anew (${transport})`, async (t) => {
    const state = folder(t);
    const port = String(await freePort());
    const { child, ready } = await startMock(t, '--state', state, '--secure-port', port);
    const { ca, cert, key, [transport]: server } = ready as Record<string, string>;
    const host = new SessionHost(new ClientIdentity(log), log, 'lab');
    t.after(() => host.close());
    const target = {
      profile: 'lab',
      server: server ?? '',
      cuid: 'c',
      mid: 7,
      credentials: {},
      clientCredentials: await readCredentials('', { ca, cert, key }),
    };
    assert.equal((await host.send(target, protect('192.0.2.0/24'), new AbortController().signal)).answer.code, '2.01');
    child.kill('SIGTERM');
    await once(child, 'close');
    await eventually(() => host.state !== 'open');
    await assert.rejects(host.refresh(), { kind: 'unreachable' });
    await startMock(t, '--state', state, '--secure-port', port);
    assert.equal((await host.refresh()).code, '2.05');
    assert.equal(host.state, 'open');
    assert.deepEqual(
      host.mitigations().map(({ mid }) => mid),
      [7],
    );
    assert.equal((await host.withdraw(7)).code, '2.02');
    const { servers } = JSON.parse(dots(['ledger', '--format', 'json']).out) as {
      servers: { server: string; requests: { mid: number; state: string; profile: string }[] }[];
    };
    const known = servers.find((each) => server?.endsWith(each.server))?.requests;
    assert.deepEqual(
      known?.map(({ mid, state, profile }) => [mid, state, profile]),
      [[7, 'withdrawn', 'lab']],
      'the command knows it too',
    );
  });
}

test('in the editor the mitigations of a session that has ended are shown, and observed again over the next one', async (t) => {
  const host = new SessionHost(new ClientIdentity(log), log, 'lab');
  t.after(() => host.close());
  const state = folder(t);
  const port = String(await freePort());
  const { child, ready } = await startMock(t, '--state', state, '--secure-port', port);
  const { ca, cert, key, coaps: server = '' } = ready as Record<string, string>;
  const clientCredentials = await readCredentials('', { ca, cert, key });
  const target = { profile: 'lab', server, cuid: 'd', mid: 8, credentials: {}, clientCredentials };
  const mids = (): number[] => host.mitigations().map(({ mid }) => mid);
  await host.send(target, protect('192.0.2.0/24'), new AbortController().signal);
  assert.deepEqual([host.snapshot?.state, host.snapshot?.server, host.snapshot?.cuid], ['connected', server, 'd']);
  child.kill('SIGTERM');
  await once(child, 'close');
  await eventually(() => host.snapshot?.state === 'not-responding');
  assert.deepEqual(mids(), [8]);
  await startMock(t, '--state', state, '--secure-port', port);
  await host.refresh(8);
  await eventually(() => host.mitigation(8)?.status === 'attack-successfully-mitigated');
  const other = await SignalSession.open({ server, cuid: 'd', credentials: clientCredentials });
  t.after(() => other.close());
  assert.equal((await other.withdraw(8)).code, '2.02');
  await eventually(() => host.mitigation(8)?.status === 'dots-client-withdrawn-mitigation');
});
