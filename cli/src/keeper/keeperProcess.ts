import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { describeError } from '#dots/model/errors';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import { securityWords } from '#dots/words/sessions';
import { onBehalfOf } from '../caller';
import type { Command } from '../command';
import { invoke } from '../invoke';
import { Conversation } from './conversation';
import type { Call } from './messages';
import { CallServer } from './server';
import { LiveSessions, type Watch } from './sessions';

/** The commands that the keeper runs for other processes, by name. */
export type KeptCommands = ReadonlyMap<string, Command>;

/** The process of `dots session`: it keeps sessions, and runs the commands of other processes over them. */
export class KeeperProcess {
  readonly sessions: LiveSessions;
  private readonly server = new CallServer((call) => this.converse(call));

  /** @param log receives a line for each change of a session */
  constructor(
    private readonly commands: (keeper: KeeperProcess) => KeptCommands,
    log: (line: string) => void,
  ) {
    this.sessions = new LiveSessions(watchWith(log));
  }

  /** Listens for calls. Rejects with an error of the system. */
  async listen(socket: string): Promise<void> {
    await this.server.listen(socket);
    // Paths of callers are absolute from here on; a relative one must not name a file of the folder it was started in.
    if (process.platform !== 'win32') process.chdir(dirname(socket));
  }

  /** Callers that wait for an answer receive that the sessions have ended; others are not waited for. */
  async close(): Promise<void> {
    await this.sessions.close();
    await this.server.close();
  }

  private converse(call: Call): Conversation | undefined {
    const [name = '', ...words] = call.words;
    const command = this.commands(this).get(name);
    if (command === undefined) return undefined;
    const { folder, env } = call;
    const caller = { folder, env, platform: process.platform, home: env.HOME ?? homedir() };
    const { connect } = this.sessions;
    return new Conversation(call, (io) => onBehalfOf(caller, () => invoke(command, words, { ...io, connect })));
  }
}

/** Reports changes of the sessions, a line each. */
function watchWith(log: (line: string) => void): Watch {
  return ({ server, cuid }) => ({
    event: (event) => {
      const line = eventWords(event, server, cuid);
      if (line !== undefined) log(line);
    },
    trace: (sentence) => log(`${server}: ${sentence}`),
    dismissed: () => log(`The session with ${server} as ${cuid} ends, because it is the least recently used one.`),
  });
}

function eventWords(event: KeeperEvent, server: string, cuid: string): string | undefined {
  switch (event.type) {
    case 'opened': {
      const { security } = event.session;
      return `Session opened with ${server} as ${cuid}${security === undefined ? '' : `, ${securityWords(security)}`}.`;
    }
    case 'failed':
      return `Could not connect to ${server}; retrying later. ${describeError(event.error)}`;
    case 'over-tls':
      return `The session with ${server} continues over TLS. ${describeError(event.error)}`;
    case 'state':
      return stateChangeWords(event, server);
  }
}

function stateChangeWords({ before, snapshot }: KeeperEvent & { type: 'state' }, server: string): string | undefined {
  if (snapshot.state === 'connected') return before === 'not-responding' ? `${server} answers again.` : undefined;
  if (snapshot.state !== 'not-responding') return undefined;
  return snapshot.session === 'closed'
    ? `${server} has ended the session; it is opened again within a minute, or with the next document.`
    : `${server} is not responding; heartbeats continue.`;
}
