import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint } from '#dots/coap/endpoint';
import type { Message } from '#dots/coap/messages/message';
import { blockOption, option } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { thinned } from '#dots/runtime/trace';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { wire } from '../../support/protocol/fakeNetwork';

const watched: CoapRequest = { method: 'GET', path: ['state'], confirmable: false };

/** A client whose server is the test, and what its trace says. */
class Scene {
  readonly clock = new FakeClock();
  readonly channel = wire(this.clock)[0];
  readonly lines: string[] = [];
  readonly endpoint = new Endpoint(this.channel, { clock: this.clock, trace: (line) => this.lines.push(line) });
  private messageId = 0;

  arrive(message: Partial<Message>): void {
    const token = this.channel.sent[0]?.message.token ?? '';
    this.channel.deliver(
      encodeMessage({
        type: 'NON',
        code: '2.05',
        messageId: ++this.messageId,
        token,
        options: [],
        payload: new Uint8Array(),
        ...message,
      }),
    );
  }

  /** An established observation. */
  async observed(listener: () => void = () => undefined): Promise<() => Promise<void>> {
    const observing = this.endpoint.observe(watched, { timeoutMs: 10_000 }, listener);
    await settle();
    this.arrive({ options: [option('Observe', 1)] });
    return (await observing).stop;
  }
}

test('equal sentences are passed on ever less often, with their number, whomever they are about', () => {
  const lines: string[] = [];
  const trace = thinned((line) => lines.push(line));
  for (let time = 0; time < 1000; time++) trace('Noise.', `peer ${time}`);
  trace('Another.');
  assert.deepEqual(lines, [
    'peer 0: Noise.',
    'peer 1: Noise. (2 so far)',
    'peer 3: Noise. (4 so far)',
    'peer 7: Noise. (8 so far)',
    'peer 15: Noise. (16 so far)',
    'peer 31: Noise. (32 so far)',
    'peer 63: Noise. (64 so far)',
    'peer 127: Noise. (128 so far)',
    'peer 255: Noise. (256 so far)',
    'peer 511: Noise. (512 so far)',
    'Another.',
  ]);
});

test('sentences that are all different do not flood it either', () => {
  let lines = 0;
  const trace = thinned(() => lines++);
  for (let time = 0; time < 100_000; time++) trace(String(time));
  assert.ok(lines < 300, `${lines} lines`);
});

test('the trace says why a message was dropped', async () => {
  const scene = new Scene();
  scene.channel.deliver(Buffer.from('ff', 'hex'));
  scene.arrive({ options: [{ number: 65_001, value: new Uint8Array() }] });
  assert.deepEqual(scene.lines, [
    'A message was dropped: shorter than a header.',
    'An answer was dropped: its critical option 65001 is unknown or malformed (RFC 7252 section 5.4.1).',
  ]);
  assert.equal(scene.endpoint.traffic.malformed, 1);
  await scene.endpoint.close();
  scene.channel.deliver(Buffer.from('ff', 'hex'));
  assert.equal(scene.lines.length, 2);
});

test('the trace names a state that was lost, and one that the listener could not use', async () => {
  const scene = new Scene();
  await scene.observed(() => {
    throw new TypeError('no such member');
  });
  scene.arrive({
    options: [option('Observe', 2), blockOption('Block2', { number: 0, more: true, size: 16 })],
    payload: Buffer.from('too short'),
  });
  await settle();
  scene.arrive({ options: [option('Observe', 3)] });
  await settle();
  assert.deepEqual(scene.lines, [
    'The observation of /state lost a notification: The blocks of the answer do not match each other. Repeat the request: the resource may have changed in between.',
    'The observation of /state delivered a notification that could not be used: no such member',
  ]);
});

test('the trace names a renewal and a deregistration without an answer, but not when the session ends', async () => {
  const scene = new Scene();
  const stop = await scene.observed();
  await scene.clock.advance(90_000);
  const stopped = stop();
  await scene.clock.advance(10_000);
  await stopped;
  assert.deepEqual(
    scene.lines.map((line) => line.replace(/:.*/, '')),
    [
      'The observation of /state could not be renewed; trying again',
      'The observation of /state could not be ended; further notifications are reset',
    ],
  );
  const ending = new Scene();
  void (await ending.observed())();
  await ending.endpoint.close();
  await settle();
  assert.deepEqual(ending.lines, []);
});
