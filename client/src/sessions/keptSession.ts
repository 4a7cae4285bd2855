import { homedir } from 'node:os';
import type * as vscode from 'vscode';

import type * as Protocol from '#lazy/protocol';
import type { KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { Relay } from '#dots/sessionSocket/relayedMessenger';
import type { SharedSession } from '#dots/sessionSocket/sharedSession';
import type { ConnectionMemory, SessionOptions } from '#dots/signal/sessionOptions';
import type { SettledTarget } from './serverTargets';

/** The outcomes of earlier attempts, and the DTLS sessions that can be resumed, in memory only. */
let memory: ConnectionMemory | undefined;

/** A session that is kept established for the editor, and where it leads: by `dots session` where one is running. */
export class KeptSession {
  readonly keeper: SharedSession;

  /**
   * Nothing is sent before the first request.
   * @param target that of the last request: its credentials are used when the session is opened again
   * @param profilesFile the file that has its profile; undefined where `dots session` cannot know it
   */
  constructor(
    private readonly protocol: typeof Protocol,
    public target: SettledTarget,
    private readonly log: Pick<vscode.LogOutputChannel, 'info' | 'warn'>,
    profilesFile: string | undefined,
  ) {
    const { SharedSession, eventWords } = protocol;
    const { profile } = target;
    this.keeper = new SharedSession({
      find: () => (profilesFile === undefined ? undefined : relayTo(protocol, this.target, profilesFile)),
      own: () => this.own(),
    });
    this.keeper.onEvent((event) => {
      const words = eventWords(event, target);
      const by = event.type === 'opened' && this.keeper.isShared ? ' It is kept by dots session.' : '';
      if (words !== undefined) log[event.type === 'opened' ? 'info' : 'warn'](`${profile}: ${words}${by}`);
    });
  }

  /** The session of this process. */
  private own(): SessionKeeper {
    const { SessionKeeper, SignalSession, connectionMemory } = this.protocol;
    memory ??= connectionMemory();
    const { server, cuid, profile, session } = this.target;
    const common = { memory, trace: (sentence: string): void => this.log.info(`${profile}: ${sentence}`) };
    return new SessionKeeper({
      server,
      cuid,
      alternates: session?.alternates,
      configuration: () => this.target.session?.configuration,
      open: (opening) => SignalSession.open({ ...optionsOf(this.target), ...common, ...opening }),
      overDtls: (opening) => SignalSession.overDtls({ ...optionsOf(this.target), ...common, ...opening }),
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

/**
 * The way to the session of a profile that `dots session` keeps. It reads the credentials itself; what the user
 * confirmed here is confirmed there. Undefined where none runs.
 */
function relayTo(
  { callOf, keeperSocket, relayName, relayOver }: typeof Protocol,
  { profile, cuid, permit }: SettledTarget,
  profilesFile: string,
): Relay | undefined {
  const socket = keeperSocket();
  if (socket === undefined) return undefined;
  const yes = permit === undefined ? ['--yes'] : [];
  const words = [relayName, `--profile=${profile}`, `--profiles=${profilesFile}`, `--cuid=${cuid}`, ...yes];
  const here = { folder: homedir(), env: process.env };
  return relayOver(socket, (input) => callOf(here, { words, input, asks: false, showsProgress: false }));
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
