import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { Blockwise } from '#dots/coap/blockwise';
import { Endpoint } from '#dots/coap/endpoint';
import type { Handler } from '#dots/coap/inbound';
import type { Message } from '#dots/coap/messages/message';
import { blockOf, blockOption, option, uintOf, valueOf, type Block } from '#dots/coap/messages/options';
import { DotsError } from '#dots/model/errors';
import { FakeClock } from '../../support/protocol/fakeClock';
import { wire, type FakeChannel } from '../../support/protocol/fakeNetwork';
import { alone, arrive, fails, last } from '../../support/coapScene';

const large = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
const patience = { timeoutMs: 100_000 };
const budget = { maxMessageSize: 1232, bert: false };

function pair(handler: Handler): { clock: FakeClock; near: FakeChannel; far: FakeChannel; client: Endpoint } {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  new Endpoint(far, { clock, handler });
  return { clock, near, far, client: new Endpoint(near, { clock }) };
}

test('a body too large for a datagram travels in blocks, in both directions', async () => {
  const { near, far, client } = pair(({ payload }) => Promise.resolve({ code: '2.04', payload, contentFormat: 271 }));
  const answer = await client.request(
    { method: 'PUT', path: ['a'], payload: large, contentFormat: 271, confirmable: false },
    patience,
  );
  assert.equal(answer.code, '2.04');
  assert.ok(large.equals(answer.payload));
  assert.ok([...near.sent, ...far.sent].every(({ bytes }) => bytes.length <= 1232));
  assert.deepEqual(
    far.sent.slice(0, 4).map(({ message }) => message.code),
    ['2.31', '2.31', '2.31', '2.31'],
  );
  assert.ok(valueOf(answer.options, 'ETag'));
});

test('the later blocks of an answer are asked for by its ETag', async () => {
  const { near, far, client } = pair(() => Promise.resolve({ code: '2.05', payload: large }));
  await client.request({ method: 'GET', path: ['a'], confirmable: false }, patience);
  const etag = valueOf(far.sent[0]?.message.options ?? [], 'ETag');
  assert.ok(etag !== undefined);
  assert.deepEqual(
    near.sent.map(({ message }) => valueOf(message.options, 'ETag')),
    [undefined, etag, etag, etag, etag],
  );
});

test('lost blocks are sent again', async () => {
  const { clock, near, far, client } = pair(({ payload }) => Promise.resolve({ code: '2.04', payload }));
  near.copies = (index) => (index % 3 === 1 ? 0 : 1);
  far.copies = (index) => (index % 4 === 2 ? 0 : 2);
  const request = client.request({ method: 'PUT', path: ['a'], payload: large, confirmable: false }, patience);
  await clock.advance(99_000);
  assert.ok(large.equals((await request).payload));
});

test('a resource that changes between two blocks is reported, not glued together', async () => {
  let answers = 0;
  const { far, client } = pair(() => Promise.resolve({ code: '2.05', payload: Buffer.alloc(3000, ++answers) }));
  const send = far.send.bind(far);
  far.send = (bytes) => send(far.sent.length === 1 ? changed(bytes) : bytes);
  await assert.rejects(
    client.request({ method: 'GET', path: ['a'], confirmable: false }, patience),
    (error: unknown) => error instanceof DotsError && error.code === 'coap/blocks',
  );
});

/** The same block under another ETag, which is the first option after header and token. */
function changed(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  const etag = copy.indexOf(0x48, 4 + 4);
  copy[etag + 1] = (copy[etag + 1] ?? 0) ^ 0xff;
  return copy;
}

test('the deadline counts for all blocks together', async () => {
  const { clock, near, client } = pair(({ payload }) => Promise.resolve({ code: '2.04', payload }));
  near.copies = (index) => (index < 3 ? 1 : 0);
  const outcome = assert.rejects(
    client.request({ method: 'PUT', path: ['a'], payload: large, confirmable: false }, { timeoutMs: 10_000 }),
    DotsError,
  );
  const start = clock.now();
  await clock.advance(10_000);
  await outcome;
  assert.equal(clock.now() - start, 10_000);
  assert.equal(clock.pending, 0);
});

function block(number: number, more: boolean, payload: Uint8Array, ...options: Message['options']): Message {
  return {
    type: 'NON',
    code: '0.03',
    messageId: number,
    token: '',
    options: [option('Uri-Path', 'a'), blockOption('Block1', { number, more, size: 16 }), ...options],
    payload,
  };
}

function assembler(): (message: Message) => string {
  const blockwise = new Blockwise(1000, 40, () => 0);
  return (message) => {
    const result = blockwise.assemble(message);
    return 'answer' in result ? result.answer.code : Buffer.from(result.payload).toString();
  };
}

const sixteen = (letter: string): Buffer => Buffer.alloc(16, letter);

test('blocks are put together in order, and a copy of the last one does no harm', () => {
  const assemble = assembler();
  assert.equal(assemble(block(0, true, sixteen('a'))), '2.31');
  assert.equal(assemble(block(1, true, sixteen('b'))), '2.31');
  assert.equal(assemble(block(1, true, sixteen('b'))), '2.31');
  assert.equal(assemble(block(2, false, Buffer.from('c'))), `${'a'.repeat(16)}${'b'.repeat(16)}c`);
  assert.equal(assemble(block(2, false, Buffer.from('c'))), `${'a'.repeat(16)}${'b'.repeat(16)}c`);
});

