import * as vscode from 'vscode';
import type { JsonObject } from '#dots/model/json';
import type { AliasTargets } from '#dots/workspace/definitions';
import type { CuidCollision } from './cuidCollision';
import type { ClientIdentity } from './identity';
import type { SettledTarget } from './serverTargets';
import { SessionHost, type SendingOptions, type SendResult } from './sessionHost';

/** The signal channel sessions of the editor: at most one with the server of each profile, and one with the mock. */
export class Sessions implements vscode.Disposable {
  private readonly hosts = new Map<string, SessionHost>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly identity: ClientIdentity,
    private readonly log: vscode.LogOutputChannel,
    private readonly collision: CuidCollision,
    /** The file that has the profiles. */
    private readonly profilesFile: () => Promise<string | undefined>,
  ) {}

  /** Those that were opened or attempted, and not closed by us, in the order in which they were first opened. */
  list(): SessionHost[] {
    return [...this.hosts.values()].filter(({ snapshot }) => snapshot !== undefined);
  }

  named(name: string): SessionHost | undefined {
    return this.hosts.get(name);
  }

  /**
   * Sends a signal channel document; the session is opened if necessary. Throws a DotsError.
   * @param aliases the targets of the aliases that it names
   * @param blocks whether a mitigation request that is larger than a datagram is sent, in blocks
   */
  send(
    target: SettledTarget,
    document: JsonObject,
    signal: AbortSignal,
    aliases: AliasTargets,
    options: SendingOptions,
  ): Promise<SendResult> {
    const host = this.host(target.profile);
    return this.collision.resolved(target, document, (as) => host.send(as, document, signal, aliases, options));
  }

  /** Asks the server of a target for this client's mitigations, which are followed from then on. Throws a DotsError. */
  look(target: SettledTarget): Promise<unknown> {
    return this.host(target.profile).look(target);
  }

  /** Ends the session of a name, or all. */
  async close(name?: string): Promise<void> {
    await Promise.all(
      [...this.hosts].filter(([each]) => name === undefined || each === name).map(([, host]) => host.close()),
    );
  }

  dispose(): void {
    for (const host of this.hosts.values()) host.dispose();
    this.changed.dispose();
  }

  private host(name: string): SessionHost {
    const known = this.hosts.get(name);
    if (known !== undefined) return known;
    const host = new SessionHost(this.identity, this.log, name, this.profilesFile);
    host.onDidChange(() => this.changed.fire());
    this.hosts.set(name, host);
    return host;
  }
}
