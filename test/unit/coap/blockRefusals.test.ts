import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CoapRequest } from '#dots/coap/request';
import type { CoapResponse } from '#dots/coap/endpoint';
import type { CoapOption, Message, Method } from '#dots/coap/messages/message';
import { blockOf, blockOption, option, uintOf } from '#dots/coap/messages/options';
import { isError } from '../../support/protocol/scene';
import { alone, arrive, last, long, pair } from '../../support/coapScene';

const body = Buffer.from(Array.from({ length: 846 }, (_, index) => index % 251));
const put: CoapRequest = { method: 'PUT', path: ['a'], payload: body, confirmable: false };

type Reply = Pick<Message, 'code'> & { options?: CoapOption[]; payload?: Uint8Array };

/** A server that answers each message in this way; returns the answer to a request, and what was sent for it. */
async function served(
  request: CoapRequest,
  replyTo: (message: Message, index: number) => Reply,
): Promise<{ answer: CoapResponse; sent: Message[] }> {
  const { channel, endpoint } = alone();
  const send = channel.send.bind(channel);
  channel.send = (bytes) => {
    send(bytes);
    const asked = last(channel);
    const index = channel.sent.length - 1;
    const type = asked.type === 'CON' ? 'ACK' : 'NON';
    const messageId = type === 'ACK' ? asked.messageId : 1000 + index;
    setImmediate(() => arrive(channel, { type, messageId, token: asked.token, ...replyTo(asked, index) }));
  };
  const answer = await endpoint.request(request, long);
  return { answer, sent: channel.sent.map(({ message }) => message) };
}

const named = (size: number, ...more: CoapOption[]): Reply => ({
  code: '4.13',
  options: [blockOption('Block1', { number: 0, more: false, size }), ...more],
});

/** A server that takes blocks of at most this size, and names it. */
function takingBlocksOf(size: number): (message: Message) => Reply {
  return ({ options, payload }) => {
    const block = blockOf(options, 'Block1');
    if (payload.length > size || typeof block !== 'object') return named(size, option('Size1', 16_384));
    return { code: block.more ? '2.31' : '2.01', options: [blockOption('Block1', block)] };
  };
}

test('a body that is refused with a smaller size is sent again in blocks of that size', async () => {
  for (const confirmable of [true, false]) {
    for (const payload of [body, Buffer.alloc(3000, 1)]) {
      const { answer, sent } = await served({ ...put, confirmable, payload }, takingBlocksOf(64));
      assert.deepEqual([answer.code, answer.blocks], ['2.01', Math.ceil(payload.length / 64)]);
      assert.ok(Buffer.concat(sent.slice(1).map((message) => message.payload)).equals(payload));
      assert.equal(uintOf(sent[1]?.options ?? [], 'Size1'), payload.length);
    }
  }
});

test('a refusal that names ever smaller sizes is followed to the last of them', async () => {
  const sizes = [512, 128, 16];
  const { answer, sent } = await served(put, (message, index) => {
    const size = sizes[index];
    if (size !== undefined) return named(size);
    return { code: blockOf(message.options, 'Block1') && message.payload.length === 16 ? '2.31' : '2.04' };
  });
  assert.equal(answer.code, '2.04');
  assert.deepEqual(
    sent.slice(0, 4).map((message) => message.payload.length),
    [846, 512, 128, 16],
  );
});

const final: [what: string, reply: Reply, request?: Partial<CoapRequest>][] = [
  ['without a size', { code: '4.13' }],
  ['with a size that the body has not', named(1024)],
  ['with a smaller limit for the whole body', named(64, option('Size1', 800))],
  ['where the request may not go in blocks', named(64), { blocks: false }],
  ['that is no 4.13', { ...named(64), code: '4.00' }],
];

for (const [what, reply, more] of final) {
  test(`a refusal ${what} is the answer`, async () => {
    const { answer, sent } = await served({ ...put, ...more }, () => reply);
    assert.deepEqual([answer.code, sent.length, answer.blocks], [reply.code, 1, 1]);
  });
}

test('a server that refuses the size which it has named is not asked for ever', async () => {
  const { answer, sent } = await served(put, () => named(64));
  assert.deepEqual([answer.code, sent.length], ['4.13', 2]);
});

