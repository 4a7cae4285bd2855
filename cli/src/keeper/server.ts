import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { frameText, readCall, signOfLifeMs, type Call, type Frame } from '#dots/sessionSocket/messages';
import type { ExitStatus } from '../command';
import type { Io } from '../io';
import { Conversation } from './conversation';

/** The longest call that is accepted, with the document on its standard input, octets. */
const longestCall = 16 * 1024 * 1024;

/** How long pending callers may take to receive that the keeper ends, milliseconds. */
const farewellMs = 1000;

/** The command of a call; undefined if the keeper does not run such commands. */
export type CommandOf = (call: Call) => ((io: Io) => Promise<ExitStatus>) | undefined;

/** Runs commands for processes of the same user, which connect to a socket. */
export class CallServer {
  /** The conversations by what their callers call them. */
  private readonly conversations = new Map<string, Conversation>();
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor(private readonly commandOf: CommandOf) {}

  /** Listens on a socket. Rejects with an error of the system. */
  async listen(path: string): Promise<void> {
    // A process that can open the socket can send as this user.
    const before = process.umask(0o077);
    try {
      this.server.listen(path);
      await once(this.server, 'listening');
    } finally {
      process.umask(before);
    }
    if (process.platform !== 'win32') await chmod(path, 0o600);
  }

  /** Ends, once pending callers have their replies, or a second later. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    const timer = setTimeout(() => this.server.closeAllConnections(), farewellMs);
    await closed;
    clearTimeout(timer);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const body = request.method === 'POST' ? await bodyOf(request) : undefined;
    // If the caller has gone meanwhile, nothing must be sent.
    await new Promise((resolve) => setImmediate(resolve));
    if (request.socket.destroyed) return;
    const [, what, id = ''] = /^\/(call|answer|stop)\/([0-9a-f]{1,64})$/.exec(request.url ?? '') ?? [];
    const isAccepted =
      body !== undefined && (what === 'call' ? this.begin(id, body, response) : this.tell(what, id, body));
    if (!isAccepted) response.writeHead(400);
    if (!isAccepted || what !== 'call') response.end();
  }

  /** Starts the command of a call, whose frames are the response; false if it is not accepted. */
  private begin(id: string, body: Buffer, response: ServerResponse): boolean {
    const call = readCall(body);
    const command = call && this.commandOf(call);
    if (call === undefined || command === undefined || this.conversations.has(id)) return false;
    const conversation = new Conversation((frame) => sent(response, frame));
    this.conversations.set(id, conversation);
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.flushHeaders();
    const sign = setInterval(() => void sent(response, { type: 'alive' }), signOfLifeMs);
    response.once('close', () => {
      if (!response.writableFinished) conversation.stop();
    });
    void conversation.run(call, command).finally(() => {
      clearInterval(sign);
      this.conversations.delete(id);
      response.end();
    });
    return true;
  }

  /** What a caller says to his conversation; false if there is none. */
  private tell(what: string | undefined, id: string, body: Buffer): boolean {
    const conversation = this.conversations.get(id);
    if (what === 'stop') conversation?.stop();
    else conversation?.answered(body.toString() === 'y');
    return conversation !== undefined;
  }
}

/** Settles when the caller can take another frame, or is gone. */
async function sent(response: ServerResponse, frame: Frame): Promise<void> {
  if (response.destroyed || response.write(frameText(frame))) return;
  await new Promise<void>((resolve) => {
    for (const event of ['drain', 'close'] as const) response.once(event, resolve);
  });
}

/** The body of a request, read to its end; undefined if it is too long or ends early. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length <= longestCall) parts.push(part);
    }
  } catch {
    return undefined;
  }
  return length > longestCall ? undefined : Buffer.concat(parts);
}
