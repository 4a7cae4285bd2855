import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { test, type TestContext } from 'node:test';
import { systemClock } from '#dots/runtime/clock';
import { openData } from '../../support/protocol/dataScene';
import { openLabSession, openSession, protect, startOrchestrator } from '../../support/protocol/scene';

/** Connections that say nothing, more than a listener admits strangers. */
async function idleConnections(t: TestContext, url: string, count: number): Promise<void> {
  const port = Number(/:(\d+)$/.exec(url)?.[1]);
  for (let number = 0; number < count; number++)
    await new Promise<void>((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', resolve).on('error', () => undefined);
      t.after(() => socket.destroy());
    });
}

test('idle connections of strangers shut no client out, on either channel', async (t) => {
  const server = await startOrchestrator(t, { clock: systemClock });
  await idleConnections(t, server.data, 100);
  await idleConnections(t, server.coapsTcp, 100);
  const data = await openData(t, server);
  assert.equal((await data.register()).status, 201);
  const session = await openLabSession(t, server, 'calm');
  assert.equal((await session.send(protect('192.0.2.0/24'), { mid: 1 })).code, '2.01');
});

test('hundreds of plain peers and the lists that they ask for do not shut a secured client out', async (t) => {
  const server = await startOrchestrator(t, { clock: systemClock });
  const peers = await Promise.all(
    Array.from({ length: 300 }, (_, number) => openSession(t, server.signal, `p${number}`)),
  );
  const flood = peers.map((peer) => peer.status().catch(() => undefined));
  const session = await openLabSession(t, server, 'calm');
  assert.equal((await session.send(protect('192.0.2.0/24'), { mid: 1 })).code, '2.01');
  await Promise.all(flood);
});
