import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flights } from '#dots/transport/dtls/flights';
import { FakeClock } from '../../../support/protocol/fakeClock';

function scene(): { clock: FakeClock; flights: Flights; repeated: number[] } {
  const clock = new FakeClock();
  const repeated: number[] = [];
  const flights: Flights = new Flights(clock, (bytes) => {
    repeated.push(clock.monotonic());
    flights.sent(bytes);
  });
  return { clock, flights, repeated };
}

test('the first flight is repeated 5 s after its last copy, until something is heard', async () => {
  const { clock, flights, repeated } = scene();
  const hello = Buffer.from('hello');
  // As the library repeats it.
  for (const wait of [1000, 2000, 4000]) {
    flights.sent(hello);
    await clock.advance(wait);
  }
  flights.sent(hello);
  await clock.advance(12_000);
  assert.deepEqual(repeated, [12_000, 17_000]);
  flights.answered();
  flights.sent(hello);
  await clock.advance(60_000);
  assert.deepEqual([repeated.length, clock.pending], [2, 0]);
});

test('the shortest round trip of a handshake counts, from the first copy of a flight', async () => {
  const { clock, flights } = scene();
  for (const [wait, expected] of [
    [3000, 3000],
    [40, 40],
    [90, 40],
  ] as const) {
    flights.sent(Buffer.alloc(0));
    await clock.advance(wait / 2);
    flights.sent(Buffer.alloc(0));
    await clock.advance(wait / 2);
    flights.answered();
    flights.answered();
    assert.equal(flights.roundTripMs, expected);
  }
});

test('a handshake that ends repeats nothing', async () => {
  const { clock, flights, repeated } = scene();
  flights.sent(Buffer.alloc(0));
  flights.end();
  await clock.advance(60_000);
  assert.deepEqual([repeated, clock.pending], [[], 0]);
});
