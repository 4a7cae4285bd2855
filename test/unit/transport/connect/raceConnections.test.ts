import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { connect, probeDtls, type Dialers } from '#dots/transport/connect/connect';
import { PathMemory, pathsTo, type Remembered } from '#dots/transport/connect/paths';
import { inOrder, outcome, scene, second, type Fate } from '../../../support/protocol/raceScene';

test('paths are tried in the order of RFC 9132, at intervals of 250 ms; the first that is established wins and the others are given up', async () => {
  const all = scene({ 'tls 192.0.2.1': { works: 30 } });
  assert.equal(await outcome(all), 'tls 192.0.2.1');
  assert.deepEqual(
    all.started,
    inOrder.map((path, index) => [path, 250 * index]),
  );
  assert.deepEqual(all.aborted.sort(), inOrder.slice(0, 3).sort());
  assert.equal(all.clock.pending, 0);
});

test('during an attack the interval is 100 ms', async () => {
  const all = scene({ 'tls 192.0.2.1': { works: 30 } }, undefined, { underAttack: true });
  await outcome(all);
  assert.deepEqual(
    all.started.map(([, at]) => at),
    [0, 100, 200, 300],
  );
});

test('nothing else is tried where the first path is established at once', async () => {
  const all = scene({ 'dtls 2001:db8::1': { works: 200 } });
  assert.equal(await outcome(all), 'dtls 2001:db8::1');
  assert.equal(all.started.length, 1);
});

test('a path that fails is followed by the next, 10 ms after its start at the soonest', async () => {
  const all = scene({
    'dtls 2001:db8::1': { fails: 1, because: 'refused' },
    'dtls 192.0.2.1': { fails: 50, because: 'refused' },
    'tls 2001:db8::1': { works: 5 },
  });
  assert.equal(await outcome(all), 'tls 2001:db8::1');
  assert.deepEqual(all.started, [
    [inOrder[0], 0],
    [inOrder[1], 10],
    [inOrder[2], 60],
  ]);
});

test('a later path may win, and one that comes too late is closed', async () => {
  const all = scene({ 'dtls 2001:db8::1': { works: 400 }, 'dtls 192.0.2.1': { works: 100 } });
  const dialers = all.options.dialers as Dialers;
  // A dialer that does not hear the signal.
  all.options.dialers = {
    ...dialers,
    dtls: (address, options) => dialers.dtls(address, { ...options, signal: undefined }),
  };
  assert.equal(await outcome(all), 'dtls 192.0.2.1');
  assert.deepEqual(all.closed, ['dtls 2001:db8::1']);
});

for (const because of [
  'unknown-ca',
  'wrong-name',
  'revoked',
  'bad-signature',
  'client-certificate-refused',
  'psk-refused',
  'psk-mismatch',
] as const) {
  test(`a path that is refused (${because}) ends the race: no other makes up for it`, async () => {
    const all = scene({ 'dtls 2001:db8::1': { fails: 300, because }, 'tls 2001:db8::1': { works: 0 } });
    assert.equal(await outcome(all), `transport/${because}`);
    assert.deepEqual(
      all.started.map(([path]) => path),
      inOrder.slice(0, 2),
    );
    assert.equal(all.clock.pending, 0);
  });
}

test('where all fail, the most specific failure is reported', async () => {
  const all = scene({
    'dtls 2001:db8::1': { fails: 5, because: 'no-answer' },
    'dtls 192.0.2.1': { fails: 5, because: 'refused' },
    'tls 2001:db8::1': { fails: 5, because: 'no-common-cipher' },
    'tls 192.0.2.1': { fails: 5, because: 'refused' },
  });
  assert.equal(await outcome(all), 'transport/no-common-cipher');
});

test('an address that this machine has no way to says less than one that does not answer', async () => {
  const all = scene({
    'dtls 2001:db8::1': { fails: 5, because: 'no-route' },
    'dtls 192.0.2.1': { fails: 5, because: 'no-answer' },
    'tls 2001:db8::1': { fails: 5, because: 'no-route' },
    'tls 192.0.2.1': { fails: 5, because: 'no-answer' },
  });
  assert.equal(await outcome(all), 'transport/no-answer');
});

