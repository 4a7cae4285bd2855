import type { Server } from 'node:http';
import { safeJson } from '#dots/model/text';
import { eventWords } from '#dots/signal/keeper/eventWords';
import { UsageError, type Command, type ExitStatus, type Arguments } from '../command';
import { invoke } from '../invoke';
import { saidText, type Io } from '../io';
import { keeperSocket, type Reply } from '../keeper/socket';
import { listenForSends } from '../keeper/server';
import { LiveSessions, type Watch } from '../keeper/sessions';
import { credentialNotes } from '../credentialNotes';
import { ledgerOf } from '../clientIdentity';
import { targetNamed, targetOptions } from '../serverTarget';
import { CommandWorkspaces } from '../workspace';
import { sendOver } from './send';

/** The descriptions of options that differ from those of `dots send`. */
const described: Readonly<Record<string, string>> = {
  server:
    'The server: coaps://HOST (DTLS), coaps+tcp://HOST (TLS), HOST alone to try both, coap://127.0.0.1 on this machine.',
  profile: 'The server profile.',
  yes: 'Also open a session with a production server.',
  cuid: 'The client identifier of the documents to send (default: from the profile, or derived from the certificate or the PSK identity).',
  timeout: 'Seconds to wait for the session to be established.',
};

/** `dots session`: sessions that are open before they are needed, until it is terminated. */
export const session: Command = {
  name: 'session',
  summary: 'Keep signal channel sessions open, and use them for dots send in the same folder.',
  usage:
    '[--profile NAME] [--yes] [--cuid C]\n       dots session --server coaps://... --ca FILE --cert FILE --key FILE --cuid C\n       dots session --server coaps+tcp://... --psk-identity ID --psk-key-file FILE --cuid C',
  options: targetOptions
    .filter(({ name }) => !['mid', 'wait'].includes(name))
    .map((option) => ({ ...option, description: described[option.name] ?? option.description })),
  details: [
    'Under attack a handshake may fail; an established session needs one datagram each way. Start this in peacetime, in the folder of your documents: dots send, started there, then uses this session, without a handshake and without starting Node.js.',
    'With a profile or a server it opens that session immediately. Other sessions are opened with the first document for them, and kept open as well.',
    'Heartbeats are sent every 30 seconds. After 15 in a row without an answer, or once the server has closed it, a session is opened again, resumed if the server allows it. A document without an answer within 3 seconds is sent over a new session as well, and the first answer counts (RFC 9132 section 4.7).',
    `When it is ready it prints one line of JSON: {"event":"ready","socket":FILE}. Changes of the sessions are reported on standard error. Only its user can access the socket, ${keeperSocket}. SIGTERM or SIGINT terminates it.`,
  ],
  examples: [
    'dots session --profile upstream',
    'dots session --server coaps://dots.example.net --ca ca.pem --cert client.pem --key client-key.pem --cuid dz6pHjaADkaFTbjr0JGBpw',
  ],
  run: runSession,
};

async function runSession(given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.paths.length > 0)
    throw new UsageError(
      `dots session accepts no file: "${given.paths[0] ?? ''}".`,
      'Use dots send in the same folder to send one.',
    );
  if (process.platform === 'win32')
    throw new UsageError('dots session is not available on Windows.', 'dots send opens a separate session there.');
  let ended = false;
  const stopped = io.stopped().then(() => {
    ended = true;
  });
  let server: Server | undefined;
  const sessions = new LiveSessions(watchWith((line) => io.say(`${new Date().toISOString()} ${line}`)));
  try {
    server = await listenForSends((words) => collected((apart) => invoke(sendOver(sessions.connect), words, apart)));
    // The exit does not wait for a server that does not answer.
    await Promise.race([openNamed(given, sessions, io), stopped]);
    if (!ended) await io.out(`${safeJson({ event: 'ready', socket: keeperSocket })}\n`);
    await stopped;
    return 0;
  } finally {
    // Clients that wait for an answer receive that the session has ended; others are not waited for.
    await sessions.close();
    await closeServer(server);
  }
}

/** How long pending clients may take to receive that, milliseconds. */
const farewellMs = 1000;

async function closeServer(server: Server | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    if (server === undefined) resolve();
    else server.close(() => resolve());
  });
  const timer = setTimeout(() => server?.closeAllConnections(), farewellMs);
  await closed;
  clearTimeout(timer);
}

/** Reports changes of the sessions, a line each. */
function watchWith(log: (line: string) => void): Watch {
  return ({ server, cuid }) => ({
    event: (event) => {
      const line = eventWords(event, { server, cuid });
      if (line !== undefined) log(line);
    },
    trace: (sentence) => log(`${server}: ${sentence}`),
    dismissed: () => log(`The session with ${server} as ${cuid} ends, because it is the least recently used one.`),
  });
}

/** Opens the session of the profile or server that was named, if one was. */
async function openNamed(given: Arguments, sessions: LiveSessions, io: Io): Promise<void> {
  if (given.option('server') === undefined && given.option('profile') === undefined) return;
  const ledger = await ledgerOf(given, io);
  const target = await targetNamed(given, new CommandWorkspaces(given), ledger, 'no session was opened');
  await credentialNotes(target, io);
  await sessions.open(target);
}

/** Runs a command whose results and messages are sent to a client. */
async function collected(run: (io: Io) => Promise<ExitStatus>): Promise<Reply> {
  let [out, said] = ['', ''];
  const status = await run({
    out: (text) => Promise.resolve(void (out += typeof text === 'string' ? text : Buffer.from(text).toString('utf8'))),
    say: (...lines) => {
      said += saidText(lines);
    },
    input: () => Promise.resolve(new Uint8Array()),
    colours: false,
    stopped: () => new Promise(() => undefined),
  });
  return { status, out, said };
}
