import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, needDtls, startEcho } from './support/dtlsScene';
import { FakeClock } from './support/fake-clock';
import { eventually } from './support/scene';
import { connected, listening, psk } from './support/tls-scene';

const keys = { psk: (identity: string) => (identity === psk.identity ? psk.key : undefined) };
const hour = 3_600_000;
const idle = { limits: { idleMs: 1000 } };

/** Half of the idle time, then the message, the clock set, and the other half. */
async function half(clock: FakeClock, message: () => Promise<unknown>, leapMs: number): Promise<void> {
  await clock.advance(500);
  await message();
  clock.set(clock.now() + leapMs);
  await clock.advance(500);
}

for (const [direction, leapMs] of [['forward', hour], ['back', -hour]] as const) {
  test(`a session over TLS is closed after its idle time and not before, though the clock was set ${direction}`, async (t) => {
    const clock = new FakeClock();
    const server = await listening(t, keys, { clock, ...idle });
    const client = await connected(t, server, { psk });
    let closed = false;
    client.onClose(() => { closed = true; });
    const ask = (): Promise<unknown> => client.request({ method: 'GET', path: ['a'], confirmable: true }, { timeoutMs: 20_000 });
    await ask();
    await half(clock, ask, leapMs);
    await ask();
    assert.equal(closed, false);
    await clock.advance(1000);
    await eventually(() => closed);
  });

  test(`a session over DTLS is closed after its idle time and not before, though the clock was set ${direction}`, async (t) => {
    if (!needDtls(t)) return;
    const clock = new FakeClock();
    const server = await startEcho(t, keys, { clock, ...idle });
    const client = await call(t, server.port, { psk });
    await half(clock, () => client.ask('one'), leapMs);
    assert.equal(await client.ask('two'), 're:two');
    await clock.advance(1000);
    await eventually(() => client.closed());
    assert.equal(server.closed, 1);
  });
}