test('a block of a PUT is followed by the next after 2.31, and after 2.01 and 2.04 that name it; every other code is the answer', async () => {
  const request = { ...put, payload: Buffer.alloc(3000, 1) };
  const goesOn = ['2.31', '2.01', '2.04'];
  for (const code of [...goesOn, '2.00', '2.02', '2.03', '2.05', '3.00', '4.00', '4.08', '4.13', '5.00', '5.03']) {
    const { answer, sent } = await served(request, ({ options }) => {
      const block = blockOf(options, 'Block1');
      const isLast = typeof block === 'object' && !block.more;
      return { code: isLast ? '2.04' : code, options: typeof block === 'object' ? [blockOption('Block1', block)] : [] };
    });
    assert.deepEqual([answer.code, sent.length], goesOn.includes(code) ? ['2.04', 3] : [code, 1], code);
  }
});

test('a request that may not go in blocks is not sent where it needs them, to the octet', async () => {
  // Header, token, one option of one byte, payload marker, and what a frame has more.
  const fitting = 1232 - (4 + 8 + 2 + 1 + 2);
  for (const length of [fitting, fitting + 1]) {
    const { channel, endpoint } = alone();
    const asking = endpoint.request({ ...put, payload: Buffer.alloc(length, 1), blocks: false }, long);
    if (length > fitting) {
      await assert.rejects(asking, isError('usage', 'coap/needs-blocks'));
      await assert.rejects(asking, new RegExp(`has ${length} octets of body, about 1233 .* takes 1232 at most`));
    } else void asking.catch(() => undefined);
    assert.equal(channel.sent.length, length > fitting ? 0 : 1);
    await endpoint.close();
  }
});

const kinds: [Method, string][] = [
  ['GET', '2.05'],
  ['PUT', '2.01'],
  ['PUT', '2.04'],
  ['DELETE', '2.02'],
  ...(['4.00', '4.04', '4.09', '4.22', '5.00', '5.03'] as const).map((code): [Method, string] => ['GET', code]),
  ['PUT', '4.09'],
  ['DELETE', '4.04'],
];

for (const [method, code] of kinds) {
  test(`an answer ${code} to a ${method} comes in blocks of the size that was asked for`, async () => {
    for (const number of [0, 3]) {
      const payload = Buffer.from('There is no such mitigation, and there never was.');
      const { client, far } = pair({ handler: () => Promise.resolve({ code, payload }) });
      const options = [blockOption('Block2', { number: code < '3' ? 0 : number, more: false, size: 16 })];
      const answer = await client.request({ method, path: ['a'], options, confirmable: true }, long);
      assert.deepEqual([answer.code, payload.equals(answer.payload)], [code, true]);
      assert.deepEqual(
        far.sent.map(({ message }) => [message.code, message.payload.length]),
        [16, 16, 16, 1].map((length) => [code, length]),
      );
    }
  });
}

test('what CoAP itself answers keeps to the size as well: a handler that breaks, a refused option or method, a block behind the end', async () => {
  const options = [blockOption('Block2', { number: 0, more: false, size: 16 })];
  const small = (number: number): CoapOption => blockOption('Block2', { number, more: false, size: 16 });
  const { channel } = alone({
    handler: ({ path }) =>
      path.length === 0 ? Promise.reject(new TypeError('x')) : Promise.resolve({ code: '2.05', payload: body }),
  });
  for (const request of [
    { code: '0.01', options },
    { code: '0.05', options },
    { code: '0.01', options: [...options, option('Proxy-Uri', 'coap://192.0.2.1/')] },
    { code: '0.01', options: [...options, { number: 65_001, value: new Uint8Array() }] },
    { code: '0.01', options: [option('Uri-Path', 'a'), small(0)] },
    { code: '0.01', options: [option('Uri-Path', 'a'), small(60)] },
  ]) {
    const before = channel.sent.length;
    arrive(channel, { type: 'CON', messageId: before, ...request });
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    assert.equal(channel.sent.length, before + 1);
    assert.ok(last(channel).payload.length <= 16, `${last(channel).code} ${String(last(channel).payload)}`);
  }
});

test('an error instead of a later block of an answer leaves its code and what came before', async () => {
  for (const first of ['2.01', '4.00']) {
    for (const error of ['4.08', '4.04', '5.03']) {
      const { answer, sent } = await served({ ...put, payload: new Uint8Array(1) }, (_, index) =>
        index < 2
          ? {
              code: first,
              options: [blockOption('Block2', { number: index, more: true, size: 16 })],
              payload: Buffer.alloc(16, 97 + index),
            }
          : { code: error },
      );
      assert.deepEqual([answer.code, answer.interrupted, sent.length], [first, error, 3]);
      assert.equal(Buffer.from(answer.payload).toString(), 'a'.repeat(16) + 'b'.repeat(16));
    }
  }
});
