import type * as vscode from 'vscode';
import type * as protocol from '#lazy/protocol';
import type { KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { ConnectionMemory, SessionOptions } from '#dots/signal/session';
import type { SettledTarget } from './serverTargets';

/** The outcomes of earlier attempts, and the DTLS sessions that can be resumed, in memory only. */
let memory: ConnectionMemory | undefined;

/** A session of the editor that is kept established, and where it leads. */
export class KeptSession {
  readonly keeper: SessionKeeper;

  /**
   * Nothing is sent before the first request.
   * @param target that of the last request: its credentials are used when the session is opened again
   */
  constructor(
    { SessionKeeper, SignalSession, connectionMemory, eventWords }: typeof protocol,
    public target: SettledTarget,
    log: Pick<vscode.LogOutputChannel, 'info' | 'warn'>,
  ) {
    memory ??= connectionMemory();
    const { server, cuid, profile } = target;
    const common = { memory, trace: (sentence: string): void => log.info(`${profile}: ${sentence}`) };
    this.keeper = new SessionKeeper({
      server,
      cuid,
      alternates: target.session?.alternates,
      configuration: () => this.target.session?.configuration,
      open: (opening) => SignalSession.open({ ...optionsOf(this.target), ...common, ...opening }),
      overDtls: (opening) => SignalSession.overDtls({ ...optionsOf(this.target), ...common, ...opening }),
    });
    this.keeper.onEvent((event) => {
      const words = eventWords(event, target);
      if (words !== undefined) log[event.type === 'opened' ? 'info' : 'warn'](`${profile}: ${words}`);
    });
  }

  get snapshot(): KeeperSnapshot {
    return this.keeper.snapshot;
  }

  /** Whether its session is one with the server of a target, as the same client. */
  leadsTo({ server, cuid }: SettledTarget): boolean {
    return this.target.server === server && this.target.cuid === cuid;
  }
}

/** Here credentials are passed to the DOTS client. */
function optionsOf({ server, cuid, credentials, clientCredentials, permit, session }: SettledTarget): SessionOptions {
  const { serverName } = credentials;
  const { localAddresses } = session ?? {};
  return {
    server,
    serverName,
    cuid,
    permit,
    localAddresses,
    ...(clientCredentials && { credentials: clientCredentials }),
  };
}
