import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { systemClock } from '#dots/runtime/clock';
import type { JsonObject } from '#dots/model/json';
import type { Orchestrator } from '#dots/orchestrator/orchestrator';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { needTool } from '../../support/tools';
import { needDtls, psk } from '../../support/protocol/dtlsScene';
import { startProgram } from '../../support/protocol/dtlsTools';
import { builds, debianPackage, keyOf, type Build } from '../../support/protocol/lossyScene';
import {
  eventually,
  protect,
  request,
  run,
  scopesOf,
  startOrchestrator,
  temporaryFolder,
} from '../../support/protocol/scene';

type Transport = 'coaps' | 'coapsTcp';
const proofs = ['certificate', 'psk'] as const;
type Proof = (typeof proofs)[number];

/** An orchestrator, and what libcoap's client and ours show so that it takes them for the same client. */
interface Scene {
  server: string;
  folder: string;
  session: SignalSession;
  proofs: Record<Proof, string[]>;
}

async function scene(t: TestContext, transport: Transport, proof: Proof, cuid: string): Promise<Scene> {
  const orchestrator = await startOrchestrator(t, { clock: systemClock, psk: keyOf });
  const { ca, cert, key } = orchestrator;
  const server = orchestrator[transport] ?? '';
  const session = await SignalSession.open({ server, cuid, credentials: await ours(orchestrator, proof) });
  t.after(() => session.close());
  return {
    server,
    session,
    folder: await temporaryFolder(t),
    proofs: { certificate: ['-c', cert, '-j', key, '-C', ca], psk: ['-u', psk.identity, '-k', psk.key.toString()] },
  };
}

async function ours({ ca, cert, key }: Orchestrator, proof: Proof): Promise<ClientCredentials> {
  return proof === 'psk' ? { psk } : readCredentials('', { ca, cert, key });
}

/**
 * The scopes in what the client printed, which ends with a line feed; on a slow machine it asks again, and prints a
 * second answer as it did the first.
 */
function printed(stdout: Buffer): JsonObject[] {
  const [first, second] = [stdout.subarray(0, stdout.length / 2), stdout.subarray(stdout.length / 2)];
  return scopesOf(decodeDocument((first.equals(second) ? first : stdout).subarray(0, -1)));
}

async function blocks(build: Build, { server, folder, session, proofs }: Scene, proof: Proof): Promise<void> {
  for (let mid = 1; mid <= 30; mid++) await session.requestMitigation(protect(`192.0.2.${mid}/32`), mid);
  const url = `${server}/.well-known/dots/mitigate/cuid=many`;
  const ask = (...args: string[]): ReturnType<typeof run> =>
    run(`coap-client-${build}`, ['-B', '20', ...proofs[proof], ...args]);
  for (const size of ['64', '256', '1024']) {
    const list = await ask('-b', size, '-A', '271', url);
    assert.deepEqual(
      printed(list.stdout).map(({ mid }) => mid),
      Array.from({ length: 30 }, (_, index) => index + 1),
      list.stderr,
    );
  }
  const prefixes = Array.from({ length: 200 }, (_, index) => `2001:db8:${index.toString(16)}::/48`);
  const body = join(folder, 'large.cbor');
  writeFileSync(body, encodeDocument(request({ 'target-prefix': prefixes, lifetime: 60 })));
  for (const [index, more] of [[], ['-b', '256']].entries()) {
    const put = await ask('-m', 'put', '-t', '271', ...more, '-f', body, `${url}/mid=${100 + index}`);
    assert.deepEqual(printed(put.stdout), [{ mid: 100 + index, lifetime: 60 }], put.stderr);
    assert.deepEqual(scopesOf((await session.status(100 + index)).body)[0]?.['target-prefix'], prefixes);
  }
}

/** An observer is notified of the end of a mitigation. */
async function observation(
  t: TestContext,
  build: Build,
  transport: Transport,
  { server, session, proofs }: Scene,
  proof: Proof,
): Promise<void> {
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const { said } = startProgram(t, `coap-client-${build}`, [
    '-B',
    '60',
    '-s',
    '60',
    '-v',
    '7',
    ...proofs[proof],
    '-A',
    '271',
    `${server}/.well-known/dots/mitigate/cuid=watched/mid=1`,
  ]);
  const notifications = (): string[] => said().match(/.*c:2\.05.*Observe:.*/g) ?? [];
  await eventually(() => notifications().length > 0);
  const before = notifications().length;
  await session.withdraw(1);
  await eventually(() => notifications().length > before);
  // RFC 9132 section 4.4.2.1: notifications are non-confirmable; TLS knows no types of messages.
  if (transport === 'coaps') assert.match(notifications()[before] ?? '', /t:NON /);
}

const pairs = builds.flatMap((build) =>
  (['coaps', 'coapsTcp'] as const).flatMap((transport) => proofs.map((proof) => ({ build, transport, proof }))),
);

/** Every client over both transports with each proof, several at once: they wait more than they work. */
function each(
  title: string,
  cuid: string,
  run: (t: TestContext, pair: (typeof pairs)[number], scene: Scene) => Promise<void>,
): void {
  test(title, { concurrency: 8 }, async (t) => {
    await Promise.all(
      pairs.map((pair) =>
        t.test(
          `coap-client-${pair.build} over ${pair.transport === 'coaps' ? 'DTLS' : 'TLS'}, ${pair.proof}`,
          async (t) => {
            if (!needTool(t, `coap-client-${pair.build}`, debianPackage) || !needDtls(t)) return;
            await run(t, pair, await scene(t, pair.transport, pair.proof, cuid));
          },
        ),
      ),
    );
  });
}

each(
  'libcoap as client over DTLS and TLS: large lists and large requests in blocks',
  'many',
  (_, { build, proof }, scene) => blocks(build, scene, proof),
);
each(
  'libcoap as client over DTLS and TLS: an observer is notified',
  'watched',
  (t, { build, transport, proof }, scene) => observation(t, build, transport, scene, proof),
);
