import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import { Endpoint } from '#dots/coap/endpoint';
import type { DtlsChannel } from '#dots/transport/dtls/channel';
import { connectDtls } from '#dots/transport/dtls/client';
import { connectUdp } from '#dots/transport/udp';
import { LossyRelay } from '../../support/lossyRelay';
import { needTool } from '../../support/tools';
import { needDtls } from '../../support/protocol/dtlsScene';
import { connectWhenUp, freePair, startProgram, type Program } from '../../support/protocol/dtlsTools';
import {
  armoury,
  bracketed,
  builds,
  clientCredentials,
  debianPackage,
  harmed,
  labs,
  libcoapArguments,
  loopbacks,
  lossyPath,
  proofs,
  timeoutMs,
  together,
  type Arms,
  type Build,
  type Lab,
  type Loopback,
  type Proof,
} from '../../support/protocol/lossyScene';
import { eventually, portOf, protect, run, temporaryFolder } from '../../support/protocol/scene';

/**
 * How often a handshake may be begun. With OpenSSL once; with GnuTLS, libcoap gives one up after five seconds, at
 * either end, in which it may have sent its words twice only: then nothing was asked yet.
 */
const starts: Record<Build, number> = { openssl: 1, gnutls: 4 };

interface Pair {
  build: Build;
  proof: Proof;
  host: Loopback;
}

/** Each build with each proof over IPv4, and over IPv6 with the largest flights. */
const pairs: Pair[] = builds.flatMap((build) => [
  ...proofs.map((proof) => ({ build, proof, host: loopbacks[0] })),
  { build, proof: 'rsa' as const, host: loopbacks[1] },
]);

const titleOf = ({ build, proof, host }: Pair): string => `${build}, ${proof}, ${host}`;

const large = Buffer.alloc(3000, 'dots');
/** What libcoap 4.3 makes of a body whose last block it hears twice: it takes the second copy for a body of its own. */
const lastBlock = large.subarray(2048);

/** Bodies there and back; one that is larger than a datagram comes in blocks, any of which may be lost. */
async function bodies(endpoint: Endpoint): Promise<void> {
  for (const confirmable of [false, true]) {
    const body = Buffer.alloc(100, 'dots');
    assert.deepEqual(await kept(endpoint, `small-${String(confirmable)}`, body, confirmable), body);
  }
  // Put again where the answer to the last block was lost, which is the one fault that libcoap cannot recover from.
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const got = await kept(endpoint, 'large', large, true);
    if (got.equals(large)) return;
    assert.deepEqual(got, lastBlock);
  }
  assert.fail('a large body never came through');
}

/** What libcoap's server has kept of a body. */
async function kept(endpoint: Endpoint, name: string, payload: Buffer, confirmable: boolean): Promise<Buffer> {
  const path = [name];
  assert.match(
    (await endpoint.request({ method: 'PUT', path, payload, contentFormat: 42, confirmable }, { timeoutMs })).code,
    /^2\.0[14]$/,
  );
  const got = await endpoint.request({ method: 'GET', path, confirmable }, { timeoutMs });
  assert.equal(got.code, '2.05');
  return Buffer.from(got.payload);
}

/** The same by libcoap's client, which ends what it prints with a line feed. */
async function keptByLibcoap(build: Build, url: string, file: string): Promise<Buffer> {
  await run(`coap-client-${build}`, ['-B', '20', '-m', 'put', '-t', '42', '-f', file, url]);
  return (await run(`coap-client-${build}`, ['-B', '20', '-m', 'get', url])).stdout.subarray(0, -1);
}

for (const build of builds) {
  test(`coap-server-${build} makes the same of our blocks that come twice as of those of libcoap's clients`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
    const [port, file] = [await freePair(), join(await temporaryFolder(t), 'large')];
    writeFileSync(file, large);
    startProgram(t, `coap-server-${build}`, ['-A', loopbacks[0], '-p', String(port), '-d', '10']);
    const got = async (name: string): Promise<Buffer> => {
      const relay = await LossyRelay.open({ address: loopbacks[0], port }, { seed: 1, duplication: 1 });
      t.after(() => relay.close());
      if (name !== 'ours') return keptByLibcoap(name as Build, `coap://${loopbacks[0]}:${relay.port}/${name}`, file);
      const endpoint = new Endpoint(await connectUdp({ host: loopbacks[0], port: relay.port }));
      t.after(() => endpoint.close());
      return kept(endpoint, name, large, true);
    };
    const ours = await got('ours');
    assert.ok(ours.equals(large) || ours.equals(lastBlock), `${ours.length} bytes`);
    for (const other of builds) assert.deepEqual(await got(other), ours, other);
  });
}

async function connected(build: Build, connect: () => Promise<DtlsChannel>): Promise<DtlsChannel> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await connect().catch((error: unknown) => error as Error);
    if (!(outcome instanceof Error)) return outcome;
    if (attempt === starts[build]) throw outcome;
  }
}

