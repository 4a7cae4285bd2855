import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { Endpoint } from '#dots/coap/endpoint';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { SignalSession } from '#dots/signal/session';
import { connectUdp } from '#dots/transport/udp';
import { FakeClock } from '../../support/protocol/fakeClock';
import { isConfirmable, malformedDatagrams } from '../../support/protocol/malformed';
import {
  eventually,
  isError,
  openSession,
  portOf,
  freePort,
  protect,
  scopesOf,
  startOrchestrator,
  temporaryFolder,
  udpSocket,
} from '../../support/protocol/scene';

test('a port in use and an address beyond the machine are refused with a sentence', async (t) => {
  const orchestrator = await startOrchestrator(t);
  await assert.rejects(
    Orchestrator.start({ plain: true, signalPort: portOf(orchestrator.signal) }),
    isError('usage', 'transport/port-in-use'),
  );
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
    await assert.rejects(Orchestrator.start({ host }), isError('usage', 'transport/not-loopback'), host);
  }
});

test('the state comes back after a restart, and lifetimes have gone on', async (t) => {
  const stateDir = await temporaryFolder(t);
  const clock = new FakeClock();
  const port = await freePort();
  const first = await Orchestrator.start({ stateDir, clock, plain: true, signalPort: port });
  const session = await openSession(t, first.signal ?? '', 'client');
  await session.requestMitigation(protect('192.0.2.0/24', { lifetime: 3600 }), 1);
  await session.requestMitigation(protect('198.51.100.0/24', { lifetime: 60 }), 2);
  await session.send(
    {
      'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ 'current-config': { 'measurement-interval': 'hour' } }] },
    },
    { mid: 3 },
  );
  await first.close();
  assert.deepEqual((await readdir(stateDir)).sort(), ['journal', 'lab', 'lock.1']);
  await clock.advance(100_000);
  const second = await startOrchestrator(t, { stateDir, clock, signalPort: port });
  assert.deepEqual(
    second.mitigations().map(({ mid, lifetime, statusLabel }) => [mid, lifetime, statusLabel]),
    [[1, 3500, 'attack-successfully-mitigated']],
  );
  assert.equal(scopesOf((await session.status(1)).body)[0]?.lifetime, 3500);
  assert.equal(
    (
      await session.send(
        {
          'ietf-dots-telemetry:telemetry-setup': {
            telemetry: [{ 'current-config': { 'measurement-interval': 'day' } }],
          },
        },
        { mid: 3 },
      )
    ).code,
    '2.04',
  );
});

test('a mitigation that cannot be kept is not acknowledged', async (t) => {
  const stateDir = await temporaryFolder(t);
  const orchestrator = await startOrchestrator(t, { stateDir: `${stateDir}/gone` });
  await rm(stateDir, { recursive: true });
  const session = await openSession(t, orchestrator.signal);
  assert.equal((await session.requestMitigation(protect('192.0.2.0/24'), 1)).code, '5.00');
  assert.deepEqual(orchestrator.mitigations(), []);
});

test('malformed datagrams leave the server alive, and it resets the confirmable ones', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const noise = await udpSocket(t);
  const answers: string[] = [];
  noise.on('message', (bytes) => answers.push(bytes.toString('hex')));
  for (const [, datagram] of malformedDatagrams)
    noise.send(Buffer.from(datagram, 'hex'), portOf(orchestrator.signal), '127.0.0.1');
  const session = await openSession(t, orchestrator.signal);
  assert.equal((await session.requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
  const resets = malformedDatagrams.filter(([, datagram]) => isConfirmable(datagram)).map(() => '70000001');
  await eventually(() => answers.length >= resets.length);
  assert.deepEqual(answers, resets);
});

test('a flood from many ports leaves the server alive and its memory bounded', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const sockets = await Promise.all(Array.from({ length: 300 }, () => udpSocket(t)));
  for (const socket of sockets)
    socket.send(
      Buffer.from('40010001bb2e77656c6c2d6b6e6f776e04646f7473', 'hex'),
      portOf(orchestrator.signal),
      '127.0.0.1',
    );
  const session = await openSession(t, orchestrator.signal);
  assert.equal((await session.requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
});

test('closing ends sockets, timers and sessions', async () => {
  const clock = new FakeClock();
  const orchestrator = await Orchestrator.start({ clock, plain: true });
  const { signal = '' } = orchestrator;
  const endpoint = new Endpoint(await connectUdp({ host: '127.0.0.1', port: portOf(signal) }), { clock });
  const session = await SignalSession.open({ server: signal, cuid: 'c', clock });
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  await session.observe(1, () => undefined);
  await session.close();
  await orchestrator.close();
  await endpoint.close();
  assert.equal(clock.pending, 0);
  assert.equal(session.state, 'closed');
  await assert.rejects(session.status(1), isError('unreachable', 'coap/closed'));
});

test('noise is in the log of the server with its reason, not once for each datagram', async (t) => {
  const log: string[] = [];
  const orchestrator = await startOrchestrator(t, { log: (line) => log.push(line) });
  const noisy = await udpSocket(t);
  for (let count = 0; count < 10; count++) noisy.send(Buffer.from('40'), portOf(orchestrator.signal), '127.0.0.1');
  const noise = (): string[] => log.filter((line) => line.includes('dropped'));
  await eventually(() => noise().length === 4);
  const peer = `signal: 127.0.0.1:${noisy.address().port}: A message was dropped: shorter than a header.`;
  assert.deepEqual(noise(), [peer, `${peer} (2 so far)`, `${peer} (4 so far)`, `${peer} (8 so far)`]);
});
