import { stat } from 'node:fs/promises';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { Decisions } from '#dots/dotsServer/state/decisions';
import { DataClients } from '#dots/dotsServer/state/dataClients';
import { memoryJournal } from '#dots/dotsServer/state/journal';
import { advance } from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy, type Policy } from '#dots/dotsServer/state/policy';
import { readStateFolder } from '#dots/dotsServer/state/stateFolder';
import { Store } from '#dots/dotsServer/state/store';
import { mitigationTable } from '#dots/dotsServer/state/storedMitigations';
import { rulesInForce, type RulesInForce } from './rulesInForce';

/**
 * The Flowspec rules in force of an orchestrator with a state folder, running or not; elapsed time is taken into
 * account. Changes nothing in the folder. Throws a DotsError of kind `usage`: `orchestrator/state-folder`,
 * `orchestrator/state-unreadable`.
 */
export async function storedRulesInForce(
  stateDir: string,
  {
    clock = systemClock,
    policy = defaultPolicy,
    node,
  }: { clock?: Clock; policy?: Policy; node?: string | undefined } = {},
): Promise<RulesInForce> {
  const found = await stat(stateDir).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new DotsError(
      'usage',
      'orchestrator/state-folder',
      `There is no state folder ${stateDir}.`,
      'Name the folder that dots mock was started with (--state).',
    );
  const store = new Store(memoryJournal, await readStateFolder(stateDir));
  const now = clock.now();
  const table = mitigationTable(store);
  const mitigations = [...table.values()]
    .map((mitigation) => advance(mitigation, now, policy.timing))
    .filter((mitigation) => mitigation !== undefined);
  const decisions = new Decisions(store, table);
  const clients = new DataClients(store, clock);
  try {
    return rulesInForce({ clients: clients.all(), mitigations, decisionOf: (id) => decisions.of(id) }, node);
  } finally {
    clients.close();
  }
}
