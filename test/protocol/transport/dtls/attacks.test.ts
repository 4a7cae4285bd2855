import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { test, type TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { keyIdentity } from '#dots/transport/certificates/certificateNames';
import { Random } from '../../../support/random';
import { fuzzHandshakes, mutated } from '../../../support/protocol/dtlsFuzz';
import {
  call,
  callUntilQuiet,
  parties,
  psk,
  reasonOf,
  shows,
  startEcho,
  unanswered,
  type Caller,
  type Parties,
  type Seen,
} from '../../../support/protocol/dtlsScene';
import { honest, Relay, type Way } from '../../../support/protocol/relay';
import { eventually, udpSocket } from '../../../support/protocol/scene';

interface Scene extends Parties {
  echo: Seen;
  relay: Relay;
  caller: Caller;
  handshake: Record<Way, Buffer[]>;
}

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

/** The session is established, and each request was delivered once, the last one just now. */
async function unharmed({ echo, caller }: Scene, sent: string[]): Promise<void> {
  assert.equal(await caller.ask('last'), 're:last');
  assert.deepEqual(echo.messages, [...sent, 'last']);
  assert.deepEqual(
    caller.heard,
    [...sent, 'last'].map((text) => `re:${text}`),
  );
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
  relay.fate = (bytes) => [
    ...[...bytes.keys()].map((at) => ({ bytes: flipped(bytes, at), afterMs: 0 })),
    { bytes, afterMs: 5 },
  ];
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
  const record = (type: number, epoch: number, body: number[]): Buffer =>
    Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 1, 0, 0, body.length, ...body]);
  for (const way of ['toServer', 'toClient'] as const) {
    for (const epoch of [0, 1]) {
      for (const alert of [
        [2, 40],
        [1, 0],
        [2, 20],
        [1, 100],
      ])
        all.relay.inject(record(21, epoch, alert), way);
      all.relay.inject(record(23, epoch, [...Buffer.from('evil')]), way);
      all.relay.inject(record(20, epoch, [1]), way);
      // A few bytes after a record that is skipped are not the beginning of another one.
      for (let more = 1; more < 16; more++)
        all.relay.inject(Buffer.concat([record(23, epoch, [1, 2, 3]), Buffer.alloc(more, 22)]), way);
    }
  }
  await unharmed(all, []);
});

/**
 * A datagram of noise behind the header of a DTLS record: of a version, type and epoch that there are, and mostly as
 * long as it says.
 */
function likeDtls(random: Random, noise: Buffer): Buffer {
  const [head, body] = [Buffer.alloc(13), random.below(4) === 0 ? noise.length + random.below(8) : noise.length];
  head.set([random.pick([20, 21, 22, 23]), 0xfe, random.pick([0xfd, 0xff]), 0, random.below(2)]);
  head.writeUIntBE(random.below(1 << 20), 5, 6);
  head.writeUInt16BE(body, 11);
  return Buffer.concat([head, noise]);
}

test('3000 datagrams of noise, most of it like DTLS, do not disturb a live session', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const random = new Random(7);
  const stranger = await udpSocket(t);
  for (let count = 0; count < 3000; count++) {
    const noise = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
    const bytes = count % 4 === 0 ? noise : likeDtls(random, noise);
    if (count % 3 === 0) all.relay.inject(bytes, random.pick(['toServer', 'toClient']));
    else stranger.send(bytes, all.echo.port, '127.0.0.1');
    if (count % 100 === 0)
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
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
    if (round % 20 === 0)
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
  }
  await unharmed(all, []);
});

test('mutations on the way of a handshake: it fails, or it is the true server and the true client', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const echo = await startEcho(t, shows(all.pki, all.server), { limits: { halfOpenPerAddress: 64 } });
  const [server, client] = [all.server, all.client].map(({ cert }) => keyIdentity(new X509Certificate(cert).raw));
  const random = new Random(13);
  let through = 0;
  for (let round = 0; round < 20; round++) {
    const relay = await Relay.start(t, echo.port);
    relay.fate = (bytes) => [
      {
        bytes: random.below(5) === 0 ? flipped(bytes, random.below(bytes.length), 1 << random.below(8)) : bytes,
        afterMs: 0,
      },
    ];
    const caller = await callUntilQuiet(t, relay, shows(all.pki, all.client));
    if (caller instanceof DotsError) continue;
    through += 1;
    relay.fate = honest;
    assert.equal(caller.channel.security.identity, server);
    assert.equal(await caller.ask('one'), 're:one');
  }
  assert.ok(through > 0 && through < 20, `${through} handshakes came through`);
  for (const { security } of echo.channels) assert.equal(security.identity, client);
  const caller = await call(t, echo.port, shows(all.pki, all.client));
  assert.equal(await caller.ask('after all'), 're:after all');
});

test('1000 handshakes mutated after the cookie, in both directions: no peer is taken for another', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const tally = await fuzzHandshakes({ ...all, psk, seed: 1, deep: 1000 });
  for (const count of [tally.whole, tally.resumed, tally.exchanged, tally.failures['transport/broken'] ?? 0])
    assert.ok(count > 50, JSON.stringify(tally));
});

test('a client that comes back on its old port takes the place of its old session once it is proved', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const second = await call(t, all.relay.port, shows(all.pki, all.client));
  assert.equal(await second.ask('again'), 're:again');
  await eventually(() => all.echo.closed === 1);
  assert.equal(all.echo.channels.length, 2);
});

