import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { alone, confirmable, fails, long, nonConfirmable } from './coapScene';

test('a request whose first copy is refused by the network at once is not sent again', async () => {
  for (const request of [nonConfirmable, confirmable]) {
    const { clock, channel, endpoint } = alone();
    let tries = 0;
    channel.send = () => {
      tries += 1;
      channel.refuse(new DotsError('unreachable', 'transport/network', 'No route.'));
    };
    await fails(endpoint.request(request, long), 'transport/network');
    await clock.advance(60_000);
    assert.deepEqual([tries, clock.pending], [1, 0]);
  }
});
