import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { fileReason } from '#dots/runtime/fileReason';
import { makeFolder } from '#dots/runtime/makeFolder';
import { UsageError } from '../command';
import {
  isOwnFolder,
  isOwnSocket,
  keeperFolder,
  keeperSocket,
  replyText,
  signOfLife,
  signOfLifeMs,
  wordEnd,
  type Reply,
} from './socket';

/** The longest command line that is accepted, bytes. */
const longestCommand = 65_536;

/**
 * Runs the words of `dots send` from this folder, and returns the results. Throws UsageError if the socket is in use or
 * cannot be made.
 */
export async function listenForSends(run: (words: readonly string[]) => Promise<Reply>): Promise<Server> {
  const server = createServer((request, response) => void serve(request, response, run));
  // A process that can open the socket can send as this user.
  const before = process.umask(0o077);
  try {
    await makeFolder(keeperFolder);
    if (!isOwnFolder())
      throw new UsageError(
        `The folder ${keeperFolder} is writable by other users, who could replace this session.`,
        `Run chmod go-w ${keeperFolder}, or start dots session in another folder.`,
      );
    await clear();
    server.listen(keeperSocket);
    await once(server, 'listening');
  } catch (cause) {
    throw cause instanceof UsageError
      ? cause
      : new UsageError(
          `${keeperSocket} cannot be made in this folder: ${fileReason(cause)}.`,
          'Start dots session in a folder that you may write to.',
        );
  } finally {
    process.umask(before);
  }
  return server;
}

/**
 * Removes the socket of a killed `dots session`. Throws UsageError if one is running, or the path is something else.
 */
async function clear(): Promise<void> {
  if (!existsSync(keeperSocket)) return;
  if (!isOwnSocket())
    throw new UsageError(
      `${keeperSocket} exists, and is not a socket of yours.`,
      'Remove it, or start dots session in another folder.',
    );
  if (await isAnswered())
    throw new UsageError(
      'A dots session is already running in this folder.',
      'Stop it first, or start this one in another folder.',
    );
  rmSync(keeperSocket, { force: true });
}

/** Whether a process listens: anything but a refusal means that. */
function isAnswered(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(keeperSocket);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  run: (words: readonly string[]) => Promise<Reply>,
): Promise<void> {
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const text = request.method === 'POST' ? await bodyOf(request) : undefined;
  if (text === undefined) return void response.writeHead(400).end();
  // If the client has exited meanwhile, nothing must be sent.
  await new Promise((resolve) => setImmediate(resolve));
  if (request.socket.destroyed) return;
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  const sign = setInterval(() => response.write(signOfLife), signOfLifeMs);
  const reply = await run(text.split(wordEnd).slice(0, -1));
  clearInterval(sign);
  response.end(replyText(reply));
}

/** The body of a request, read to its end; undefined if it is too long or ends early. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length <= longestCommand) parts.push(part);
    }
  } catch {
    return undefined;
  }
  return length > longestCommand ? undefined : Buffer.concat(parts).toString('utf8');
}
