import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { test, type TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { SignalSession } from '#dots/signal/session';
import { FakeClock } from '../../support/protocol/fakeClock';
import { eventually, protect, udpSocket } from '../../support/protocol/scene';

function isCancelled(code: string): (error: unknown) => boolean {
  return (error) => error instanceof DotsError && error.kind === 'unreachable' && error.code === code;
}

/** A UDP server that never answers. */
async function silent(t: TestContext): Promise<{ server: string; socket: Socket; heard: Buffer[] }> {
  const socket = await udpSocket(t);
  const heard: Buffer[] = [];
  socket.on('message', (bytes: Buffer) => heard.push(bytes));
  return { server: `127.0.0.1:${socket.address().port}`, socket, heard };
}

test('a session over plain CoAP is not opened when its caller has given up, before or meanwhile', async (t) => {
  const { server } = await silent(t);
  const open = (signal: AbortSignal): Promise<SignalSession> =>
    SignalSession.open({ server: `coap://${server}`, cuid: 'c', signal });
  await assert.rejects(open(AbortSignal.abort()), isCancelled('transport/cancelled'));
  const controller = new AbortController();
  const opening = assert.rejects(open(controller.signal), isCancelled('transport/cancelled'));
  controller.abort();
  await opening;
});

const asks: Record<string, (session: SignalSession, signal: AbortSignal) => Promise<unknown>> = {
  'a request for mitigation': (session, signal) => session.requestMitigation(protect('192.0.2.0/24'), 1, { signal }),
  'a configuration': (session, signal) => session.send({ 'ietf-dots-signal-channel:signal-config': {} }, { signal }),
  'a withdrawal': (session, signal) => session.withdraw(1, { signal }),
};
for (const [name, ask] of Object.entries(asks)) {
  test(`${name} can be cancelled, before it is sent and after`, async (t) => {
    const { server, heard } = await silent(t);
    const clock = new FakeClock();
    const session = await SignalSession.open({ server: `coap://${server}`, cuid: 'c', clock });
    t.after(() => session.close());
    await assert.rejects(ask(session, AbortSignal.abort()), isCancelled('coap/cancelled'));
    assert.equal(clock.pending, 0);
    const controller = new AbortController();
    const outcome = assert.rejects(ask(session, controller.signal), isCancelled('coap/cancelled'));
    await eventually(() => heard.length === 1);
    controller.abort();
    await outcome;
    assert.deepEqual([clock.pending, session.state], [0, 'open']);
  });
}
