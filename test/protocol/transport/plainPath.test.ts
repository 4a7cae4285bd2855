import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { Endpoint } from '#dots/coap/endpoint';
import { describeError } from '#dots/model/errors';
import { connect } from '#dots/transport/connect/connect';
import { listenUdp } from '#dots/transport/udp';
import { loopbacks, type Loopback } from '../../support/protocol/lossyScene';

/** A server on one address of this machine; its answer names that. */
async function serverOn(t: TestContext, host: Loopback): Promise<number> {
  const listener = await listenUdp({ host, port: 0 }, (channel) => {
    void new Endpoint(channel, { handler: () => Promise.resolve(plainAnswer('2.05', host)) });
  });
  t.after(() => listener.close());
  return listener.address.port;
}

/** A port at which nothing listens any longer. */
async function freePort(): Promise<number> {
  const listener = await listenUdp({ host: '127.0.0.1', port: 0 }, () => undefined);
  await listener.close();
  return listener.address.port;
}

for (const host of loopbacks) {
  for (const name of ['localhost', 'LOCALHOST', 'mock.localhost', 'localhost.']) {
    test(`plain CoAP to ${name} reaches a server that listens on ${host} only`, async (t) => {
      const port = await serverOn(t, host);
      const endpoint = new Endpoint(await connect(`coap://${name}:${port}`));
      t.after(() => endpoint.close());
      const { payload } = await endpoint.request(
        { method: 'GET', path: ['a'], confirmable: true },
        { timeoutMs: 20_000 },
      );
      assert.equal(Buffer.from(payload).toString(), host);
      assert.equal(endpoint.peer, host === '::1' ? `[::1]:${port}` : `${host}:${port}`);
    });
  }
}

test('where nothing listens on either address of localhost, the refusal names no single one', async () => {
  const port = await freePort();
  await assert.rejects(connect(`coap://localhost:${port}`, { deadlineMs: 500 }), (error: unknown) => {
    assert.match(describeError(error), new RegExp(`^Nothing listens at localhost:${port} on UDP\\.`));
    return (error as { code: string }).code === 'transport/refused';
  });
});

test('one who waits for an answer from localhost may give up', async (t) => {
  const silent = createSocket('udp6');
  t.after(() => silent.close());
  silent.bind(0, '::1');
  await once(silent, 'listening');
  const cancel = new AbortController();
  const asked = once(silent, 'message');
  const attempt = connect(`coap://localhost:${silent.address().port}`, { signal: cancel.signal });
  await asked;
  cancel.abort();
  await assert.rejects(attempt, { code: 'transport/cancelled' });
});

test('both addresses of localhost are asked for before a packet is sent', async (t) => {
  const port = await serverOn(t, '::1');
  const asked: string[][] = [];
  const permit = (addresses: readonly { host: string }[]): Promise<void> => {
    asked.push(addresses.map(({ host }) => host));
    return Promise.reject(new Error('production'));
  };
  await assert.rejects(connect(`coap://localhost:${port}`, { permit }), /production/);
  assert.deepEqual(asked, [['::1', '127.0.0.1']]);
});

test('the zone of an address is an interface of this machine', async () => {
  for (const server of ['coap://[::1%25nowhere7]:4646', 'coap://[::1%nowhere7]'])
    await assert.rejects(connect(server), (error: unknown) => {
      assert.match(describeError(error), /no interface "nowhere7" for the address ::1%nowhere7\. It has .*lo/);
      return (error as { code: string }).code === 'transport/no-interface';
    });
});
