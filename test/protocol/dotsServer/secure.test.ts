import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '#dots/runtime/clock';
import { FrameReader } from '#dots/coap/messages/frames';
import { signals } from '#dots/coap/messages/signalingMessages';
import { largestMessage } from '#dots/coap/messages/stream';
import type { JsonObject } from '#dots/model/json';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { SignalSession, type Answer } from '#dots/signal/session';
import { certify, newKey } from '#dots/transport/certificates/certificates';
import { connect } from '#dots/transport/connect/connect';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { root } from '../../support/shared';
import { eventually, protect, scopesOf, startOrchestrator, temporaryFolder } from '../../support/protocol/scene';

interface Scene {
  orchestrator: Orchestrator;
  /** The client of the lab, another one that the same CA vouches for, and one with a pre-shared key. */ first: ClientCredentials;
  second: ClientCredentials;
  psk: ClientCredentials;
}

const key = Buffer.from('a key of sixteen bytes or more');

async function open(t: TestContext): Promise<Scene> {
  const stateDir = await temporaryFolder(t);
  const orchestrator = await startOrchestrator(t, {
    stateDir,
    clock: systemClock,
    psk: (identity) => (identity === 'lab' ? key : undefined),
  });
  const lab = (name: string): string => readFileSync(join(stateDir, 'lab', `${name}.pem`), 'utf8');
  const ca = lab('ca');
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const other = certify({ purpose: 'client', commonName: 'another client', ...validity }, await newKey(), {
    cert: ca,
    key: lab('ca-key'),
  });
  return {
    orchestrator,
    first: { certificate: { ca, cert: lab('client'), key: lab('client-key') } },
    second: { certificate: { ca, ...other } },
    psk: { psk: { identity: 'lab', key } },
  };
}

async function session(
  t: TestContext,
  server: string,
  credentials: ClientCredentials,
  cuid = 'one',
): Promise<SignalSession> {
  const opened = await SignalSession.open({ server, cuid, credentials });
  t.after(() => opened.close());
  return opened;
}

const causeOf = ({ body }: Answer): unknown =>
  (scopesOf(body)[0]?.['conflict-information'] as { 'conflict-cause'?: unknown } | undefined)?.['conflict-cause'];

