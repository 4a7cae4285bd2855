import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { decodeDocument } from '#dots/cbor/codec';
import { decodeMessage, encodeMessage } from '#dots/coap/messages/codec';
import type { Message } from '#dots/coap/messages/message';
import { dotsCbor, option, optionNumbers, textsOf } from '#dots/coap/messages/options';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { SignalSession } from '#dots/signal/session';
import { FakeClock } from '../../support/protocol/fakeClock';
import {
  isError,
  eventually,
  freePort,
  openSession,
  protect,
  startOrchestrator,
  udpSocket,
} from '../../support/protocol/scene';

test('a port without a listener makes the session lost at once, and is the cause at the end of the wait', async (t) => {
  const clock = new FakeClock();
  const session = await openSession(t, `coap://127.0.0.1:${await freePort()}`, 'c', clock);
  const states: string[] = [];
  const lost = new Promise<void>((resolve) => {
    session.onDidChange(() => {
      states.push(session.state);
      resolve();
    });
  });
  assert.equal(session.state, 'open');
  const outcome = assert.rejects(
    session.status(1, { timeoutMs: 600_000 }),
    isError('unreachable', 'transport/refused'),
  );
  await lost;
  await clock.advance(600_000);
  await outcome;
  assert.equal(session.state, 'lost');
  await session.close();
  assert.deepEqual(states, ['lost', 'closed']);
});

test('a silent server is unreachable, in a sentence that names server and request', async (t) => {
  const silent = await udpSocket(t);
  const clock = new FakeClock();
  const session = await openSession(t, `coap://127.0.0.1:${silent.address().port}`, 'c', clock);
  const outcome = assert.rejects(
    session.requestMitigation(protect('192.0.2.0/24'), 5, { timeoutMs: 200 }),
    (error: unknown) => {
      assert.ok(isError('unreachable', 'signal/no-answer')(error));
      assert.match(
        (error as DotsError).message,
        new RegExp(`127\\.0\\.0\\.1:${silent.address().port}.*PUT /\\.well-known/dots/mitigate/cuid=.*/mid=5.*0\\.2 s`),
      );
      return true;
    },
  );
  await once(silent, 'message');
  await clock.advance(200);
  await outcome;
  assert.equal(session.state, 'lost');
});

test('a rejection and missing acknowledgements name the request too', async (t) => {
  const rejecting = await udpSocket(t);
  rejecting.on('message', (bytes: Buffer, { port, address }) =>
    rejecting.send(Buffer.from([0x70, 0, bytes[2] ?? 0, bytes[3] ?? 0]), port, address),
  );
  const session = await openSession(t, `coap://127.0.0.1:${rejecting.address().port}`);
  await assert.rejects(session.status(5), {
    code: 'signal/reset',
    message: /127\.0\.0\.1:\d+ rejected GET \/\.well-known\/dots\/mitigate\/cuid=.*\/mid=5 with a CoAP reset\.$/,
  });
  const clock = new FakeClock();
  const unheard = await SignalSession.open({
    server: `coap://127.0.0.1:${(await udpSocket(t)).address().port}`,
    cuid: 'c',
    clock,
  });
  t.after(() => unheard.close());
  const config = { 'ietf-dots-signal-channel:signal-config': {} };
  const outcome = assert.rejects(unheard.send(config, { mid: 9, timeoutMs: 1_000_000 }), {
    code: 'signal/no-acknowledgement',
    message: /none of the copies of PUT \/\.well-known\/dots\/config\/sid=9\.$/,
  });
  await clock.advance(200_000);
  await outcome;
});

