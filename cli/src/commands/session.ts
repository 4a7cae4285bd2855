import { setTimeout as pause } from 'node:timers/promises';
import { DotsError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import { FolderInUse } from '#dots/runtime/folderLock';
import { caller, onBehalfOf } from '../caller';
import { UsageError, wordsOf, type Arguments, type Command, type ExitStatus } from '../command';
import type { Io } from '../io';
import { runKept } from '../keeper/client';
import { lockKeeper, type KeeperLock } from '../keeper/keeperLock';
import { KeeperProcess, type KeptCommands } from '../keeper/keeperProcess';
import { keeperSocket, keptCommands } from '../keeper/socket';
import { openNamed, sessionOptions } from './sessionTargets';

type Load = () => Promise<Command>;

const actions = ['stop'] as const;

const description: Omit<Command, 'run'> = {
  name: 'session',
  summary: 'Keep signal channel sessions open, and use them for the commands of this user.',
  usage:
    '[--profile NAME]... [--yes] [--cuid C]\n       dots session --server coaps://... --ca FILE --cert FILE --key FILE --cuid C\n       dots session --server coaps+tcp://... --psk-identity ID --psk-key-file FILE --cuid C\n       dots session stop',
  options: sessionOptions,
  words: actions,
  details: [
    'Under attack a handshake may fail; an established session needs one datagram each way. Start this in peacetime: dots send, status, withdraw, refresh and efficacy, in any folder, then use this session, without a handshake and without starting Node.js.',
    'With profiles or a server it opens their sessions immediately. Other sessions are opened with the first request for them, and kept open as well. There is one such process per user: a second dots session hands its profiles to it, and ends. stop ends it.',
    'Heartbeats are sent every 30 seconds. After 15 in a row without an answer, or once the server has closed it, a session is opened again, resumed if the server allows it. A request without an answer within 3 seconds is sent over a new session as well, and the first answer counts (RFC 9132 section 4.7).',
    'Paths, the workspace file, profiles and the ledger are those of the command that is typed, and so is its --yes. If it is interrupted, its request is not repeated any more.',
    'If dots session accepts a command but does not answer, the command opens a session of its own and repeats its requests: they have the same mid, so this is safe. DOTS_SESSION=own has this effect at once.',
    'When it is ready it prints one line of JSON: {"event":"ready","socket":FILE}. Changes of the sessions are reported on standard error. Only its user can access the socket, dots/session in $XDG_RUNTIME_DIR, or in the folder of the ledger run/session. SIGTERM or SIGINT terminates it.',
  ],
  examples: [
    'dots session --profile upstream',
    'dots session --server coaps://dots.example.net --ca ca.pem --cert client.pem --key client-key.pem --cuid dz6pHjaADkaFTbjr0JGBpw',
    'dots session stop',
  ],
};

/** `dots session`: sessions that are open before they are needed. `commands`: those of `dots`. */
export function sessionOf(commands: ReadonlyMap<string, Load>): Command {
  return { ...description, run: (given, io) => runSession(given, io, commands) };
}

async function runSession(given: Arguments, io: Io, commands: ReadonlyMap<string, Load>): Promise<ExitStatus> {
  if (actionOf(given) === 'stop') return (await ofRunning(given, io)) ?? notRunning(io);
  const lock = await lockOr(given, io);
  return typeof lock === 'number' ? lock : onBehalfOf(caller(), () => keep(given, io, lock, commands));
}

function notRunning(io: Io): ExitStatus {
  io.say('dots session: None is running.');
  return 0;
}

/** What is asked of the running keeper. Throws UsageError for anything else than a word that it knows. */
function actionOf({ paths: [word, ...more] }: Arguments): (typeof actions)[number] | undefined {
  const action = actions.find((each) => each === word);
  if (more.length > 0 || (word !== undefined && action === undefined))
    throw new UsageError(`dots session accepts no file: "${[word, ...more].join(' ')}".`, 'Use dots send to send one.');
  return action;
}

/** Has the running keeper do it; undefined where none is running. Throws a DotsError where it hangs. */
async function ofRunning(given: Arguments, io: Io): Promise<ExitStatus | undefined> {
  const socket = keeperSocket();
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
    new Map([...kept, [description.name, withinKeeper(keeper, stop)]]);
  const keeper = new KeeperProcess(withSession, (line) => io.say(`${new Date().toISOString()} ${line}`));
  try {
    await keeper.listen(lock.socket);
    const isReady = openNamed(given, keeper.sessions, io).then(() => true);
    // The exit does not wait for a server that does not answer.
    if (await Promise.race([isReady, stopped.then(() => false)]))
      await io.out(`${safeJson({ event: 'ready', socket: lock.socket })}\n`);
    await stopped;
    return 0;
  } finally {
    await keeper.close();
    await lock.release();
  }
}

/** The first caller must not wait until the code of its command is read. */
async function loaded(commands: ReadonlyMap<string, Load>): Promise<KeptCommands> {
  const kept = [...commands].filter(([name]) => keptCommands.has(name));
  return new Map(await Promise.all(kept.map(async ([name, load]) => [name, await load()] as const)));
}

/** `dots session` of another process, as the keeper runs it. */
function withinKeeper({ sessions }: KeeperProcess, stop: () => void): Command {
  const run = async (given: Arguments, io: Io): Promise<ExitStatus> => {
    if (actionOf(given) === 'stop') {
      stop();
      io.say(`dots session: Process ${process.pid} ends.`);
      return 0;
    }
    const opened = await openNamed(given, sessions, io);
    const what = opened.map(({ server, cuid }) => ` It also keeps the session with ${server} as ${cuid}.`).join('');
    io.say(`dots session: Process ${process.pid} is already running.${what}`);
    return 0;
  };
  return { ...description, run };
}
