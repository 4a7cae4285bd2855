import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Endpoint } from '#dots/coap/endpoint';
import { FrameReader } from '#dots/coap/messages/frames';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import { call, needDtls, startEcho } from '../../support/protocol/dtlsScene';
import { FakeClock } from '../../support/protocol/fakeClock';
import { eventually } from '../../support/protocol/scene';
import { connected, echo, listening, psk } from '../../support/protocol/tlsScene';

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

for (const [direction, leapMs] of [
  ['forward', hour],
  ['back', -hour],
] as const) {
  test(`a session over TLS is closed after its idle time and not before, though the clock was set ${direction}`, async (t) => {
    const clock = new FakeClock();
    const server = await listening(t, keys, { clock, ...idle });
    const client = await connected(t, server, { psk });
    let closed = false;
    client.onClose(() => {
      closed = true;
    });
    const ask = (): Promise<unknown> =>
      client.request({ method: 'GET', path: ['a'], confirmable: true }, { timeoutMs: 20_000 });
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

for (const end of ['an idle session', 'the whole server'] as const) {
  test(`a server that ends ${end} says so to its clients over TLS`, async (t) => {
    const clock = new FakeClock();
    const server = await listenTls(
      { host: '127.0.0.1', port: 0 },
      { credentials: keys, clock, ...idle },
      (channel) => void new Endpoint(channel, { handler: echo, clock }),
    );
    t.after(() => server.close());
    const reader = new FrameReader(1 << 16);
    const codes: string[] = [];
    let closed = false;
    const channel = await connectTls(server.address, { credentials: { psk }, serverName: '127.0.0.1' });
    t.after(() => channel.close());
    channel.attach({
      message: (bytes) => {
        for (const frame of reader.push(bytes)) codes.push('code' in frame ? frame.code : 'malformed');
      },
      failure: () => undefined,
      closed: () => {
        closed = true;
      },
    });
    await eventually(() => codes.length === 1);
    if (end === 'an idle session') await clock.advance(1000);
    else void server.close();
    await eventually(() => closed);
    assert.deepEqual(codes, ['7.01', '7.04'], 'CSM, Release (RFC 8323 section 5.5)');
  });
}
