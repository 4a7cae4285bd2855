import type { Clock } from '#dots/runtime/clock';
import type { Tell } from '#dots/runtime/privateFolder';
import { DataClients } from './dataClients';
import { Mitigations } from './mitigations';
import type { Mitigator } from './mitigator';
import type { Policy } from './policy';
import { folderStore, memoryStore } from './store';
import { Telemetry } from './telemetry';

export interface ServerStateOptions {
  /** The folder that the state is stored in; without one it ends with the server. */
  stateDir?: string | undefined;
  clock: Clock;
  policy: Policy;
  mitigator: Mitigator;
  /** Receives a sentence for each right to the stored state that is taken from others. */
  tell?: Tell;
}

/** Everything that a DOTS server knows of its clients. */
export class ServerState {
  private constructor(
    readonly mitigations: Mitigations,
    readonly clients: DataClients,
    readonly telemetry: Telemetry,
  ) {}

  /**
   * Resumes from what an earlier server stored, and starts with the mitigator the mitigations that are in force.
   * Throws a DotsError of kind `usage`: `orchestrator/state-folder`, `orchestrator/state-unreadable`, `runtime/not-private`.
   */
  static async open({
    stateDir,
    clock,
    policy,
    mitigator,
    tell = () => undefined,
  }: ServerStateOptions): Promise<ServerState> {
    const store = stateDir === undefined ? memoryStore : await folderStore(stateDir, tell);
    const telemetry = await Telemetry.open(store, policy.limits);
    const clients = await DataClients.open(store, clock);
    try {
      return new ServerState(
        await Mitigations.open({ store, clock, timing: policy.timing, mitigator }),
        clients,
        telemetry,
      );
    } catch (error) {
      clients.close();
      throw error;
    }
  }

  /** Calls back when a mitigation, an alias or an ACL is created, changed or removed. */
  onDidChange(listener: () => void): void {
    this.mitigations.onDidChange(listener);
    this.clients.onDidChange(listener);
  }

  /** Stops every timer and waits for the current work. */
  async close(): Promise<void> {
    await this.mitigations.close();
    this.clients.close();
    await this.telemetry.close();
  }
}
