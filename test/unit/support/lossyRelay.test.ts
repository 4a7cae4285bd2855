import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { LossyLink, LossyRelay, type Conditions } from '../../support/lossyRelay';

/** What arrives of 1,000 numbered datagrams, in its order. */
function arrivals(conditions: Conditions): number[] {
  const arrived: number[] = [];
  const link = new LossyLink(conditions, (datagram) => arrived.push(Buffer.from(datagram).readUInt16BE()));
  for (let number = 0; number < 1000; number += 1) link.take(Buffer.from([number >> 8, number & 255]));
  link.close();
  return arrived;
}

const between = (value: number, least: number, most: number): void =>
  assert.ok(value >= least && value <= most, `${value} is not from ${least} to ${most}`);
const inOrder = [...Array(1000).keys()];

test('a link without faults delivers everything once and in order', () => {
  assert.deepEqual(arrivals({ seed: 1 }), inOrder);
});

test('a link loses, doubles and reorders as many datagrams as it should', () => {
  between(arrivals({ seed: 1, loss: 0.3 }).length, 650, 750);
  assert.equal(arrivals({ seed: 1, loss: 1 }).length, 0);
  const doubled = arrivals({ seed: 1, duplication: 0.2 });
  between(doubled.length, 1150, 1250);
  assert.equal(new Set(doubled).size, 1000);
  const reordered = arrivals({ seed: 1, reordering: 0.2 });
  between(reordered.filter((number, index) => number < (reordered[index - 1] ?? 0)).length, 100, 200);
  assert.deepEqual(
    [...reordered].sort((a, b) => a - b),
    inOrder,
  );
});

test('the same seed causes the same run, another seed another one, and the losses do not depend on the other faults', () => {
  const conditions = { seed: 7, loss: 0.3, duplication: 0.1, reordering: 0.1 };
  assert.deepEqual(arrivals(conditions), arrivals(conditions));
  assert.notDeepEqual(arrivals(conditions), arrivals({ ...conditions, seed: 8 }));
  const survivors = (each: Conditions): number[] => [...new Set(arrivals(each))].sort((a, b) => a - b);
  assert.deepEqual(survivors(conditions), survivors({ seed: 7, loss: 0.3 }));
});

test('delayed datagrams arrive, each once; a datagram that nothing overtakes arrives too', async () => {
  const arrived: number[] = [];
  let link: LossyLink | undefined;
  const all = new Promise<void>((resolve) => {
    link = new LossyLink({ seed: 3, delay: [1, 5], reordering: 1 }, (datagram) => {
      arrived.push(datagram[0] ?? -1);
      if (arrived.length === 3) resolve();
    });
    for (const number of [0, 1, 2]) link.take(Uint8Array.of(number));
  });
  await all;
  assert.deepEqual([...arrived].sort(), [0, 1, 2]);
  assert.deepEqual(link?.counts, {
    received: 3,
    lost: 0,
    duplicated: 0,
    delayed: 3,
    overtaken: arrived.filter((number, index) => arrived.slice(0, index).some((earlier) => earlier > number)).length,
  });
});

test('of a datagram that nothing overtakes in time, a copy comes after the next one', async () => {
  const arrived: number[] = [];
  let notify: (() => void) | undefined;
  const link = new LossyLink({ seed: 3, reordering: 1 }, (datagram) => {
    arrived.push(datagram[0] ?? -1);
    notify?.();
  });
  const first = new Promise<void>((resolve) => {
    notify = resolve;
  });
  link.take(Uint8Array.of(1));
  await first;
  link.take(Uint8Array.of(2));
  assert.deepEqual(arrived, [1, 2, 1]);
  assert.deepEqual(link.counts, { received: 2, lost: 0, duplicated: 1, delayed: 0, overtaken: 1 });
});

async function bound(t: TestContext, address: string): Promise<Socket> {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** A server that answers each datagram with "you: " before it, and tells from how many ports they came. */
async function echo(
  t: TestContext,
  address: string,
): Promise<{ place: { address: string; port: number }; ports: Set<number> }> {
  const server = await bound(t, address);
  const ports = new Set<number>();
  server.on('message', (datagram, from) => {
    ports.add(from.port);
    server.send(`you: ${datagram.toString()}`, from.port, from.address);
  });
  return { place: server.address(), ports };
}

async function ask(client: Socket, relay: LossyRelay, text: string): Promise<string> {
  const answer = once(client, 'message') as Promise<[Buffer]>;
  client.send(text, relay.port, relay.address);
  return (await answer)[0].toString();
}

for (const address of ['127.0.0.1', '::1']) {
  test(`a relay on ${address} carries the datagrams of each client there and back`, async (t) => {
    const { place, ports } = await echo(t, address);
    const relay = await LossyRelay.open(place, { seed: 1 });
    t.after(() => relay.close());
    assert.equal(relay.address, address);
    const [first, second] = [await bound(t, address), await bound(t, address)];
    assert.deepEqual(await Promise.all([ask(first, relay, 'one'), ask(second, relay, 'two')]), [
      'you: one',
      'you: two',
    ]);
    assert.equal(await ask(first, relay, 'three'), 'you: three');
    assert.equal(ports.size, 2, 'the server sees two clients');
    assert.deepEqual(await relay.counts(), { received: 6, lost: 0, duplicated: 0, delayed: 0, overtaken: 0 });
  });
}

test('what is asked again until it is answered gets through a relay that loses half', async (t) => {
  const { place } = await echo(t, '127.0.0.1');
  const relay = await LossyRelay.open(place, { seed: 5, loss: 0.5, delay: [0, 3] });
  t.after(() => relay.close());
  const client = await bound(t, '127.0.0.1');
  const again = setInterval(() => client.send('hello', relay.port, relay.address), 5);
  t.after(() => clearInterval(again));
  assert.equal(((await once(client, 'message')) as [Buffer])[0].toString(), 'you: hello');
});
