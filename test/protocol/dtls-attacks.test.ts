import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { Random } from '../support/random';
import { call, parties, shows, startEcho, type Caller, type Parties, type Seen } from './support/dtlsScene';
import { Relay, type Way } from './support/relay';
import { eventually, udpSocket } from './support/scene';

interface Scene extends Parties { echo: Seen; relay: Relay; caller: Caller; handshake: Record<Way, Buffer[]> }

/** A client and a server with a relay between them, their handshake done. */
async function scene(t: TestContext): Promise<Scene | undefined> {
  const all = await parties(t);
  if (all === undefined) return undefined;
  const echo = await startEcho(t, shows(all.pki, all.server));
  const relay = await Relay.start(t, echo.port);
  const caller = await call(t, relay.port, shows(all.pki, all.client));
  const handshake = { toServer: [...relay.seen.toServer], toClient: [...relay.seen.toClient] };
  return { ...all, echo, relay, caller, handshake };
}

/** The session stands, and each request was delivered once, the last one just now. */
async function unharmed({ echo, caller }: Scene, sent: string[]): Promise<void> {
  assert.equal(await caller.ask('last'), 're:last');
  assert.deepEqual(echo.messages, [...sent, 'last']);
  assert.deepEqual(caller.heard, [...sent, 'last'].map((text) => `re:${text}`));
  assert.deepEqual([echo.closed, echo.channels.length, caller.closed()], [0, 1, false]);
}

/** A copy with one bit changed. */
function flipped(bytes: Buffer, at: number, mask = 1): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= mask;
  return copy;
}

test('replayed records are heard once, tampered ones never', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const { relay, caller } = all;
  relay.fate = (bytes) => Array.from({ length: 4 }, () => ({ bytes, afterMs: 0 }));
  assert.equal(await caller.ask('replayed'), 're:replayed');
  relay.fate = (bytes) => [...[...bytes.keys()].map((at) => ({ bytes: flipped(bytes, at), afterMs: 0 })), { bytes, afterMs: 5 }];
  assert.equal(await caller.ask('tampered'), 're:tampered');
  relay.fate = (bytes) => [{ bytes, afterMs: 0 }];
  await unharmed(all, ['replayed', 'tampered']);
});

test('the whole capture again, its client hello too, does not disturb a live session', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const { relay, caller, handshake } = all;
  assert.equal(await caller.ask('one'), 're:one');
  const capture = { toServer: [...relay.seen.toServer], toClient: [...relay.seen.toClient] };
  for (const way of ['toServer', 'toClient'] as const) for (const bytes of capture[way]) relay.inject(bytes, way);
  const [hello] = handshake.toServer;
  assert.ok(hello !== undefined);
  const answers = relay.seen.toClient.length;
  for (let copy = 0; copy < 20; copy++) relay.inject(hello, 'toServer');
  await eventually(() => relay.seen.toClient.length > answers);
  await unharmed(all, ['one']);
});

test('forged records in the clear do not disturb a live session', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const record = (type: number, epoch: number, body: number[]): Buffer => Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 1, 0, 0, body.length, ...body]);
  for (const way of ['toServer', 'toClient'] as const) {
    for (const epoch of [0, 1]) {
      for (const alert of [[2, 40], [1, 0], [2, 20], [1, 100]]) all.relay.inject(record(21, epoch, alert), way);
      all.relay.inject(record(23, epoch, [...Buffer.from('evil')]), way);
      all.relay.inject(record(20, epoch, [1]), way);
      // A few bytes after a record that is skipped are not the beginning of another one.
      for (let more = 1; more < 16; more++) all.relay.inject(Buffer.concat([record(23, epoch, [1, 2, 3]), Buffer.alloc(more, 22)]), way);
    }
  }
  await unharmed(all, []);
});

test('3000 datagrams of noise do not disturb a live session', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const random = new Random(7);
  const stranger = await udpSocket(t);
  for (let count = 0; count < 3000; count++) {
    const noise = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
    if (count % 2 === 0) noise[0] = random.pick([20, 21, 22, 23]);
    if (count % 3 === 0) all.relay.inject(noise, 'toServer');
    else stranger.send(noise, all.echo.port, '127.0.0.1');
    if (count % 100 === 0) await new Promise((resolve) => { setImmediate(resolve); });
  }
  await unharmed(all, []);
});

test('hundreds of mutated handshakes, from new addresses and on the live one', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const random = new Random(11);
  const strangers = await Promise.all(Array.from({ length: 10 }, () => udpSocket(t)));
  for (let round = 0; round < 400; round++) {
    const way = random.pick(['toServer', 'toServer', 'toClient'] as const);
    const mutated = Buffer.from(random.pick(all.handshake[way]));
    for (let change = 0; change < 3; change++) mutated[random.below(mutated.length)]! ^= 1 << random.below(8);
    if (way === 'toClient' || round % 4 === 0) all.relay.inject(mutated, way);
    else random.pick(strangers).send(mutated, all.echo.port, '127.0.0.1');
    if (round % 20 === 0) await new Promise((resolve) => { setImmediate(resolve); });
  }
  await unharmed(all, []);
});

test('mutations on the way of a handshake: it fails, or it is the true server', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const echo = await startEcho(t, shows(all.pki, all.server));
  const random = new Random(13);
  for (let round = 0; round < 20; round++) {
    const relay = await Relay.start(t, echo.port);
    relay.fate = (bytes) => [{ bytes: random.below(3) === 0 ? flipped(bytes, random.below(bytes.length), 1 << random.below(8)) : bytes, afterMs: 0 }];
    const attempt = call(t, relay.port, shows(all.pki, all.client), { deadlineMs: 500 });
    const name = await attempt.then(({ channel }) => channel.security.peerName, () => 'localhost');
    assert.equal(name, 'localhost');
  }
  const caller = await call(t, echo.port, shows(all.pki, all.client));
  assert.equal(await caller.ask('after all'), 're:after all');
});

test('a client that comes back on its old port takes the place of its old session once it is proved', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const second = await call(t, all.relay.port, shows(all.pki, all.client));
  assert.equal(await second.ask('again'), 're:again');
  await eventually(() => all.echo.closed === 1);
  assert.equal(all.echo.channels.length, 2);
});

test('a client that starts anew in the middle of its handshake does not wait for the old one to end', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const echo = await startEcho(t, shows(all.pki, all.server));
  const relay = await Relay.start(t, echo.port);
  relay.fate = (bytes, way) => (way === 'toClient' && bytes.length > 100 ? [] : [{ bytes, afterMs: 0 }]);
  await assert.rejects(call(t, relay.port, shows(all.pki, all.client), { deadlineMs: 300 }));
  relay.fate = (bytes) => [{ bytes, afterMs: 0 }];
  const caller = await call(t, relay.port, shows(all.pki, all.client));
  assert.equal(await caller.ask('now'), 're:now');
});

test('no datagram of a handshake is larger than what every path carries', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  for (const bytes of [...all.handshake.toServer, ...all.handshake.toClient]) assert.ok(bytes.length <= 1232, `${bytes.length} bytes`);
});

test('strangers get a cookie and nothing else, whatever they send', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const [hello] = all.handshake.toServer;
  const stranger = await udpSocket(t);
  assert.ok(hello !== undefined);
  stranger.send(hello, all.echo.port, '127.0.0.1');
  const [answer] = (await once(stranger, 'message')) as [Buffer];
  assert.deepEqual([answer[0], answer[13]], [22, 3]);
  assert.ok(answer.length < hello.length, 'an answer must not be larger than its question');
});
