import type { Server } from 'node:http';
import { describeError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import type { SessionState } from '#dots/signal/session';
import { securityWords } from '#dots/words/sessions';
import { UsageError, type Command, type ExitStatus, type Arguments } from '../command';
import { invoke } from '../invoke';
import { saidText, type Io } from '../io';
import { keeperSocket, type Reply } from '../keeper/socket';
import { listenForSends } from '../keeper/server';
import { LiveSessions, type Watch } from '../keeper/sessions';
import { ledgerOf } from '../clientIdentity';
import { targetNamed, targetOptions } from '../serverTarget';
import { CommandWorkspaces } from '../workspace';
import { sendOver } from './send';

/** What options mean here, where that is another thing than for `dots send`. */
const described: Readonly<Record<string, string>> = {
  server:
    'The server: coaps://HOST (DTLS), coaps+tcp://HOST (TLS), HOST alone to try both, coap://127.0.0.1 on this machine.',
  profile: 'The server profile.',
  yes: 'Also open a session with a production server.',
  cuid: 'The client identifier that documents will be sent under; without it that of the profile, or the one that follows from the certificate or the identity of the key.',
  timeout: 'Seconds to wait for the session to be established.',
};

/** `dots session`: sessions that are open before they are needed, until it is told to end. */
export const session: Command = {
  name: 'session',
  summary: 'Keep signal channel sessions open, and send over them what dots send is given in the same folder.',
  usage:
    '[--profile NAME] [--yes] [--cuid C]\n       dots session --server coaps://... --ca FILE --cert FILE --key FILE --cuid C\n       dots session --server coaps+tcp://... --psk-identity ID --psk-key-file FILE --cuid C',
  options: targetOptions
    .filter(({ name }) => name !== 'mid')
    .map((option) => ({ ...option, description: described[option.name] ?? option.description })),
  details: [
    'Under attack a handshake may fail; an established session needs one datagram each way. Start this in peacetime, in the folder of your documents: dots send, started there, then goes over the session kept here, and answers without a handshake and without starting Node.js.',
    'With a profile or a server it opens that session at once. Others are opened with the first document for them, and kept as well.',
    'Heartbeats go out every 30 seconds. After 15 in a row without an answer, and once the server has closed it, a session is opened again, resumed where the server allows it. A document that the session does not answer within 3 seconds goes over a new one as well, and the first answer counts (RFC 9132 section 4.7).',
    `When it is ready it prints one line of JSON: {"event":"ready","socket":FILE}. What becomes of the sessions is told on standard error. The socket, ${keeperSocket}, is for its user alone. SIGTERM and SIGINT end it.`,
  ],
  examples: [
    'dots session --profile upstream',
    'dots session --server coaps://dots.example.net --ca ca.pem --cert client.pem --key client-key.pem --cuid dz6pHjaADkaFTbjr0JGBpw',
  ],
  run: runSession,
};

/** What a change to a state means. */
const changes: Readonly<Record<SessionState, string>> = {
  lost: 'does not answer; heartbeats go on.',
  open: 'answers again.',
  closed: 'has ended the session; it is opened again within a minute and a half, or with the next document.',
};

/** What it means that no session could be opened. */
const failures: Readonly<Record<'lost' | 'over-tls', (server: string) => string>> = {
  lost: (server) => `Could not reconnect to ${server}; retrying in five minutes.`,
  'over-tls': (server) => `The session with ${server} stays with TLS.`,
};

async function runSession(given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.paths.length > 0)
    throw new UsageError(
      `dots session takes no file: "${given.paths[0] ?? ''}".`,
      'dots send, in the same folder, sends one.',
    );
  if (process.platform === 'win32')
    throw new UsageError('dots session is not for Windows.', 'dots send opens a session of its own there.');
  let ended = false;
  const stopped = io.stopped().then(() => {
    ended = true;
  });
  let server: Server | undefined;
  const sessions = new LiveSessions(watchWith((line) => io.say(`${new Date().toISOString()} ${line}`)));
  try {
    server = await listenForSends((words) => collected((apart) => invoke(sendOver(sessions.connect), words, apart)));
    // Whoever ends it does not wait for a server that does not answer.
    await Promise.race([openNamed(given, sessions, io), stopped]);
    if (!ended) await io.out(`${safeJson({ event: 'ready', socket: keeperSocket })}\n`);
    await stopped;
    return 0;
  } finally {
    // Those who wait for an answer hear that the session has ended; those who do not ask are not waited for.
    await sessions.close();
    await closeServer(server);
  }
}

/** How long those who have asked are given to hear the end, milliseconds. */
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

/** Tells what becomes of the sessions, a line each. */
function watchWith(log: (line: string) => void): Watch {
  return ({ server, cuid }) => ({
    opened: ({ security }) =>
      log(`Session opened with ${server} as ${cuid}${security === undefined ? '' : `, ${securityWords(security)}`}.`),
    changed: ({ state }) => log(`${server} ${changes[state]}`),
    failed: (error, what) => log(`${failures[what](server)} ${describeError(error)}`),
    trace: (sentence) => log(`${server}: ${sentence}`),
    dismissed: () => log(`The session with ${server} as ${cuid} ends, because others were used after it.`),
  });
}

/** Opens the session of the profile or server that was named, if one was. */
async function openNamed(given: Arguments, sessions: LiveSessions, io: Io): Promise<void> {
  if (given.option('server') === undefined && given.option('profile') === undefined) return;
  const ledger = await ledgerOf(given, io);
  await sessions.open(await targetNamed(given, new CommandWorkspaces(given), ledger, 'no session was opened'));
}

/** Runs a command whose results and messages go to somebody else. */
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