/** The time of libcoap's server, which changes each second. */
async function observation(endpoint: Endpoint): Promise<void> {
  const heard: string[] = [];
  const { stop } = await endpoint.observe(
    { method: 'GET', path: ['time'], confirmable: true },
    { timeoutMs },
    ({ code, payload }) => heard.push(`${code} ${Buffer.from(payload).toString()}`),
  );
  await eventually(() => heard.length >= 3);
  await stop();
  assert.equal(new Set(heard).size, heard.length, 'a notification that arrived twice was reported once');
  assert.ok(
    heard.every((each) => each.startsWith('2.05 ')),
    heard.join(),
  );
}

/** By it, every kind of harm befalls each pair. */
const seed = 1;

test("our client and libcoap's servers, over a path that loses, delays, reorders and repeats", together, async (t) => {
  if (!needTool(t, 'openssl', 'openssl') || !needDtls(t)) return;
  const arms = await armoury(t);
  await Promise.all(
    pairs.map((pair) =>
      t.test(titleOf(pair), async (t) => {
        const { build, proof, host } = pair;
        if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
        const port = await freePair();
        startProgram(t, `coap-server-${build}`, [
          '-A',
          host,
          '-p',
          String(port),
          '-d',
          '10',
          ...libcoapArguments(arms, proof, 'server'),
        ]);
        const options = { credentials: clientCredentials(arms, proof), serverName: 'localhost', deadlineMs: timeoutMs };
        await (await connectWhenUp(t, port + 1, options, host)).close();
        const relay = await lossyPath(t, host, port + 1, seed);
        const endpoint = new Endpoint(await connected(build, () => connectDtls({ host, port: relay.port }, options)));
        t.after(() => endpoint.close());
        await bodies(endpoint);
        await observation(endpoint);
        await harmed(relay);
      }),
    ),
  );
});

async function answered(build: Build, ask: () => ReturnType<typeof run>): ReturnType<typeof run> {
  for (let attempt = 1; ; attempt += 1) {
    const said = await ask();
    if (said.stdout.length > 0 || attempt === starts[build]) return said;
  }
}

/** Waits until an observer was notified twice after its first answer. */
async function observed(build: Build, start: () => Program): Promise<void> {
  for (let attempt = 1; attempt <= starts[build]; attempt += 1) {
    const { said, child } = start();
    const notifications = (): number => (said().match(/c:2\.05.*Observe:\d+/g) ?? []).length;
    await eventually(() => notifications() >= 3 || child.exitCode !== null);
    if (notifications() >= 3) return;
    assert.equal(notifications(), 0, said());
  }
  assert.fail(`not notified within ${starts[build]} starts`);
}

interface Asked {
  all: Lab;
  arms: Record<'ec' | 'rsa', Arms>;
  prefix: string;
  cuid: string;
  folder: string;
}

/** Puts a mitigation, gets it, and finds that each was done once. */
async function putAndGet(t: TestContext, pair: Pair, { all, arms, prefix, cuid, folder }: Asked): Promise<void> {
  const { build, proof, host } = pair;
  const relay = await lossyPath(t, host, portOf(all.orchestrator.coaps ?? ''), seed);
  const url = `coaps://${bracketed(host)}:${relay.port}/.well-known/dots/mitigate/cuid=${cuid}/mid=1`;
  const file = join(folder, cuid);
  writeFileSync(file, encodeDocument(protect(prefix)));
  const args = libcoapArguments(arms, proof, 'client');
  const ask = (...more: string[]): ReturnType<typeof run> =>
    run(`coap-client-${build}`, ['-B', '60', '-v', '0', ...args, ...more, url]);
  const put = await answered(build, () => ask('-m', 'put', '-t', '271', '-f', file));
  assert.deepEqual(
    all.orchestrator
      .mitigations()
      .filter((each) => each.cuid === cuid)
      .map(({ mid, scope }) => [mid, scope['target-prefix']]),
    [[1, [prefix]]],
    put.stderr,
  );
  const got = await answered(build, () => ask('-m', 'get', '-A', '271'));
  assert.ok(got.stdout.includes(prefix), got.stderr);
  await observed(build, () =>
    startProgram(t, `coap-client-${build}`, [
      '-B',
      '60',
      '-s',
      '60',
      '-v',
      '7',
      ...args,
      '-m',
      'get',
      '-A',
      '271',
      url,
    ]),
  );
  // Confirmable messages, and a copy is known for what it is.
  assert.deepEqual(
    all.log.filter((line) => line.includes(cuid) && !line.startsWith('mitigation')).map((line) => line.split(' ')[1]),
    ['PUT', 'GET', 'GET'],
  );
  await harmed(relay);
}

test("libcoap's clients and the orchestrator, over such a path", together, async (t) => {
  if (!needTool(t, 'openssl', 'openssl') || !needDtls(t)) return;
  const [arms, folder] = [await armoury(t), await temporaryFolder(t)];
  const labOf = await labs(t, arms);
  await Promise.all(
    pairs.map((pair, index) =>
      t.test(titleOf(pair), async (t) => {
        if (!needTool(t, `coap-client-${pair.build}`, debianPackage)) return;
        const all = labOf(pair.proof, pair.host);
        await putAndGet(t, pair, {
          all,
          arms,
          prefix: `203.0.113.${index + 1}/32`,
          cuid: `${pair.build}-${pair.proof}-${index}`,
          folder,
        });
      }),
    ),
  );
});
