import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectUdp, listenUdp } from '#dots/transport/udp';
import { call, parties, psk, startEcho } from '../../../support/protocol/dtlsScene';
import { connected, listening } from '../../../support/protocol/tlsScene';

test('the DTLS module is compiled once, and only when DTLS is used', async (t) => {
  if ((await parties(t)) === undefined) return;
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<unknown> } };
  const compiled = t.mock.method(WebAssembly, 'compile');
  const plain = await listenUdp({ host: '127.0.0.1', port: 0 }, () => undefined);
  t.after(() => plain.close());
  const udp = await connectUdp(plain.address);
  udp.send(Buffer.from('one'));
  await udp.close();
  const tls = await listening(t, { psk: () => psk.key });
  assert.equal(
    (
      await (
        await connected(t, tls, { psk })
      ).request({ method: 'GET', path: ['a'], confirmable: true }, { timeoutMs: 20_000 })
    ).code,
    '2.05',
  );
  assert.equal(compiled.mock.callCount(), 0);
  const server = await startEcho(t, { psk: () => psk.key });
  for (let count = 0; count < 2; count++)
    assert.equal(await (await call(t, server.port, { psk })).ask('one'), 're:one');
  assert.equal(compiled.mock.callCount(), 1);
});