test('a name server that does not answer is not blamed on the name', async () => {
  const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
  assert.equal(await outcome(scene({}, undefined, { resolver: failing('EAI_AGAIN') })), 'transport/no-name-server');
  assert.equal(await outcome(scene({}, undefined, { resolver: failing('ENOTFOUND') })), 'transport/unknown-host');
});

test('a network that is silent ends with the deadline, whatever waits', async () => {
  const all = scene({});
  assert.equal(await outcome(all), 'transport/no-answer');
  const unresolved = scene({}, undefined, { resolver: () => new Promise(() => undefined) });
  assert.equal(await outcome(unresolved), 'transport/no-answer');
  assert.deepEqual([all.clock.pending, unresolved.clock.pending], [0, 0]);
});

test('a caller may give up at any time', async () => {
  for (const resolver of [undefined, () => new Promise<string[]>(() => undefined)]) {
    const controller = new AbortController();
    const all = scene({}, undefined, { signal: controller.signal, ...(resolver && { resolver }) });
    const ended = outcome(all, undefined, 300);
    await all.clock.advance(0);
    controller.abort();
    assert.equal(await ended, 'transport/cancelled');
    assert.equal(all.clock.pending, 0);
    assert.equal(await outcome(all), 'transport/cancelled');
  }
});

test('the scheme decides where there is one', async () => {
  const all = scene({ 'dtls 192.0.2.1': { works: 5 }, 'tls 192.0.2.1': { works: 5 } });
  assert.equal(await outcome(all, 'coaps://dots.example.net'), 'dtls 192.0.2.1');
  assert.equal(await outcome(all, 'coaps+tcp://dots.example.net'), 'tls 192.0.2.1');
  assert.equal(await outcome(all, 'coaps+tcp://192.0.2.1'), 'tls 192.0.2.1');
});

test('no resolver is asked for an address or for localhost', async () => {
  const asked: string[] = [];
  const resolver = (name: string): Promise<string[]> => {
    asked.push(name);
    return Promise.reject(new Error('ENOTFOUND'));
  };
  const all = scene({ 'dtls ::1': { works: 5 }, 'dtls 192.0.2.9': { works: 5 } }, undefined, { resolver });
  assert.equal(await outcome(all, 'localhost:5000'), 'dtls ::1');
  assert.equal(await outcome(all, '192.0.2.9'), 'dtls 192.0.2.9');
  assert.equal(await outcome(all, 'nowhere.example.net'), 'transport/unknown-host');
  assert.deepEqual([...new Set(asked)], ['nowhere.example.net']);
});

test('what worked is tried first for ten minutes, and what failed last', async () => {
  const memory = new PathMemory();
  const all = scene(
    { 'dtls 2001:db8::1': { fails: 5, because: 'refused' }, 'tls 2001:db8::1': { works: 5 } },
    undefined,
    { memory },
  );
  await outcome(all);
  all.started.length = 0;
  await outcome(all);
  assert.deepEqual(
    all.started.map(([path]) => path),
    ['tls 2001:db8::1'],
  );
  const paths = pathsTo(['192.0.2.1', '2001:db8::1'], 4646, ['dtls', 'tls']);
  const order = (): string[] =>
    memory.sorted(paths, all.clock.monotonic()).map(({ transport, address }) => `${transport} ${address.host}`);
  assert.deepEqual(order(), ['tls 2001:db8::1', 'dtls 192.0.2.1', 'tls 192.0.2.1', 'dtls 2001:db8::1']);
  await all.clock.advance(600 * second);
  assert.deepEqual(order(), inOrder);
});

test('a memory may live elsewhere', () => {
  const store = new Map<string, Remembered>();
  const [path] = pathsTo(['192.0.2.1'], 4646, ['tls']);
  assert.ok(path);
  new PathMemory(store).remember(path, true, 5);
  assert.deepEqual([...store], [['tls 192.0.2.1:4646', { at: 5, worked: true }]]);
});