for (const transport of ['coaps', 'coapsTcp'] as const) {
  test(`${transport}: a cuid belongs to the client that used it first with proof; another client is refused and sees nothing of it`, async (t) => {
    const { orchestrator, first, second, psk } = await open(t);
    const server = orchestrator[transport];
    assert.ok(server);
    const owner = await session(t, server, first);
    assert.equal((await owner.requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
    const stranger = await session(t, server, second);
    const refused = await stranger.requestMitigation(protect('198.51.100.0/24'), 2);
    assert.deepEqual([refused.code, causeOf(refused)], ['4.09', 'cuid-collision']);
    assert.equal((await stranger.status(1)).code, '4.04');
    const withdrawal = await stranger.withdraw(1);
    assert.deepEqual([withdrawal.code, /nothing was deleted/.test(withdrawal.diagnostic ?? '')], ['4.03', true]);
    assert.equal(scopesOf((await owner.status(1)).body)[0]?.status, 'attack-mitigation-in-progress');
    const keyed = await session(t, server, psk);
    assert.deepEqual(
      [(await keyed.status(1)).code, (await keyed.requestMitigation(protect('198.51.100.0/24'), 3)).code],
      ['4.04', '4.09'],
    );
    const other = await session(t, server, psk, 'two');
    assert.equal((await other.requestMitigation(protect('198.51.100.0/24'), 1)).code, '2.01');
  });
}

test('telemetry belongs to its client as mitigations do', async (t) => {
  const { orchestrator, first, second } = await open(t);
  const telemetry = JSON.parse(readFileSync(join(root, 'examples/telemetry.dots.json'), 'utf8')) as JsonObject;
  const owner = await session(t, orchestrator.coapsTcp, first);
  assert.equal((await owner.send(telemetry, { mid: 1 })).code, '2.04');
  const stranger = await session(t, orchestrator.coapsTcp, second);
  assert.deepEqual(
    [
      (await stranger.send(telemetry, { mid: 1 })).code,
      (await stranger.requestMitigation(protect('192.0.2.0/24'), 1)).code,
    ],
    ['4.09', '4.09'],
  );
  assert.equal((await owner.send(telemetry, { mid: 1 })).code, '2.04');
});

test('an observer over TLS is notified of each change, as over DTLS', async (t) => {
  const { orchestrator, first } = await open(t);
  for (const server of [orchestrator.coaps ?? '', orchestrator.coapsTcp]) {
    const client = await session(t, server, first, `at ${server}`);
    await client.requestMitigation(protect('192.0.2.0/24'), 1);
    const withdrawn = new Promise<void>((resolve) => {
      void client
        .observe(1, ({ body }) => {
          if (scopesOf(body)[0]?.status === 'dots-client-withdrawn-mitigation') resolve();
        })
        .then(() => client.withdraw(1));
    });
    await withdrawn;
  }
});

test('a session says how it is protected and whom it verified', async (t) => {
  const { orchestrator, first, psk } = await open(t);
  const overDtls = await session(t, orchestrator.coaps ?? '', first);
  assert.deepEqual([overDtls.security?.protocol, overDtls.security?.peerName], ['DTLS 1.2', '127.0.0.1']);
  const overTls = await session(t, orchestrator.coapsTcp, first);
  // A port that takes pre-shared keys too speaks TLS 1.2 to everybody.
  assert.deepEqual([overTls.security?.protocol, overTls.security?.peerName], ['TLS 1.2', '127.0.0.1']);
  assert.match((await session(t, orchestrator.coapsTcp, psk)).security?.cipherSuite ?? '', /PSK/);
});

test('a server that ends says so to its clients over TLS by a Release, and waits for none of them', async (t) => {
  const orchestrator = await Orchestrator.start();
  const [ca = '', cert = '', key = ''] = [orchestrator.ca, orchestrator.cert, orchestrator.key].map((file) =>
    readFileSync(file, 'utf8'),
  );
  const channel = await connect(orchestrator.coapsTcp, { credentials: { certificate: { ca, cert, key } } });
  t.after(() => channel.close());
  const reader = new FrameReader(largestMessage);
  const codes: string[] = [];
  const gone = new Promise<void>((closed) =>
    channel.attach({
      message: (bytes) => {
        for (const message of reader.push(bytes)) codes.push('malformed' in message ? message.malformed : message.code);
      },
      failure: (error) => codes.push(error.code),
      closed,
    }),
  );
  await eventually(() => codes.length === 1);
  await orchestrator.close();
  await gone;
  assert.deepEqual(codes, [signals.csm, signals.release]);
});

test('a mitigation request larger than a datagram is refused unsent over DTLS unless blocks are allowed, and goes whole over TLS', async (t) => {
  const { orchestrator, first } = await open(t);
  const large = protect('192.0.2.0/24', {
    'target-prefix': Array.from({ length: 120 }, (_, index) => `192.0.2.${index}/32`),
  });
  const overDtls = await session(t, orchestrator.coaps ?? '', first);
  const before = overDtls.heard;
  await assert.rejects(overDtls.requestMitigation(large, 1), { kind: 'usage', code: 'signal/needs-blocks' });
  assert.deepEqual([overDtls.heard, overDtls.state], [before, 'open']);
  const cut = await overDtls.requestMitigation(large, 1, { blocks: true });
  assert.deepEqual([cut.code, cut.request.blocks], ['2.01', 2]);
  const overTls = await session(t, orchestrator.coapsTcp ?? '', first);
  const whole = await overTls.requestMitigation(large, 1);
  assert.deepEqual([whole.code, whole.request.blocks, whole.notes], ['2.04', undefined, undefined]);
});
