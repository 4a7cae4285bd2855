import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Channel, Receiver } from '#dots/coap/messages/channel';
import { InBandLinks } from '#dots/orchestrator/dms/inBandChannel';
import { network } from '../../../support/dmsScene';

interface Ends {
  channel: Channel;
  sent: number;
  closed: boolean;
  receiver: Receiver | undefined;
}

function ends(kind: Channel['kind']): Ends {
  const made: Ends = { sent: 0, closed: false, receiver: undefined, channel: undefined as never };
  made.channel = {
    peer: 'client',
    kind,
    maxMessageSize: 1000,
    attach: (receiver) => (made.receiver = receiver),
    send: () => (made.sent += 1),
    close: () => {
      made.closed = true;
      return Promise.resolve();
    },
  };
  return made;
}

/** A link of 10 Gbit/s at which so much arrives, bits per second. */
function links(rate: number): InBandLinks {
  const { world } = network([]);
  world.addClass({ name: 'load', kind: 'attack', to: '192.0.2.1', enters: { 'transit-1': 1 }, rate });
  world.step();
  return new InBandLinks(world);
}

/** How many of a thousand datagrams arrive, sent and received. */
function arrived(rate: number): [sent: number, received: number] {
  const made = ends('datagram');
  let received = 0;
  const channel = links(rate).channel(made.channel, 'transit-1');
  channel.attach({ message: () => (received += 1), failure: () => undefined, closed: () => undefined });
  for (let count = 0; count < 1000; count++) {
    channel.send(new Uint8Array(1));
    made.receiver?.message(new Uint8Array(1));
  }
  return [made.sent, received];
}

test('datagrams are lost with the share that the link loses, both ways, and the same by the same seed', () => {
  assert.deepEqual(arrived(10_000_000_000), [1000, 1000]);
  const [sent, received] = arrived(20_000_000_000);
  for (const each of [sent, received]) assert.ok(each > 400 && each < 600, `${each} of 1000`);
  assert.deepEqual(arrived(20_000_000_000), [sent, received]);
});

test('a stream passes unchanged up to a loss of 30 %, and ends above it', () => {
  for (const [rate, passes] of [
    [14_000_000_000, true],
    [15_000_000_000, false],
  ] as const) {
    const made = ends('stream');
    links(rate).channel(made.channel, 'transit-1').send(new Uint8Array(1));
    assert.deepEqual([made.sent, made.closed], [passes ? 1 : 0, !passes]);
  }
});
