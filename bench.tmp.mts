import { mkdtempSync } from 'node:fs';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { defaultPolicy as policy } from '#dots/dotsServer/state/policy';
import { requested } from '#dots/dotsServer/state/lifecycle';
import { systemClock as clock } from '#dots/runtime/clock';
import { SimulatedMitigator } from '#dots/orchestrator/simulatedMitigator';
const dir = mkdtempSync('/tmp/bench-');
const mitigator = new SimulatedMitigator(clock);
let state = await ServerState.open({ stateDir: dir, clock, policy, mitigator });
const put = (n: number) => state.exclusive(() => state.mitigations.put(requested({ cuid: 'c' + (n % 500), mid: n, scope: { 'target-prefix': ['2001:db8:' + (n >> 8).toString(16) + ':' + (n & 255).toString(16) + '::/64'], 'target-protocol': [17], }, terminatingMs: 120000 }, 3600, clock.now())));
for (const upto of [100, 1000, 10000]) {
  const start = state.mitigations.count();
  await Promise.all(Array.from({ length: upto - start - 50 > 0 ? upto - start - 50 : 0 }, (_, i) => put(start + i)));
  const t = performance.now();
  for (let i = 0; i < 200; i++) await put(upto * 100 + i);
  console.log(upto, (performance.now() - t) / 200, 'ms per PUT', state.mitigations.count());
}
await state.close();
const t = performance.now();
state = await ServerState.open({ stateDir: dir, clock, policy, mitigator: new SimulatedMitigator(clock) });
console.log('start', performance.now() - t, state.mitigations.count());
await state.close();
process.exit();