test('many addresses are tried in rounds, so that TCP has its turn early', () => {
  const paths = pathsTo(['192.0.2.1', '192.0.2.2', '2001:db8::1'], 4646, ['dtls', 'tls']);
  assert.deepEqual(
    paths.map(({ transport, address }) => `${transport} ${address.host}`),
    [...inOrder, 'dtls 192.0.2.2', 'tls 192.0.2.2'],
  );
  assert.equal(
    pathsTo(
      Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`),
      4646,
      ['dtls', 'tls'],
    ).length,
    16,
  );
});

test('a session over TLS looks for DTLS once a day unless configured otherwise, never more often than every five minutes', async () => {
  const memory = new PathMemory();
  const fates: Record<string, Fate> = { 'tls 2001:db8::1': { works: 5 } };
  const all = scene(fates, undefined, { memory });
  const probe = async (intervalMs?: number): Promise<string | undefined> => {
    all.started.length = 0;
    const ended = probeDtls('dots.example.net', { ...all.options, memory, intervalMs });
    ended.catch(() => undefined);
    await all.clock.advance(20 * second);
    return (await ended)?.peer;
  };
  assert.equal(await outcome(all, undefined, second), 'tls 2001:db8::1');
  assert.deepEqual([await probe(), all.started.length], [undefined, 0]);
  await all.clock.advance(23 * 3600 * second);
  assert.deepEqual([await probe(), all.started.length], [undefined, 0]);
  await all.clock.advance(3600 * second);
  assert.deepEqual(
    [await probe(), all.started.map(([path]) => path)],
    [undefined, inOrder.slice(0, 2)],
    'due, in vain',
  );
  assert.deepEqual([await probe(0), all.started.length], [undefined, 0]);
  await all.clock.advance(300 * second);
  fates['dtls 192.0.2.1'] = { works: 5 };
  assert.equal(await probe(0), 'dtls 192.0.2.1');
  await all.clock.advance(300 * second);
  fates['dtls 2001:db8::1'] = fates['dtls 192.0.2.1'] = { fails: 5, because: 'unknown-ca' };
  await assert.rejects(
    probe(0),
    (error: unknown) => error instanceof DotsError && error.code === 'transport/unknown-ca',
  );
  assert.equal(
    await probeDtls('coaps+tcp://dots.example.net', { ...all.options, memory }),
    undefined,
    'the user has chosen',
  );
});

test('a session that is opened again and again over TLS looks for DTLS once a day all the same', async () => {
  const memory = new PathMemory();
  const all = scene({ 'tls 2001:db8::1': { works: 300 } }, ['2001:db8::1'], { memory });
  let probes = 0;
  for (
    const week = all.clock.monotonic() + 7 * 24 * 3600 * second;
    all.clock.monotonic() < week;
    await all.clock.advance(538 * second)
  ) {
    assert.equal(await outcome(all, undefined, second), 'tls 2001:db8::1');
    // The handshake takes so long that an attempt over DTLS begins beside it; that it is given up with the others says
    // nothing of DTLS.
    all.started.length = 0;
    const probe = probeDtls('dots.example.net', { ...all.options, memory, deadlineMs: second / 2 });
    await all.clock.advance(second);
    assert.equal(await probe, undefined);
    probes += all.started.length;
  }
  assert.equal(probes, 6);
});

test('without credentials only plain CoAP on loopback goes', async () => {
  const all = scene({}, undefined, { credentials: undefined });
  assert.equal(await outcome(all, 'coaps://dots.example.net'), 'transport/credentials');
  assert.equal(await outcome(all, 'dots.example.net'), 'transport/credentials');
  assert.equal(await outcome(all, 'coap://192.0.2.1'), 'transport/plain-off-loopback');
  const channel = await connect('coap://127.0.0.1:9', all.options);
  assert.equal(channel.kind, 'datagram');
  await channel.close();
});