test('a handshake at the address of a live session that fails at its proof leaves that session open', async (t) => {
  const [all, other] = [await parties(t), await parties(t)];
  if (all === undefined || other === undefined) return;
  const echo = await startEcho(t, {
    ...shows(all.pki, all.server),
    psk: (identity) => (identity === psk.identity ? psk.key : undefined),
  });
  const relay = await Relay.start(t, echo.port);
  const live = await call(t, relay.port, shows(all.pki, all.client));
  const keep = relay.clientPort();
  const wrong = { certificate: { ...shows(other.pki, other.client).certificate, ca: all.pki.ca.cert } };
  assert.equal(await reasonOf(call(t, relay.port, wrong)), 'client-certificate-refused');
  for (const [each, reason] of [
    [{ ...psk, key: Buffer.from('another secret') }, 'psk-mismatch'],
    [{ ...psk, identity: 'nobody' }, 'psk-refused'],
  ] as const)
    assert.equal(await reasonOf(call(t, relay.port, { psk: each })), reason);
  await eventually(() => echo.refused.length === 3);
  assert.deepEqual(
    echo.refused.map(({ code }) => code),
    ['transport/unknown-ca', 'transport/wrong-psk', 'transport/wrong-psk'],
  );
  relay.leadTo(keep);
  assert.equal(await live.ask('still here'), 're:still here');
  assert.deepEqual([echo.channels.length, echo.closed, live.closed()], [1, 0, false]);
});

test('a client that starts anew in the middle of its handshake does not wait for the old one to end', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const echo = await startEcho(t, shows(all.pki, all.server));
  const relay = await Relay.start(t, echo.port);
  relay.fate = (bytes, way) => (way === 'toClient' && bytes.length > 100 ? [] : [{ bytes, afterMs: 0 }]);
  await unanswered(t, relay, shows(all.pki, all.client));
  relay.fate = (bytes) => [{ bytes, afterMs: 0 }];
  const caller = await call(t, relay.port, shows(all.pki, all.client));
  assert.equal(await caller.ask('now'), 're:now');
});

/**
 * How many parts of handshake messages a datagram holds in the clear: the length of such a message is more than that of
 * the part (RFC 6347 section 4.2.3).
 */
function partsIn(bytes: Buffer): number {
  let parts = 0;
  for (let at = 0; at + 25 <= bytes.length; at += 13 + bytes.readUInt16BE(at + 11)) {
    if (
      bytes[at] === 22 &&
      bytes.readUInt16BE(at + 3) === 0 &&
      bytes.readUIntBE(at + 14, 3) > bytes.readUIntBE(at + 22, 3)
    )
      parts += 1;
  }
  return parts;
}

test('no datagram of a handshake is larger than what every path carries, and longer messages go in parts', async (t) => {
  const all = await parties(t, 'rsa');
  if (all === undefined) return;
  const between = all.pki.issue({ purpose: 'ca' });
  const [server, client] = [
    all.pki.issue({ names: ['localhost'], by: between }),
    all.pki.issue({ purpose: 'client', by: between }),
  ];
  const echo = await startEcho(t, shows(all.pki, server));
  const relay = await Relay.start(t, echo.port);
  const caller = await call(t, relay.port, shows(all.pki, client));
  assert.equal(await caller.ask('one'), 're:one');
  for (const way of ['toServer', 'toClient'] as const) {
    for (const bytes of relay.seen[way]) assert.ok(bytes.length <= 1232, `${bytes.length} bytes`);
    assert.ok(relay.seen[way].reduce((sum, bytes) => sum + partsIn(bytes), 0) > 1, `no message ${way} went in parts`);
  }
});

test('strangers get a cookie or an alert and nothing else, whatever they send, and never more than that', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const random = new Random(19);
  const [hello, withCookie] = all.handshake.toServer;
  assert.ok(hello !== undefined && withCookie !== undefined);
  const strangers = await Promise.all(Array.from({ length: 4 }, () => udpSocket(t)));
  const answers: Buffer[] = [];
  let sent = 0;
  for (const stranger of strangers) stranger.on('message', (bytes) => answers.push(bytes));
  const ask = (stranger: Socket, bytes: Buffer): void => {
    sent += bytes.length;
    stranger.send(bytes, all.echo.port, '127.0.0.1');
  };
  for (let count = 0; count < 600; count++) {
    // The cookie is another client's, so it is good for nothing here.
    ask(
      random.pick(strangers),
      count % 10 === 0 ? random.pick([hello, withCookie]) : mutated(random.pick([hello, withCookie]), random),
    );
    if (count % 20 === 0)
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
  }
  const before = answers.length;
  ask(strangers[0]!, hello);
  await eventually(() => answers.length > Math.max(before, 60));
  const kindOf = (bytes: Buffer): string =>
    bytes[0] === 22 && bytes[13] === 3 ? 'cookie' : bytes[0] === 21 ? 'alert' : bytes.toString('hex');
  assert.deepEqual(
    [...new Set(answers.map(kindOf))].filter((kind) => kind !== 'alert'),
    ['cookie'],
  );
  for (const answer of answers)
    assert.ok(answer.length < hello.length, 'an answer must not be larger than its question');
  assert.ok(answers.reduce((sum, { length }) => sum + length, 0) < sent);
  assert.equal(all.echo.channels.length, 1);
});
