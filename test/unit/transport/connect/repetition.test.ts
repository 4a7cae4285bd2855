import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressMemory } from '#dots/transport/connect/resolve';
import { inOrder, outcome, scene, second, type Fate } from '../../../support/protocol/raceScene';

/** A resolver that fails with these codes, one after the other, and then works. */
function resolverAfter(...codes: string[]): { asked: number; resolver: () => Promise<string[]> } {
  const all = {
    asked: 0,
    resolver: () => {
      const code = codes[all.asked];
      all.asked += 1;
      return code === undefined ? Promise.resolve(['192.0.2.1']) : Promise.reject(Object.assign(new Error(), { code }));
    },
  };
  return all;
}

for (const because of ['refused', 'no-route', 'no-answer'] as const) {
  test(`what the network fails (${because}) is tried again until the deadline, which then reports it`, async () => {
    const reported: string[] = [];
    const all = scene({ 'tls 192.0.2.1': { fails: 1, because } }, undefined, {
      deadlineMs: 30 * second,
      trace: (sentence) => reported.push(sentence),
    });
    assert.equal(await outcome(all, 'coaps+tcp://192.0.2.1'), `transport/${because}`);
    assert.deepEqual(
      all.started.map(([, at]) => at / second),
      [0, 1, 3, 7, 12, 17, 22, 27],
    );
    assert.equal(all.clock.pending, 0);
    assert.match(reported[0] ?? '', /tls 192\.0\.2\.1.* Trying again for up to 30 s\.$/);
    assert.equal(reported.length, 4, 'the first, second, fourth and eighth');
  });
}

test('a server that starts late is reached, over whichever path', async () => {
  for (const path of inOrder) {
    const fates: Record<string, Fate> = {};
    for (const each of inOrder) fates[each] = { fails: 1, because: 'refused' };
    const all = scene(fates);
    all.clock.setTimeout(() => (fates[path] = { works: 20 }), 4 * second);
    assert.equal(await outcome(all), path);
    assert.ok(all.started.length > 12, 'each path at about 0, 1 and 3 s, and some at 7 s');
    assert.equal(all.clock.pending, 0);
  }
});

test('one end that refuses the other ends the repetitions', async () => {
  const refusing = scene({
    'dtls 2001:db8::1': { fails: 1, because: 'refused' },
    'dtls 192.0.2.1': { fails: 1, because: 'unknown-ca' },
  });
  assert.equal(await outcome(refusing), 'transport/unknown-ca');
  const all = scene({
    'dtls 192.0.2.1': { fails: 1, because: 'refused' },
    'tls 192.0.2.1': { fails: 1, because: 'no-tls' },
  });
  assert.equal(await outcome(all, '192.0.2.1', 100), 'transport/no-tls');
  assert.equal(all.started.length, 2);
  assert.deepEqual([refusing.clock.pending, all.clock.pending], [0, 0]);
});

test('a caller that gives up ends the repetitions', async () => {
  const controller = new AbortController();
  const all = scene({ 'tls 192.0.2.1': { fails: 1, because: 'refused' } }, undefined, { signal: controller.signal });
  const ended = outcome(all, 'coaps+tcp://192.0.2.1', 0);
  await all.clock.advance(2 * second);
  controller.abort();
  assert.equal(await ended, 'transport/cancelled');
  assert.equal(all.clock.pending, 0);
});

test('while no name server answers, or the name is denied, the look-up is repeated', async () => {
  const { resolver } = resolverAfter('EAI_AGAIN', 'ENOTFOUND', 'ENOTFOUND');
  const within = scene({ 'tls 192.0.2.1': { works: 5 } }, undefined, { resolver });
  assert.equal(await outcome(within, 'coaps+tcp://dots.example.net'), 'tls 192.0.2.1');
  assert.deepEqual(within.started, [['tls 192.0.2.1', 7 * second]]);
  const never = scene({}, undefined, { resolver: resolverAfter(...new Array<string>(9).fill('EAI_AGAIN')).resolver });
  assert.equal(await outcome(never), 'transport/no-name-server');
  const denied = scene({}, undefined, { resolver: resolverAfter(...new Array<string>(9).fill('ENOTFOUND')).resolver });
  assert.equal(await outcome(denied), 'transport/unknown-host', 'the cause is reported at the deadline');
  assert.deepEqual([within.clock.pending, never.clock.pending], [0, 0]);
});

test('a name keeps its last addresses for when the resolver fails, denies the name or is silent', async () => {
  const addresses = addressMemory();
  const works = { 'tls 192.0.2.1': { works: 5 } };
  const server = 'coaps+tcp://dots.example.net';
  const first = scene(works, ['192.0.2.1'], { addresses });
  assert.equal(await outcome(first, server), 'tls 192.0.2.1');
  for (const [resolver, at] of [
    [resolverAfter('EAI_AGAIN').resolver, 0],
    [resolverAfter('ENOTFOUND').resolver, 0],
    [() => new Promise<string[]>(() => undefined), 2 * second],
  ] as const) {
    const later = scene(works, undefined, { addresses, resolver });
    assert.equal(await outcome(later, server), 'tls 192.0.2.1');
    assert.deepEqual([later.started, later.clock.pending], [[['tls 192.0.2.1', at]], 0]);
  }
  for (let name = 0; name < 256; name += 1) addresses.set(`${name}.example.net`, []);
  assert.equal(addresses.get('dots.example.net'), undefined, 'the oldest name is dropped');
});
