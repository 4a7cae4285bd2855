import type * as vscode from 'vscode';
import type { Accepted, Announce, DataSession, Installed } from '#dots/data/session';
import { describeError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { ClientIdentity } from './identity';
import type { SettledTarget } from './serverTargets';

/** The installed document, and the answer. */
export interface Installation {
  installed: Installed;
  /** What was replaced, in lines; empty where everything was new. */
  difference: string[];
  cuid: string;
  server: string;
  profile: string;
}

/** The DOTS data channel of the editor. */
export class DataHost {
  /** Called when something was installed at a target, or was refused there. */
  onInstalled: (target: SettledTarget) => void = () => undefined;

  constructor(
    private readonly identity: Pick<ClientIdentity, 'client'>,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /**
   * Installs aliases or ACLs at a target, and enters what the server accepts in the ledger, also where it refuses or
   * does not answer a later entry; the log has the difference before an entry is replaced. Throws a DotsError.
   */
  async install(target: SettledTarget, document: JsonObject, signal: AbortSignal): Promise<Installation> {
    const { changeLines } = await import('#lazy/protocol');
    const { server, cuid, profile } = target;
    const difference: string[] = [];
    const announce: Announce = (changes) => {
      difference.push(...changeLines(changes));
      for (const line of difference) this.log.info(line);
    };
    const accepted: Accepted = (container, entries) =>
      this.record(async () => (await this.identity.client(target)).installed({ container, entries, address: server }));
    const installed = await this.over(target, (session) => session.install(document, { signal, announce, accepted }));
    for (const { request, status, roundTripMs } of installed.answers)
      this.log.info(`${request.method} ${request.path} -> ${status} (${Math.round(roundTripMs)} ms)`);
    this.onInstalled(target);
    return { installed, difference, cuid, server, profile };
  }

  /** Runs an action over a session with a target, which is closed afterwards. Throws a DotsError. */
  async over<T>(
    { server, cuid, files, permit, credentials }: SettledTarget,
    action: (session: DataSession) => Promise<T>,
  ): Promise<T> {
    const { DataSession } = await import('#lazy/protocol');
    const { serverName } = credentials;
    const session = await DataSession.open({ server, cuid, permit, serverName, ...(files ?? { ca: '' }) });
    try {
      return await action(session);
    } finally {
      await session.close();
    }
  }

  /** A ledger that cannot be used hides no answer. */
  private async record(enter: () => Promise<void>): Promise<void> {
    await enter().catch((error: unknown) => this.log.warn(describeError(error)));
  }
}
