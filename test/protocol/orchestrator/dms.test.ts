import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attacked, dmsScene, States } from '../../support/dmsScene';
import { eventually } from '../../support/protocol/scene';

const udp = attacked('192.0.2.10/32', { 'target-protocol': [17] });

test('a DMS is asked over DTLS, diverts, counts what it drops, and reports 1, 2 and 3', async (t) => {
  const { network, asked, client, system } = await dmsScene(t);
  network.world.addClass({
    name: 'dns',
    kind: 'attack',
    vector: 'dns-amplification',
    to: '192.0.2.10',
    enters: { 'transit-1': 1 },
    rate: [
      [0, 1_000_000_000],
      [20, 1_000_000_000],
      [21, 0],
    ],
  });
  assert.match(system.addresses.coaps ?? '', /^coaps:/);
  const [dms, states] = [await client(), new States()];
  dms.want('web-1 1', udp, states.take);
  dms.start();
  await dms.settled();
  assert.match(asked().join(), /^PUT \d+ 2\.01$/);
  network.pass(2);
  network.pass(3);
  await states.reaches(2);
  network.pass(25);
  const { counters } = await states.reaches(3);
  assert.deepEqual(states.statuses.slice(-2), [2, 3]);
  const { stopped } = network.world.dmsDropped('scrubber-1');
  assert.ok(stopped.bits > 0n);
  assert.equal(counters?.bytes, Number(stopped.bits / 8n));
  dms.drop('web-1 1');
  await dms.settled();
  assert.match(asked().join(), /^PUT (\d+) 2\.01,DELETE \1 2\.02$/);
});

test('two demands for one target share a request; what ends leaves the other', async (t) => {
  const { asked, client } = await dmsScene(t);
  const [dms, one, two] = [await client(), new States(), new States()];
  dms.want('web-1 1', udp, one.take);
  dms.start();
  await dms.settled();
  dms.want('admin 7', attacked('192.0.2.0/24'), two.take);
  await dms.settled();
  dms.want('web-2 3', attacked('198.51.100.7/32'), () => undefined);
  await dms.settled();
  assert.deepEqual(
    asked().map((line) => line.replace(/\d{4,}/, 'N')),
    ['PUT N 2.01', 'PUT N 2.01', 'PUT N 2.01'],
  );
  dms.drop('web-1 1');
  await dms.settled();
  dms.drop('admin 7');
  await dms.settled();
  const last = asked()
    .slice(3)
    .map((line) => line.replace(/\d{4,}/, 'N'));
  assert.deepEqual(last, ['PUT N 2.01', 'DELETE N 2.02']);
});

test('after a crash what is needed is taken up without asking again, and the rest is withdrawn', async (t) => {
  const { asked, client, network } = await dmsScene(t);
  const before = await client();
  before.want('web-1 1', udp, () => undefined);
  before.want('web-1 2', attacked('198.51.100.7/32'), () => undefined);
  before.start();
  await before.settled();
  assert.equal(asked().length, 2);
  // A crash withdraws nothing.
  await before.close();
  const [after, states] = [await client(), new States()];
  after.want('web-1 1', udp, states.take);
  after.start();
  await after.settled();
  network.pass(4);
  await states.reaches(2);
  assert.match(asked().slice(2).join(), /^DELETE \d+ 2\.02$/);
});

test('a request of which the answer was lost keeps its mid', async (t) => {
  const { asked, client, system } = await dmsScene(t);
  const before = await client();
  before.want('web-1 1', udp, () => undefined);
  before.start();
  await eventually(() => asked().length > 0);
  await before.close();
  system.fault = undefined;
  const after = await client();
  after.want('web-1 1', udp, () => undefined);
  after.start();
  await after.settled();
  assert.equal(new Set(asked().map((line) => line.split(' ')[1])).size, 1);
});

test('a DMS that refuses', async (t) => {
  const { client, system } = await dmsScene(t);
  system.fault = 'refuses';
  const [dms, states] = [await client(), new States()];
  dms.want('web-1 1', udp, states.take);
  dms.start();
  const state = await states.reaches(7);
  assert.match('reason' in state ? state.reason : '', /^refuses with 5\.03/);
  assert.match(dms.obstacle ?? '', /refuses/);
});

test('a DMS that answers nonsense', async (t) => {
  const { client, system } = await dmsScene(t);
  const [dms, states] = [await client(), new States()];
  dms.start();
  await dms.settled();
  system.fault = 'nonsense';
  dms.want('web-1 1', udp, states.take);
  const state = await states.reaches(7);
  assert.match('reason' in state ? state.reason : '', /nonsense/);
});

test('a DMS that accepts and never gets effective is given up and asked to stop', async (t) => {
  const { client, system, network, asked } = await dmsScene(t);
  system.fault = 'never-effective';
  const [dms, states] = [await client({ effectiveMs: 300 }), new States()];
  dms.want('web-1 1', udp, states.take);
  dms.start();
  await dms.settled();
  network.pass(10);
  const state = await states.reaches(7);
  assert.match('reason' in state ? state.reason : '', /not effective/);
  await eventually(() => asked().some((line) => line.startsWith('DELETE')));
});

test('a DMS that ends a mitigation by itself', async (t) => {
  const { client, system, network } = await dmsScene(t);
  const [dms, states] = [await client(), new States()];
  dms.want('web-1 1', udp, states.take);
  dms.start();
  await dms.settled();
  network.pass(3);
  await states.reaches(2);
  system.fault = 'ends';
  network.pass(1);
  const state = await states.reaches(7);
  assert.match('reason' in state ? state.reason : '', /by itself/);
});

test('a DMS that is silent is given up, and asked again once it answers', async (t) => {
  const { client, system, asked } = await dmsScene(t);
  const [dms, states] = [await client(), new States()];
  dms.start();
  await dms.settled();
  system.fault = 'silent';
  dms.want('web-1 1', udp, states.take);
  const state = await states.reaches(7);
  assert.match('reason' in state ? state.reason : '', /does not answer/);
  system.fault = undefined;
  dms.want('web-1 2', attacked('198.51.100.7/32'), () => undefined);
  await dms.settled();
  assert.match(asked().join(), /^PUT \d+ 2\.01$/);
});
