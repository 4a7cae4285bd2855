import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clients } from '#dots/dotsServer/state/clients';
import { RequestTurns, TooManyRequests } from '#dots/dotsServer/state/requestTurns';
import { FakeClock } from '../../../support/protocol/fakeClock';

function open(requestsPerSecond = 1000): { clock: FakeClock; turns: RequestTurns } {
  const clock = new FakeClock();
  const definitions = [
    { name: 'slow', identities: ['slow'], limits: { requests: 2 } },
    ...['flood', 'calm', 'third'].map((name) => ({ name, identities: [name, `${name}-2`] })),
  ];
  return { clock, turns: new RequestTurns(new Clients(definitions), { requestsPerSecond }, clock) };
}

test('a request of a calm client waits for one request of a flood, not for all', async () => {
  const { turns } = open();
  const order: string[] = [];
  const ask = (owner: string): Promise<void> =>
    turns.run(owner, () => {
      order.push(owner);
      return Promise.resolve();
    });
  const flood = Array.from({ length: 100 }, (_, number) => ask(number % 2 === 0 ? 'flood' : 'flood-2'));
  await Promise.all([ask('calm'), ask('third'), ...flood]);
  assert.deepEqual([order.indexOf('calm'), order.indexOf('third')], [2, 3]);
  assert.equal(order.length, 102);
});

test('a request that waits for storage keeps no other one waiting', async () => {
  const { turns } = open();
  let end = (): void => undefined;
  const stuck = turns.run('flood', () => new Promise<void>((resolve) => (end = resolve)));
  assert.equal(await turns.run('calm', () => Promise.resolve('served')), 'served');
  end();
  await stuck;
});

test('requests per second: those of its definition, all identities together; credit comes back with time', async () => {
  const { turns, clock } = open(3);
  const ask = (owner: string): Promise<boolean> =>
    turns
      .run(owner, () => Promise.resolve(true))
      .catch((error: unknown) => {
        assert.ok(error instanceof TooManyRequests);
        return false;
      });
  const served = async (owner: string): Promise<number> =>
    (await Promise.all(Array.from({ length: 10 }, () => ask(owner)))).filter(Boolean).length;
  assert.deepEqual([await served('slow'), await served('calm'), await served('calm-2')], [2, 3, 0]);
  await clock.advance(500);
  assert.deepEqual([await served('slow'), await served('calm')], [1, 1]);
  await clock.advance(60_000);
  assert.deepEqual([await served('slow'), await served('calm')], [2, 3]);
});

test('what waits is limited for each client', async () => {
  const { turns } = open(10_000);
  const flood = Array.from({ length: 1000 }, () => turns.run('flood', () => Promise.resolve()));
  const results = await Promise.allSettled(flood);
  const refused = results.filter(({ status }) => status === 'rejected').length;
  assert.ok(refused >= 700 && refused < 1000, String(refused));
});

test('an error of the work is that of the request', async () => {
  const { turns } = open();
  await assert.rejects(
    turns.run('calm', () => Promise.reject(new Error('no'))),
    /^Error: no$/,
  );
  assert.equal(await turns.run('calm', () => Promise.resolve(1)), 1);
});

test('work that throws before it waits is a failed request, and the next one is served', async () => {
  const { turns } = open();
  const thrown = new Error('thrown');
  await assert.rejects(
    turns.run('calm', () => {
      throw thrown;
    }),
    thrown,
  );
  assert.equal(await turns.run('calm', () => Promise.resolve('served')), 'served');
});
