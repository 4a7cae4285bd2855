import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import { Endpoint } from '#dots/coap/endpoint';
import { dotsCbor } from '#dots/coap/messages/options';
import { SignalService } from '#dots/dotsServer/signal/signalService';
import { Clients } from '#dots/dotsServer/state/clients';
import { Holdings } from '#dots/dotsServer/state/holdings';
import { ClientQuota } from '#dots/dotsServer/state/clientQuota';
import { CuidClaims } from '#dots/dotsServer/state/cuidClaims';
import { requested, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy, type Policy } from '#dots/dotsServer/state/policy';
import { RequestTurns } from '#dots/dotsServer/state/requestTurns';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { folder } from '../../support/dots';
import { operationsOf } from '../../support/operations';
import { FakeClock } from '../../support/protocol/fakeClock';
import { wire } from '../../support/protocol/fakeNetwork';
import { protect } from '../../support/protocol/scene';
import { TestMitigator } from '../../support/testMitigator';

const many = 100_000;
const policy: Policy = {
  ...defaultPolicy,
  limits: { ...defaultPolicy.limits, entries: many, entriesPerClient: many, entriesPerCuid: many },
};
const sizes = [100, 1_000, 10_000];

/** A prefix of its own for each number. */
const prefix = (number: number): string =>
  `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::/64`;

interface Scene {
  state: ServerState;
  clock: FakeClock;
  /** Requests a mitigation over the signal channel. */
  put: (cuid: string, mid: number, target: string) => Promise<void>;
  /** Stores mitigations up to this number, without the signal channel. */
  fill: (size: number) => Promise<void>;
}

async function open(t: TestContext, cuidOf: (mid: number) => string): Promise<Scene> {
  const clock = new FakeClock();
  const state = await ServerState.open({ stateDir: folder(t), clock, policy, mitigator: new TestMitigator() });
  const clients = new Clients();
  const holdings = new Holdings(clients, state);
  const [claims, quota] = [new CuidClaims(state, clients), new ClientQuota(holdings, policy.limits)];
  const turns = new RequestTurns(clients, policy.limits, clock);
  const service = new SignalService({
    ...{ state, mitigator: {}, clients, claims, quota, turns, clock, policy },
    log: () => undefined,
  });
  const [near, far] = wire(clock);
  service.accept(far);
  const client = new Endpoint(near, { clock });
  t.after(async () => {
    await client.close();
    service.close();
    await state.close();
  });
  let filled = 0;
  return {
    state,
    clock,
    put: async (cuid, mid, target) => {
      const { code } = await client.request(
        {
          method: 'PUT',
          path: ['.well-known', 'dots', 'mitigate', `cuid=${cuid}`, `mid=${mid}`],
          confirmable: true,
          payload: encodeDocument(protect(target)),
          contentFormat: dotsCbor,
        },
        { timeoutMs: 10_000 },
      );
      assert.equal(code, '2.01');
    },
    fill: async (size) => {
      const added = Array.from({ length: size - filled }, (_, index) => filled + index);
      filled = size;
      const store = (mitigation: Mitigation): Promise<void> => state.exclusive(() => state.mitigations.put(mitigation));
      await Promise.all(added.map((number) => store(stored(cuidOf(number), number, clock.now()))));
    },
  };
}

function stored(cuid: string, number: number, now: number): Mitigation {
  const scope = { 'target-prefix': [prefix(number)], 'target-fqdn': [`h${number}.example.com`] };
  return requested({ cuid, mid: number, scope, terminatingMs: 120_000 }, 3600 + (number % 97), now);
}

/** That the greatest is at most half as large again as the smallest. */
function assertConstant(what: string, counts: readonly number[]): void {
  const ratio = Math.max(...counts) / Math.min(...counts);
  assert.ok(ratio <= 1.5, `${what}: ${counts.join(', ')} operations at ${sizes.join(', ')} stored mitigations`);
}

for (const [whose, cuidOf] of [
  ['of many clients', (mid: number) => `c${mid % 500}`],
  ['of one client', () => 'c'],
] as const)
  test(`a PUT costs the same beside 100, 1,000 and 10,000 mitigations ${whose}`, async (t) => {
    const { put, fill } = await open(t, cuidOf);
    await put('c', 30_000, prefix(30_000));
    const counts: number[] = [];
    for (const size of sizes) {
      await fill(size);
      const first = 20_000 + 20 * counts.length;
      counts.push(
        await operationsOf(async () => {
          for (let mid = first; mid < first + 10; mid++) await put('c', mid, prefix(mid));
        }),
      );
    }
    assertConstant('10 PUTs', counts);
  });

test('a PUT that conflicts with another client, and one that replaces its own, cost the same beside any number of mitigations', async (t) => {
  const { put, fill } = await open(t, (mid) => `c${mid % 500}`);
  await put('c', 30_000, prefix(30_000));
  const counts: number[] = [];
  for (const size of sizes) {
    await fill(size);
    const first = 20_000 + 20 * counts.length;
    counts.push(
      await operationsOf(async () => {
        for (let mid = first; mid < first + 10; mid++) await put('other', mid, prefix(mid - first));
      }),
    );
  }
  assertConstant('10 PUTs', counts);
});

test('ends of lifetimes cost as much as there are, whatever else is stored', async (t) => {
  const { state, clock, fill } = await open(t, (mid) => `c${mid % 500}`);
  const counts: number[] = [];
  for (const [index, size] of sizes.entries()) {
    await fill(size);
    const ending = Array.from({ length: 10 }, (_, mid) => ({
      ...stored('e', mid, clock.now()),
      expiresAt: clock.now() + 60_000,
    }));
    await Promise.all(ending.map((mitigation) => state.exclusive(() => state.mitigations.put(mitigation))));
    counts.push(await operationsOf(() => clock.advance(61_000)));
    assert.equal(state.mitigations.of('e')[0]?.status, 6, `at ${index}`);
    await clock.advance(10_000);
  }
  assertConstant('10 ends', counts);
});

test('a start costs as much for each mitigation, however many there are', async (t) => {
  const counts: number[] = [];
  for (const size of sizes) {
    const stateDir = folder(t);
    const clock = new FakeClock();
    const options = { stateDir, clock, policy, mitigator: new TestMitigator() };
    const first = await ServerState.open(options);
    const put = (mid: number): Promise<void> =>
      first.exclusive(() => first.mitigations.put(stored('c', mid, clock.now())));
    await Promise.all(Array.from({ length: size }, (_, mid) => put(mid)));
    await first.close();
    let second: ServerState | undefined;
    counts.push((await operationsOf(async () => (second = await ServerState.open(options)))) / size);
    assert.equal(second?.mitigations.count(), size);
    await second?.close();
  }
  assertConstant('a start, for each mitigation', counts);
});