const ofKind: Record<string, JsonObject> = {
  mid: protect('192.0.2.0/24'),
  sid: { 'ietf-dots-signal-channel:signal-config': {} },
  tsid: { 'ietf-dots-telemetry:telemetry-setup': { telemetry: [{}] } },
  tmid: { 'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [{}] } },
};

test('what is sent within one second gets identifiers that go up, each kind by itself', async (t) => {
  const server = await udpSocket(t);
  const clock = new FakeClock();
  const session = await SignalSession.open({ server: `coap://127.0.0.1:${server.address().port}`, cuid: 'c', clock });
  t.after(() => session.close());
  server.on('message', (bytes: Buffer, { port }) => {
    const asked = decodeMessage(bytes) as Message;
    server.send(
      encodeMessage({
        ...asked,
        type: asked.type === 'CON' ? 'ACK' : 'NON',
        code: '2.04',
        options: [],
        payload: new Uint8Array(),
      }),
      port,
    );
  });
  const idOf = async (document: JsonObject, mid?: number): Promise<string | undefined> =>
    (await session.send(document, { mid })).request.path.split('/').at(-1);
  const second = clock.now() / 1000;
  for (const [kind, document] of Object.entries(ofKind)) {
    assert.deepEqual([await idOf(document), await idOf(document)], [`${kind}=${second}`, `${kind}=${second + 1}`]);
    assert.deepEqual(
      [await idOf(document, second + 7), await idOf(document)],
      [`${kind}=${second + 7}`, `${kind}=${second + 8}`],
    );
  }
});

test('a session that was lost is open again when the server is back', async (t) => {
  const port = await freePort();
  const session = await openSession(t, `coap://127.0.0.1:${port}`);
  await assert.rejects(session.status(1));
  assert.equal(session.state, 'lost');
  await startOrchestrator(t, { signalPort: port });
  assert.equal((await session.status(1)).code, '4.04');
  assert.equal(session.state, 'open');
});

test('a request can be cancelled', async (t) => {
  const silent = await udpSocket(t);
  const session = await openSession(t, `coap://127.0.0.1:${silent.address().port}`);
  const controller = new AbortController();
  const outcome = assert.rejects(
    session.status(1, { signal: controller.signal, timeoutMs: 600_000 }),
    (error: unknown) => error instanceof DotsError && error.code === 'coap/cancelled',
  );
  controller.abort();
  await outcome;
  assert.equal(session.state, 'open', 'to give up says nothing about the server');
});

test('wrong usage is reported before anything is sent', async (t) => {
  await assert.rejects(
    SignalSession.open({ server: 'coap://192.0.2.1', cuid: 'c' }),
    isError('usage', 'transport/plain-off-loopback'),
  );
  await assert.rejects(SignalSession.open({ server: 'coap://127.0.0.1', cuid: '' }), isError('usage', 'signal/cuid'));
  const session = await openSession(t, `coap://127.0.0.1:${await freePort()}`);
  await assert.rejects(session.withdraw(-1), isError('usage', 'signal/mid'));
  await assert.rejects(
    session.send({ 'ietf-dots-data-channel:acls': {} }),
    isError('usage', 'signal/data-channel-document'),
  );
  await assert.rejects(
    session.send({ 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ nonsense: 1 }] } }),
    (error: unknown) => error instanceof DotsError && error.kind === 'malformed',
  );
  assert.equal(session.state, 'open');
});

test('mids are made in rising order', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  for (const host of [1, 2, 3]) await session.send(protect(`192.0.2.${host}/32`));
  const mids = orchestrator.mitigations().map(({ mid }) => mid);
  assert.deepEqual(
    mids,
    [...mids].sort((a, b) => a - b),
  );
  assert.equal(new Set(mids).size, 3);
});

test('the server may ask, and its heartbeat is answered', async (t) => {
  const server = await udpSocket(t);
  const session = await openSession(t, `coap://127.0.0.1:${server.address().port}`);
  const answer = new Promise<string>((resolve) => {
    let asked = false;
    server.on('message', (bytes, { port, address }) => {
      if (asked) return resolve(bytes.toString('hex'));
      asked = true;
      server.send(Buffer.from('510300aa07bb2e77656c6c2d6b6e6f776e04646f7473026862', 'hex'), port, address);
    });
  });
  const controller = new AbortController();
  const status = assert.rejects(session.status(1, { signal: controller.signal }));
  assert.match(await answer, /^5144[0-9a-f]{4}07$/);
  controller.abort();
  await status;
});