test('a missing block is reported, and so is a body that grows too large', () => {
  const assemble = assembler();
  assert.equal(assemble(block(1, true, sixteen('b'))), '4.08');
  assert.equal(assemble(block(0, true, sixteen('a'))), '2.31');
  assert.equal(assemble(block(2, true, sixteen('c'))), '4.08');
  assert.equal(assemble(block(1, true, Buffer.from('short'))), '4.00');
  assert.equal(assemble(block(1, true, sixteen('b'))), '2.31');
  assert.equal(assemble(block(2, true, sixteen('c'))), '4.13');
  assert.equal(assemble(block(3, false, Buffer.from('d'))), '4.08', 'the transfer is forgotten');
  assert.equal(assemble(block(0, true, sixteen('a'), option('Size1', 41))), '4.13');
});

test('a client gets the block size it asks for', () => {
  const blockwise = new Blockwise(1000, 40, () => 0);
  const get: Message = {
    type: 'NON',
    code: '0.01',
    messageId: 1,
    token: '',
    options: [blockOption('Block2', { number: 0, more: false, size: 32 })],
    payload: Buffer.alloc(0),
  };
  const first = blockwise.present(get, { code: '2.05', options: [option('Observe', 5)], payload: large }, budget);
  assert.equal(first.payload.length, 32);
  assert.equal(uintOf(first.options, 'Size2'), 5000);
  const etag = valueOf(first.options, 'ETag') as Uint8Array;
  const next = blockwise.continuation(
    { ...get, options: [blockOption('Block2', { number: 156, more: false, size: 32 }), option('ETag', etag)] },
    budget,
  );
  assert.equal(next?.payload.length, 8);
  assert.equal(uintOf(next?.options ?? [], 'Observe'), undefined);
  const later = { ...get, options: [blockOption('Block2', { number: 1, more: false, size: 32 })] };
  assert.deepEqual(
    blockwise.continuation(later, budget)?.payload,
    large.subarray(32, 64),
    'without an ETag it is the latest',
  );
  assert.equal(
    blockwise.continuation({ ...later, options: [...later.options, option('ETag', 'other')] }, budget),
    undefined,
    'another version is not known',
  );
  assert.equal(
    blockwise.continuation(
      { ...get, options: [blockOption('Block2', { number: 157, more: false, size: 32 }), option('ETag', etag)] },
      budget,
    )?.code,
    '4.02',
  );
});

test('an error goes out whole, whatever block of whatever size was asked for', async () => {
  const diagnostic = 'There is no such mitigation.';
  for (const number of [0, 3]) {
    const { client } = pair(() => Promise.resolve(plainAnswer('4.04', diagnostic)));
    const answer = await client.request(
      {
        method: 'GET',
        path: ['a'],
        options: [blockOption('Block2', { number, more: false, size: 16 })],
        confirmable: true,
      },
      patience,
    );
    assert.deepEqual(
      [answer.code, Buffer.from(answer.payload).toString(), valueOf(answer.options, 'Block2')],
      ['4.04', diagnostic, undefined],
    );
  }
});

test('an error that is too large for a message goes out in blocks, from its beginning', () => {
  const blockwise = new Blockwise(1000, 40, () => 0);
  const get = (number: number): Message => ({
    type: 'NON',
    code: '0.01',
    messageId: 1,
    token: '',
    options: [blockOption('Block2', { number, more: false, size: 1024 })],
    payload: Buffer.alloc(0),
  });
  const first = blockwise.present(get(2), { code: '4.09', options: [], payload: large }, budget);
  assert.deepEqual(
    [first.code, first.payload, blockOf(first.options, 'Block2')],
    ['4.09', large.subarray(0, 1024), { number: 0, more: true, size: 1024 }],
  );
  assert.deepEqual(blockwise.continuation(get(2), budget)?.payload, large.subarray(2048, 3072));
});

/** A client that sends `large`, and a server that answers each of its blocks with 2.04 and these options. */
function actingOnEachBlock(echo: (block: Block) => Message['options']): {
  blocks: Block[];
  answer: Promise<{ code: string }>;
} {
  const blocks: Block[] = [];
  const { channel, endpoint } = alone();
  const send = channel.send.bind(channel);
  channel.send = (bytes) => {
    send(bytes);
    const { token, messageId, options } = last(channel);
    const block = blockOf(options, 'Block1') as Block;
    blocks.push(block);
    setImmediate(() => arrive(channel, { type: 'ACK', code: '2.04', messageId, token, options: echo(block) }));
  };
  return {
    blocks,
    answer: endpoint.request({ method: 'PUT', path: ['a'], payload: large, confirmable: true }, patience),
  };
}

test('a server that acts on each block by itself gets all of them', async () => {
  const { blocks, answer } = actingOnEachBlock((block) => [blockOption('Block1', { ...block, more: false })]);
  assert.equal((await answer).code, '2.04');
  assert.deepEqual(
    blocks.map(({ number, more }) => [number, more]),
    [
      [0, true],
      [1, true],
      [2, true],
      [3, true],
      [4, false],
    ],
  );
});

test('a server that takes the first block for the whole body has not got it', async () => {
  for (const options of [[], [blockOption('Block1', { number: 4, more: false, size: 1024 })]]) {
    const { blocks, answer } = actingOnEachBlock(() => options);
    await fails(answer, 'coap/blocks');
    assert.equal(blocks.length, 1);
  }
});

test('an error too large for one message arrives whole', async () => {
  for (const confirmable of [true, false]) {
    const { client } = pair(() => Promise.resolve({ code: '4.09', payload: large }));
    const answer = await client.request({ method: 'PUT', path: ['a'], confirmable }, patience);
    assert.deepEqual([answer.code, large.equals(answer.payload)], ['4.09', true]);
  }
});
