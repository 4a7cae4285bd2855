import { stat } from 'node:fs/promises';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { DataClients } from '#dots/dotsServer/state/dataClients';
import { liveFlowspec, type LiveFlowspec } from './rulesInForce';
import { Mitigations } from '#dots/dotsServer/state/mitigations';
import { defaultPolicy, type Policy } from '#dots/dotsServer/state/policy';
import { existingStore } from '#dots/dotsServer/state/store';

export type { LiveFlowspec } from './rulesInForce';

/**
 * The Flowspec rules in force of an orchestrator that keeps its state in a folder, whether it runs now or not; the time that has
 * passed counts. Changes nothing there. Throws a DotsError of kind `usage` for a folder that is missing or cannot be read.
 */
export async function liveFlowspecOf(
  stateDir: string,
  { clock = systemClock, policy = defaultPolicy }: { clock?: Clock; policy?: Policy } = {},
): Promise<LiveFlowspec> {
  const found = await stat(stateDir).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new DotsError(
      'usage',
      'orchestrator/state-folder',
      `There is no state folder ${stateDir}.`,
      'Name the folder that dots mock --state was given.',
    );
  const store = await existingStore(stateDir);
  const clients = await DataClients.open(store, clock);
  const mitigations = await Mitigations.open(store, clock, policy.timing);
  try {
    return liveFlowspec(clients.all(), mitigations.all());
  } finally {
    clients.close();
    await mitigations.close();
  }
}
