import { dirname } from 'node:path';
import { describeError } from '#dots/model/errors';
import type { Call } from '#dots/sessionSocket/messages';
import { caller, callerOf, onBehalfOf, type Caller } from '../caller';
import type { Command, ExitStatus } from '../command';
import { invoke } from '../invoke';
import type { Io } from '../io';
import type { SettledTarget } from '../settledTarget';
import { CallServer } from './server';
import type { Watch } from './sessionEvents';
import { LiveSessions } from './sessions';

/** The commands that the keeper runs for other processes, by name. */
export type KeptCommands = ReadonlyMap<string, Command>;

/** The targets that a command line names, as its files say now, with valid credentials. Rejects with a DotsError. */
export type FindTargets = () => Promise<SettledTarget[]>;

/** The process of `dots session`: it keeps sessions, and runs the commands of other processes over them. */
export class KeeperProcess {
  readonly sessions: LiveSessions;
  private readonly server = new CallServer((call) => this.commandOf(call));
  /** What was named since the start, and by which caller. */
  private readonly named: { by: Caller; find: FindTargets }[] = [];

  constructor(
    private readonly commands: (keeper: KeeperProcess) => KeptCommands,
    watch: Watch,
  ) {
    this.sessions = new LiveSessions(watch);
  }

  /** Listens for calls. Rejects with an error of the system. */
  async listen(socket: string): Promise<void> {
    await this.server.listen(socket);
    // Paths of callers are absolute from here on; a relative one must not name a file of the folder it was started in.
    if (process.platform !== 'win32') process.chdir(dirname(socket));
  }

  /**
   * Opens the sessions of targets, and keeps them from now on. Rejects with a DotsError.
   * @param found is done before the first one is opened
   */
  async open(find: FindTargets, found?: () => Promise<void>): Promise<SettledTarget[]> {
    const targets = await find();
    await found?.();
    for (const target of targets) this.sessions.open(target);
    this.named.push({ by: caller(), find });
    return targets;
  }

  /**
   * Reads profiles and credentials again: sessions of new profiles are opened, those of removed ones are closed, and
   * the others are opened again. Returns why some command line has no targets any more; then nothing is changed.
   */
  async reload(): Promise<string | undefined> {
    try {
      const found = await Promise.all(this.named.map(({ by, find }) => onBehalfOf(by, find)));
      const targets = found.flat();
      for (const target of targets) this.sessions.open(target);
      this.sessions.renew(targets);
      return undefined;
    } catch (error) {
      return describeError(error);
    }
  }

  /** Callers that wait for an answer receive that the sessions have ended; others are not waited for. */
  async close(): Promise<void> {
    await this.sessions.close();
    await this.server.close();
  }

  private commandOf(call: Call): ((io: Io) => Promise<ExitStatus>) | undefined {
    const [name = '', ...words] = call.words;
    const command = this.commands(this).get(name);
    if (command === undefined) return undefined;
    const { connect, observe } = this.sessions;
    return (io) => onBehalfOf(callerOf(call), () => invoke(command, words, { ...io, connect, observe }));
  }
}
