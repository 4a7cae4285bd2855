import type { Clock } from '#dots/runtime/clock';
import type { Notify } from '#dots/runtime/privateFolder';
import { DataClients } from './dataClients';
import { Decisions } from './decisions';
import { Mitigations } from './mitigations';
import type { Mitigator } from './mitigator';
import type { Policy } from './policy';
import { openStateFolder, withoutFolder, type OpenedState } from './stateFolder';
import { Store } from './store';
import { mitigationTable } from './storedMitigations';
import { Telemetry } from './telemetry';

export interface ServerStateOptions {
  /** The folder that the state is stored in; without one it ends with the server. */
  stateDir?: string | undefined;
  /** Sets aside what is stored there, and starts with an empty state. */
  discardState?: boolean | undefined;
  clock: Clock;
  policy: Policy;
  mitigator: Mitigator;
  /**
   * Receives a sentence for each right to the stored state that is taken from others, and for what was dropped of it.
   */
  notify?: Notify;
}

/**
 * All data that a DOTS server has of its clients. A request reads and changes it in one decision (`exclusive`),
 * which is stored as a whole or not at all:
 *
 *     await state.exclusive(() => {
 *       if (state.clients.find(cuid) !== undefined) throw refusal;
 *       state.clients.put(client);
 *       state.mitigations.put(mitigation);
 *       return answer;
 *     });
 *
 * A further kind of entry is one more `Table` of the same store (see `Telemetry`).
 */
export class ServerState {
  readonly telemetry: Telemetry;
  readonly clients: DataClients;
  readonly mitigations: Mitigations;
  /** What the mitigator decides. */
  readonly decisions: Decisions;

  private constructor(
    private readonly store: Store,
    { clock, policy, mitigator }: ServerStateOptions,
  ) {
    this.telemetry = new Telemetry(store);
    this.clients = new DataClients(store, clock);
    try {
      this.decisions = new Decisions(store, mitigationTable(store));
      store.refuseUnknownTables();
      this.mitigations = new Mitigations({ store, clock, timing: policy.timing, mitigator });
    } catch (error) {
      this.clients.close();
      throw error;
    }
  }

  /**
   * Resumes from what an earlier server stored, and starts with the mitigator the mitigations that are in force.
   * Throws a DotsError of kind `usage`: `orchestrator/state-folder`, `orchestrator/state-in-use`,
   * `orchestrator/state-unreadable`, `runtime/not-private`.
   */
  static async open(options: ServerStateOptions): Promise<ServerState> {
    const { journal, stored } = await openState(options);
    try {
      return new ServerState(new Store(journal, stored, () => options.clock.monotonic()), options);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** Decides one request, alone and in one go, and stores what it changes: see `Store.exclusive`. */
  exclusive<T>(decide: () => T): Promise<T> {
    return this.store.exclusive(decide);
  }

  /** Calls back when a mitigation, an alias or an ACL is created, changed or removed. */
  onDidChange(listener: () => void): void {
    this.mitigations.onDidChange(listener);
    this.clients.onDidChange(listener);
  }

  /** Stops every timer, waits for the current work and frees the state folder. */
  async close(): Promise<void> {
    await this.mitigations.close();
    this.clients.close();
    await this.store.close();
  }
}

async function openState(options: ServerStateOptions): Promise<OpenedState> {
  const { stateDir, discardState = false, clock, notify = () => undefined } = options;
  return stateDir === undefined ? withoutFolder : openStateFolder(stateDir, { discardState, clock, notify });
}
