import * as vscode from 'vscode';
import { describeError } from '#dots/model/errors';
import { mockName } from '#dots/workspace/fileNames';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';
import type { ClientIdentity } from '../sessions/identity';
import type { InstalledEntries } from '../sessions/installedEntries';
import type { ProfileHost } from '../sessions/profiles';
import type { ServerTargets } from '../sessions/serverTargets';
import type { Sessions } from '../sessions/sessions';

/** What asking needs. */
interface Parts {
  profiles: ProfileHost;
  targets: ServerTargets;
  identity: ClientIdentity;
  sessions: Sessions;
  orchestrator: OrchestratorHost;
  installed: InstalledEntries;
  log: vscode.LogOutputChannel;
}

/**
 * Asks the servers at which this client has running or unanswered requests, by the ledger, what they have: the window
 * remembers nothing itself. The requests only read. Never in an untrusted folder, and never with a question for a
 * secret.
 */
export class ServerAsker implements vscode.Disposable {
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly parts: Parts) {
    const opened = (): void => {
      if (vscode.workspace.getConfiguration('dots').get<boolean>('askOnOpen', true)) void this.ask();
    };
    this.listeners = [
      vscode.workspace.onDidGrantWorkspaceTrust(opened),
      parts.orchestrator.onDidChange(() => void this.askMock()),
    ];
    opened();
  }

  /** Asks all of them on both channels; a failure is in the log and in the row of the server. */
  async ask(): Promise<void> {
    const { installed, log } = this.parts;
    if (!vscode.workspace.isTrusted) return;
    await this.askMock();
    for (const each of await Promise.allSettled([this.askSignal(), installed.readAll()]))
      if (each.status === 'rejected') log.warn(`The servers could not be asked. ${describeError(each.reason)}`);
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
  }

  private async askSignal(): Promise<void> {
    const { profiles, identity, sessions, targets, log } = this.parts;
    const running = await identity.withRequests();
    if (running.length === 0) return;
    const known = await profiles.read();
    const asked = running.map(async ({ profile, ledger }) => {
      const target = await targets.toAsk(profile, ledger, known);
      if (target !== undefined) await sessions.look(target);
    });
    for (const each of await Promise.allSettled(asked))
      if (each.status === 'rejected') log.warn(describeError(each.reason));
  }

  /** The mock of this window, where it has mitigations of before. */
  private async askMock(): Promise<void> {
    const { orchestrator, sessions, targets, log } = this.parts;
    const isAsked = sessions.list().some(({ name }) => name === mockName);
    if (orchestrator.state !== 'running' || orchestrator.mitigations === 0 || isAsked) return;
    try {
      await sessions.look(await targets.mockToAsk());
    } catch (error) {
      log.warn(describeError(error));
    }
  }
}
