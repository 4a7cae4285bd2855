import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { Agent, createServer, request as coapRequest, type IncomingMessage, type OutgoingMessage } from 'coap';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { FakeClock } from '../../support/protocol/fakeClock';
import {
  eventually,
  figure7,
  openSession,
  portOf,
  protect,
  scopesOf,
  startOrchestrator,
} from '../../support/protocol/scene';

/** node-coap is another CoAP stack of Node: an independent peer for both of our roles. */
async function ask(
  t: TestContext,
  server: string,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  body?: Uint8Array,
  observe = false,
): Promise<IncomingMessage> {
  const agent = new Agent({ type: 'udp4' });
  t.after(() => agent.close());
  const outgoing = coapRequest({
    host: '127.0.0.1',
    port: portOf(server),
    method,
    pathname: path,
    confirmable: false,
    agent,
    observe,
  });
  if (body !== undefined) outgoing.setOption('Content-Format', Buffer.from([1, 15]));
  outgoing.end(body === undefined ? undefined : Buffer.from(body));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}

test('node-coap as client: request, status and withdrawal', async (t) => {
  const { signal } = await startOrchestrator(t);
  const path = '/.well-known/dots/mitigate/cuid=c/mid=5';
  const put = await ask(t, signal, 'PUT', path, encodeDocument(figure7));
  assert.deepEqual([put.code, scopesOf(decodeDocument(put.payload))], ['2.01', [{ mid: 5, lifetime: 3600 }]]);
  const get = await ask(t, signal, 'GET', path);
  assert.equal(scopesOf(decodeDocument(get.payload))[0]?.status, 'attack-mitigation-in-progress');
  assert.equal((await ask(t, signal, 'DELETE', path)).code, '2.02');
});

test('node-coap as client: an observer is notified', async (t) => {
  const clock = new FakeClock();
  const { signal } = await startOrchestrator(t, { clock });
  const session = await openSession(t, signal, 'c');
  await session.requestMitigation(protect('192.0.2.0/24'), 5);
  const stream = await ask(t, signal, 'GET', '/.well-known/dots/mitigate/cuid=c/mid=5', undefined, true);
  const heard: unknown[] = [];
  stream.on('data', (body: Buffer) => heard.push(scopesOf(decodeDocument(body))[0]?.status));
  await clock.advance(4_000);
  await eventually(() => heard.at(-1) === 'attack-successfully-mitigated');
  (stream as IncomingMessage & { close(): void }).close();
});

test('node-coap as server: our client is understood, and understands', async (t) => {
  const seen: string[] = [];
  const server = createServer(
    { type: 'udp4', reuseAddr: false },
    (incoming: IncomingMessage, outgoing: OutgoingMessage) => {
      seen.push(`${incoming.method} ${incoming.url} ${String(incoming.headers['Content-Format'] ?? '')}`);
      if (incoming.method === 'GET') {
        outgoing.setOption('Content-Format', Buffer.from([1, 15]));
        outgoing.end(Buffer.from(encodeDocument(protect('192.0.2.0/24', { mid: 5, status: 'attack-stopped' }))));
      } else {
        outgoing.code = incoming.method === 'PUT' ? '4.00' : '2.02';
        outgoing.end(incoming.method === 'PUT' ? 'not today' : undefined);
      }
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  t.after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  );
  const { port } = (server as unknown as { _sock: { address(): { port: number } } })._sock.address();
  const session = await openSession(t, `coap://127.0.0.1:${port}`, 'c');
  const put = await session.requestMitigation(figure7, 5);
  assert.deepEqual([put.code, put.ok, put.diagnostic], ['4.00', false, 'not today']);
  assert.equal(scopesOf((await session.status(5)).body)[0]?.status, 'attack-stopped');
  assert.equal((await session.withdraw(5)).code, '2.02');
  const path = '/.well-known/dots/mitigate/cuid=c/mid=5';
  assert.deepEqual(
    seen.map((line) => line.replace(/ \S*$/, '')),
    [`PUT ${path}`, `GET ${path}`, `DELETE ${path}`],
  );
});
