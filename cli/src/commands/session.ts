import { setTimeout as pause } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { DotsError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import { FolderInUse } from '#dots/runtime/folderLock';
import { relayName } from '#dots/sessionSocket/relayMessages';
import { keeperSocket } from '#dots/sessionSocket/socketPath';
import { caller, onBehalfOf } from '../caller';
import { UsageError, wordsOf, type Arguments, type Command, type ExitStatus } from '../command';
import type { Io } from '../io';
import { runKept } from '../keeper/client';
import { lockKeeper, type KeeperLock } from '../keeper/keeperLock';
import { KeeperProcess, type KeptCommands } from '../keeper/keeperProcess';
import { keptCommands } from '../keeper/keptCommands';
import { eventPrinter } from '../keeper/sessionEvents';
import { relayCommand } from '../keeper/relay';
import { sessionsJson, sessionsText } from '../keeper/sessionReport';
import { sessionOptions, targetsOf } from './sessionTargets';

type Load = () => Promise<Command>;

const actions = ['status', 'stop'] as const;
type Action = (typeof actions)[number];

const description: Omit<Command, 'run'> = {
  name: 'session',
  summary: 'Keep signal channel sessions open, and use them for the commands of this user.',
  usage:
    '[--profile NAME]... [--yes] [--cuid C] [--format text|json]\n       dots session --all [--yes]\n       dots session --server coaps://... --ca FILE --cert FILE --key FILE --cuid C\n       dots session --server coaps+tcp://... --psk-identity ID --psk-key-file FILE --cuid C\n       dots session status [--format text|json]\n       dots session stop',
  options: sessionOptions,
  actions: { status: [], stop: [] },
  details: [
    'Under attack a handshake may fail; an established session needs one datagram each way. Start this in peacetime: dots send, status, watch, withdraw, refresh, efficacy, config, telemetry and ready, in any folder, then use this session, without a handshake and without starting Node.js.',
    'With profiles or a server it opens their sessions immediately, and repeats that until the servers answer. Other sessions are opened with the first request for them, and kept open as well. There is one such process per user: a second dots session hands its profiles to it, and ends. status prints the sessions, stop ends them.',
    'Heartbeats are sent every 30 seconds. After 15 in a row without an answer, or once the server has closed it, a session is opened again, resumed if the server allows it. A request without an answer within 3 seconds is sent over a new session as well, and the first answer counts (RFC 9132 section 4.7).',
    'Paths, the workspace file, profiles and the ledger are those of the command that is typed, and so is its --yes. If it is interrupted, its request is not repeated any more, and what it prints then comes from dots session.',
    'If dots session accepts a command but does not answer, or ends meanwhile, the command opens a session of its own and repeats its requests. This is safe: a mitigation keeps its mid. DOTS_SESSION=own has this effect at once.',
    'When it accepts commands it prints one line of JSON: {"version":1,"event":"ready","socket":FILE}. What happens to the sessions is reported on standard error, with --format json on standard output. Only its user can access the socket, dots/session in $XDG_RUNTIME_DIR, or in the folder of the ledger run/session. SIGHUP reads profiles and credentials again: new profiles are opened, removed ones are closed, and the other sessions are opened again; but where the terminal of its messages was closed, it ends: start it with nohup or by systemd to keep it. SIGTERM or SIGINT ends it.',
    'Exit status of status: 0 if one is running, otherwise 3.',
  ],
  examples: [
    'dots session --profile upstream',
    'dots session --all --yes --format json',
    'dots session --server coaps://dots.example.net --ca ca.pem --cert client.pem --key client-key.pem --cuid dz6pHjaADkaFTbjr0JGBpw',
    'dots session status',
  ],
};

/** `dots session`: sessions that are open before they are needed. `commands`: those of `dots`. */
export function sessionOf(commands: ReadonlyMap<string, Load>): Command {
  return { ...description, run: (given, io) => runSession(given, io, commands) };
}

async function runSession(given: Arguments, io: Io, commands: ReadonlyMap<string, Load>): Promise<ExitStatus> {
  const action = actionOf(given);
  if (action !== undefined) return (await ofRunning(given, io)) ?? notRunning(action, given, io);
  const lock = await lockOr(given, io);
  return typeof lock === 'number' ? lock : onBehalfOf(caller(), () => keep(given, io, lock, commands));
}

async function notRunning(action: Action, given: Arguments, io: Io): Promise<ExitStatus> {
  if (action === 'status' && isJson(given)) await io.out(sessionsJson(null, []));
  io.say('dots session: None is running.');
  return action === 'status' ? 3 : 0;
}

const isJson = (given: Arguments): boolean => given.option('format') === 'json';

/** What is asked of the running keeper. Throws UsageError for anything else than a word that it knows. */
function actionOf({ paths: [word, ...more] }: Arguments): Action | undefined {
  const action = actions.find((each) => each === word);
  if (more.length > 0 || (word !== undefined && action === undefined))
    throw new UsageError(`dots session accepts no file: "${[word, ...more].join(' ')}".`, 'Use dots send to send one.');
  return action;
}

/** Has the running keeper do it; undefined where none is running. Throws a DotsError where it hangs. */
async function ofRunning(given: Arguments, io: Io): Promise<ExitStatus | undefined> {
  const socket = keeperSocket(caller());
  const outcome = socket === undefined ? 'refused' : await runKept(socket, wordsOf(description, given), io);
  if (outcome === 'silent')
    throw new DotsError(
      'unreachable',
      'cli/keeper-hangs',
      'The running dots session does not respond.',
      'End its process; commands open sessions of their own until another one is started.',
    );
  return outcome === 'refused' ? undefined : outcome;
}

/** How long a keeper may take to start or to end, milliseconds, and how often it is looked at meanwhile. */
const changingMs = 10_000;
const stepMs = 100;

/** The right to be the keeper, or the exit status once the running one has accepted the profiles. */
async function lockOr(given: Arguments, io: Io): Promise<KeeperLock | ExitStatus> {
  for (let waited = 0; ; waited += stepMs) {
    const lock = await lockKeeper(io).catch((error: unknown) => {
      if (error instanceof FolderInUse && waited < changingMs) return undefined;
      throw error;
    });
    const done = lock ?? (await ofRunning(given, io));
    if (done !== undefined) return done;
    await pause(stepMs);
  }
}

async function keep(
  given: Arguments,
  io: Io,
  lock: KeeperLock,
  commands: ReadonlyMap<string, Load>,
): Promise<ExitStatus> {
  const kept = await loaded(commands);
  let stop: () => void = () => undefined;
  const stopped = Promise.race([io.stopped(), new Promise<void>((resolve) => (stop = resolve))]);
  const withSession = (keeper: KeeperProcess): KeptCommands =>
    new Map([...kept, [description.name, withinKeeper(keeper, stop)], [relayName, relayCommand(keeper.sessions)]]);
  const keeper = new KeeperProcess(withSession, eventPrinter(isJson(given), io));
  const wasOnTerminal = isatty(2);
  // A hung-up terminal is none any more.
  const hangUp = (): void => (wasOnTerminal && !isatty(2) ? stop() : void reloaded(keeper, io));
  try {
    await keeper.listen(lock.socket);
    process.on('SIGHUP', hangUp);
    const ready = { version: 1, event: 'ready', socket: lock.socket };
    await keeper.open(
      () => targetsOf(given, io),
      () => io.out(`${safeJson(ready)}\n`),
    );
    await stopped;
    return 0;
  } finally {
    process.off('SIGHUP', hangUp);
    await keeper.close();
    await lock.release();
  }
}

/** The first caller must not wait until the code of its command is read. */
async function loaded(commands: ReadonlyMap<string, Load>): Promise<KeptCommands> {
  const kept = [...commands].filter(([name]) => keptCommands.has(name));
  return new Map(await Promise.all(kept.map(async ([name, load]) => [name, await load()] as const)));
}

async function reloaded(keeper: KeeperProcess, io: Io): Promise<void> {
  const failure = await keeper.reload();
  io.say(
    failure === undefined
      ? 'dots session: Profiles and credentials were read again.'
      : `dots session: Nothing was changed, because a file cannot be used. ${failure}`,
  );
}

/** `dots session` of another process, as the keeper runs it. */
function withinKeeper(keeper: KeeperProcess, stop: () => void): Command {
  const { pid } = process;
  const run = async (given: Arguments, io: Io): Promise<ExitStatus> => {
    const action = actionOf(given);
    if (action === 'status') {
      const { all } = keeper.sessions;
      await io.out(isJson(given) ? sessionsJson(pid, all) : sessionsText(pid, all));
    } else if (action === 'stop') {
      stop();
      io.say(`dots session: Process ${pid} ends.`);
    } else {
      const opened = await keeper.open(() => targetsOf(given, io));
      const what = opened.map(({ server, cuid }) => ` It also keeps the session with ${server} as ${cuid}.`).join('');
      io.say(`dots session: Process ${pid} is already running.${what}`);
    }
    return 0;
  };
  return { ...description, run };
}