test('it also speaks IPv6', async (t) => {
  const orchestrator = await startOrchestrator(t, { host: '::1' });
  assert.match(orchestrator.signal, /^coap:\/\/\[::1\]:\d+$/);
  const session = await openSession(t, orchestrator.signal);
  assert.equal((await session.requestMitigation(protect('2001:db8::/32'), 1)).code, '2.01');
});

test('the owner hears of every change', async (t) => {
  const clock = new FakeClock();
  const log: string[] = [];
  const orchestrator = await startOrchestrator(t, { clock, log: (line) => log.push(line) });
  const session = await openSession(t, orchestrator.signal);
  const seen: number[][] = [];
  const stop = orchestrator.onDidChange(() => seen.push(orchestrator.mitigations().map(({ status }) => status)));
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  await clock.advance(3_000);
  await eventually(() => seen.length === 2);
  stop();
  await session.withdraw(1);
  assert.deepEqual(seen, [[1], [2]]);
  assert.ok(log.some((line) => /PUT .*mid=1: 2\.01$/.test(line)));
  assert.ok(log.some((line) => line.endsWith('attack-successfully-mitigated')));
});

test('a heartbeat says whether one of the server has arrived in the last two intervals', async (t) => {
  const server = await udpSocket(t);
  const clock = new FakeClock();
  const heard: { path: string[]; type: string; body: unknown }[] = [];
  let client = 0;
  server.on('message', (bytes: Buffer, { port }) => {
    client = port;
    const message = decodeMessage(bytes);
    if ('malformed' in message || message.code !== '0.03') return;
    heard.push({
      path: textsOf(message.options, 'Uri-Path'),
      type: message.type,
      body: decodeDocument(message.payload),
    });
    server.send(
      encodeMessage({
        ...message,
        type: 'NON',
        code: '2.04',
        messageId: heard.length,
        options: [],
        payload: new Uint8Array(),
      }),
      port,
    );
  });
  const session = await SignalSession.open({ server: `coap://127.0.0.1:${server.address().port}`, cuid: 'c', clock });
  t.after(() => session.close());
  const beat = (): Promise<unknown> => session.heartbeat(30_000);
  await beat();
  const beforeServers = session.heard;
  const theirs: Message = {
    type: 'NON',
    code: '0.03',
    messageId: 77,
    token: '01',
    options: ['.well-known', 'dots', 'hb'].map((part) => option('Uri-Path', part)),
    payload: new Uint8Array(),
  };
  server.send(encodeMessage(theirs), client);
  await eventually(() => session.heard > beforeServers);
  await beat();
  await clock.advance(60_001);
  await beat();
  const heartbeat = (status: boolean) => ({
    path: ['.well-known', 'dots', 'hb'],
    type: 'NON',
    body: { 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': status } },
  });
  assert.deepEqual(heard, [heartbeat(false), heartbeat(true), heartbeat(false)]);
});

test('a session says what it puts up with', async (t) => {
  const lax = await udpSocket(t);
  lax.on('message', (bytes: Buffer, { port, address }) => {
    const asked = decodeMessage(bytes) as Message;
    const options = [
      ...asked.options.filter(({ number }) => number === optionNumbers['Uri-Path']),
      option('Content-Format', dotsCbor),
    ];
    lax.send(
      encodeMessage({ ...asked, type: 'NON', code: '2.04', options, payload: Buffer.from('f6', 'hex') }),
      port,
      address,
    );
  });
  const [repeats, empty] = [
    'The answer repeats options of the request, which are ignored: Uri-Path.',
    'The body of the answer is empty CBOR (f6), which is treated as no body.',
  ];
  const lines: string[] = [];
  const session = await SignalSession.open({
    server: `coap://127.0.0.1:${lax.address().port}`,
    cuid: 'c',
    trace: (line) => lines.push(line),
  });
  t.after(() => session.close());
  for (let mid = 1; mid <= 3; mid++)
    assert.deepEqual((await session.requestMitigation(protect('192.0.2.0/24'), mid)).notes, [repeats, empty]);
  assert.deepEqual(lines, [repeats, empty, `${repeats} (2 so far)`, `${empty} (2 so far)`]);
});
