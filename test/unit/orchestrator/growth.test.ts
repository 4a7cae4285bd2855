import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { unrestricted } from '#dots/dotsServer/state/clients';
import { requested, withdrawn, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { PolicyMitigator } from '#dots/orchestrator/policyMitigator';
import { policyOf } from '#dots/workspace/policy/policy';
import { operationsOf } from '../../support/operations';
import { FakeClock } from '../../support/protocol/fakeClock';

/** More than the attacks that run at once. */
const sizes = [300, 3_000];

const policy = policyOf({
  links: [{ name: 'transit-1', capacity: 10_000_000_000 }],
  nodes: [{ name: 'edge-1', links: ['transit-1'], rules: 1_000_000, 'install-seconds': 1 }],
  strategies: [{ name: 'filter', filter: ['edge-1'] }],
});

interface Scene {
  state: ServerState;
  clock: FakeClock;
  mitigator: PolicyMitigator;
  /** Requests a mitigation, as the server does. */
  ask(cuid: string, mid: number, target: string): Promise<void>;
}

async function scene(t: TestContext): Promise<Scene> {
  const clock = new FakeClock();
  const mitigator = new PolicyMitigator({ policy, clock, log: () => undefined });
  const state = await ServerState.open({ clock, policy: defaultPolicy, mitigator });
  mitigator.attach({
    clientOf: () => undefined,
    dataClient: (cuid) => state.clients.find(cuid),
    telemetry: () => state.telemetry.all(),
    decisions: state.decisions,
    watchDataClients: () => undefined,
  });
  t.after(async () => {
    await state.close();
    mitigator.close();
  });
  const ask = (cuid: string, mid: number, target: string): Promise<void> =>
    state.exclusive(() => {
      const scope = { 'target-prefix': [target], 'target-protocol': [17] };
      const mitigation: Mitigation = requested({ cuid, mid, scope, terminatingMs: 1000 }, 86_400, clock.now());
      assert.equal(mitigator.admit({ client: unrestricted(cuid), cuid, mitigation, stored: undefined }), undefined);
      state.mitigations.put(mitigation);
    });
  return { state, clock, mitigator, ask };
}

/** That the greatest is at most half as large again as the smallest. */
function assertConstant(what: string, counts: readonly number[]): void {
  const ratio = Math.max(...counts) / Math.min(...counts);
  assert.ok(ratio <= 1.5, `${what}: ${counts.join(', ')} operations beside ${sizes.join(', ')} mitigations`);
}

const prefix = (number: number): string =>
  `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::/64`;

for (const [what, targetOf] of [
  ['with targets of their own', prefix],
  ['for one target', () => prefix(0)],
] as const)
  test(`requests, seconds and withdrawals cost the same beside 300 and 3,000 mitigations ${what}`, async (t) => {
    const { state, clock, mitigator, ask } = await scene(t);
    const counts: { requests: number; seconds: number; ends: number }[] = [];
    let mid = 0;
    for (const size of sizes) {
      while (mid < size) await ask(`c${mid % 500}`, ++mid, targetOf(mid));
      await clock.advance(10_000);
      const requests = await operationsOf(async () => {
        for (let more = 0; more < 10; more++) await ask('x', ++mid, targetOf(mid));
        await clock.advance(3_000);
      });
      const seconds = await operationsOf(() => clock.advance(10_000));
      const own = state.mitigations.of('x').slice(0, 5);
      const ends = await operationsOf(async () => {
        for (const mitigation of own)
          await state.exclusive(() => state.mitigations.put(withdrawn(mitigation, clock.now())));
        await clock.advance(3_000);
      });
      counts.push({ requests, seconds, ends });
    }
    for (const name of ['requests', 'seconds', 'ends'] as const)
      assertConstant(
        name,
        counts.map((each) => each[name]),
      );
    assert.ok(
      state.mitigations.all().every(({ status }) => status !== 1),
      'all are mitigated',
    );
    assert.ok(mitigator.tables.sizeOf('edge-1') > 0);
  });
