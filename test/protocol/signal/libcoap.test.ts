import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { systemClock } from '#dots/runtime/clock';
import { Endpoint } from '#dots/coap/endpoint';
import { connectUdp } from '#dots/transport/udp';
import { needTool } from '../../support/tools';
import { startProgram } from '../../support/protocol/dtlsTools';
import {
  eventually,
  figure7,
  freePort,
  openSession,
  protect,
  run,
  scopesOf,
  startOrchestrator,
  temporaryFolder,
} from '../../support/protocol/scene';

const debianPackage = 'libcoap3-bin';
const builds = ['openssl', 'gnutls'] as const;
type Build = (typeof builds)[number];

/** libcoap's server on loopback, up and answering. */
async function libcoapServer(t: TestContext, build: Build): Promise<number> {
  const port = await freePort();
  const child = spawn(`coap-server-${build}`, ['-A', '127.0.0.1', '-p', String(port), '-d', '10'], { stdio: 'ignore' });
  t.after(async () => {
    const closed = once(child, 'close');
    child.kill();
    await closed;
  });
  await eventually(async () => {
    const endpoint = new Endpoint(await connectUdp({ host: '127.0.0.1', port }));
    return endpoint
      .request({ method: 'GET', path: [], confirmable: false }, { timeoutMs: 500 })
      .then(
        () => true,
        () => false,
      )
      .finally(() => endpoint.close());
  });
  return port;
}

for (const build of builds) {
  test(`coap-client-${build} as client: PUT, GET and a refusal`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage)) return;
    const { signal } = await startOrchestrator(t);
    const body = join(await temporaryFolder(t), 'request.cbor');
    await writeFile(body, encodeDocument(figure7));
    const resource = `${signal}/.well-known/dots/mitigate/cuid=dz6pHjaADkaFTbjr0JGBpw/mid=123`;
    const ask = (...args: string[]) => run(`coap-client-${build}`, ['-B', '10', ...args]);
    const put = await ask('-N', '-m', 'put', '-t', '271', '-f', body, resource);
    assert.deepEqual(scopesOf(decodeDocument(put.stdout.subarray(0, -1))), [{ mid: 123, lifetime: 3600 }], put.stderr);
    const get = await ask('-m', 'get', '-A', '271', resource);
    assert.equal(scopesOf(decodeDocument(get.stdout.subarray(0, -1)))[0]?.status, 'attack-mitigation-in-progress');
    const wrong = await ask('-m', 'put', '-t', '60', '-f', body, resource);
    assert.match(wrong.stderr, /4\.15/);
    const gone = await ask('-m', 'get', `${signal}/.well-known/dots/mitigate/cuid=nobody`);
    assert.match(gone.stderr, /4\.04/);
  });

  test(`coap-client-${build} as client: a large list in blocks, and a large request in blocks`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage)) return;
    const { signal } = await startOrchestrator(t);
    const session = await openSession(t, signal, 'many');
    for (let mid = 1; mid <= 30; mid++) await session.requestMitigation(protect(`192.0.2.${mid}/32`), mid);
    const list = await run(`coap-client-${build}`, [
      '-B',
      '10',
      '-b',
      '256',
      '-A',
      '271',
      `${signal}/.well-known/dots/mitigate/cuid=many`,
    ]);
    assert.equal(scopesOf(decodeDocument(list.stdout.subarray(0, -1))).length, 30, list.stderr);
    const prefixes = Array.from({ length: 200 }, (_, index) => `2001:db8:${index.toString(16)}::/48`);
    const body = join(await temporaryFolder(t), 'large.cbor');
    await writeFile(
      body,
      encodeDocument({
        'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': prefixes, lifetime: 60 }] },
      }),
    );
    const put = await run(`coap-client-${build}`, [
      '-B',
      '10',
      '-m',
      'put',
      '-t',
      '271',
      '-f',
      body,
      `${signal}/.well-known/dots/mitigate/cuid=large/mid=1`,
    ]);
    assert.deepEqual(scopesOf(decodeDocument(put.stdout.subarray(0, -1))), [{ mid: 1, lifetime: 60 }], put.stderr);
  });

  test(`coap-client-${build} as client: an observer is notified`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage)) return;
    const orchestrator = await startOrchestrator(t, { clock: systemClock });
    const session = await openSession(t, orchestrator.signal, 'watched');
    await session.requestMitigation(protect('192.0.2.0/24'), 1);
    const { said } = startProgram(t, `coap-client-${build}`, [
      '-N',
      '-B',
      '60',
      '-s',
      '60',
      '-A',
      '271',
      '-v',
      '7',
      `${orchestrator.signal}/.well-known/dots/mitigate/cuid=watched/mid=1`,
    ]);
    const notifications = (): number => said().match(/t:NON c:2\.05.*Observe:\d+/g)?.length ?? 0;
    await eventually(() => notifications() > 0);
    const before = notifications();
    await session.withdraw(1);
    await eventually(() => notifications() > before);
  });

  test(`coap-server-${build} as server: a path it does not know is a refusal, not a failure`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
    const session = await openSession(t, `coap://127.0.0.1:${await libcoapServer(t, build)}`);
    const answer = await session.status(1);
    assert.deepEqual([answer.code, answer.ok], ['4.04', false]);
    assert.equal(session.state, 'open');
  });

  test(`coap-server-${build} as server: what is put there comes back, in blocks where it is large`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
    const endpoint = new Endpoint(await connectUdp({ host: '127.0.0.1', port: await libcoapServer(t, build) }));
    t.after(() => endpoint.close());
    for (const [confirmable, size] of [
      [true, 100],
      [false, 100],
      [true, 3000],
      [false, 3000],
    ] as const) {
      const payload = Buffer.alloc(size, 'dots');
      const path = [`kept-${size}-${String(confirmable)}`];
      const put = await endpoint.request(
        { method: 'PUT', path, payload, contentFormat: 42, confirmable },
        { timeoutMs: 20_000 },
      );
      assert.match(put.code, /^2\./);
      const get = await endpoint.request({ method: 'GET', path, confirmable }, { timeoutMs: 20_000 });
      assert.ok(payload.equals(get.payload), `${get.code}, ${get.payload.length} bytes`);
    }
  });
}
