import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Conversation } from './conversation';
import { readCall, replyText, signOfLife, signOfLifeMs, type Call } from './messages';

/** The longest call that is accepted, with the document on its standard input, octets. */
const longestCall = 16 * 1024 * 1024;

/** A question that is not answered for so long is answered by no, milliseconds. */
const questionMs = 600_000;

/** How long pending callers may take to receive that the keeper ends, milliseconds. */
const farewellMs = 1000;

/** Starts the command of a call; undefined if the keeper does not run such commands. */
export type Converse = (call: Call) => Conversation | undefined;

/** Runs commands for processes of the same user, which connect to a socket. */
export class CallServer {
  private readonly questions = new Map<string, Conversation>();
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor(private readonly converse: Converse) {}

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
    const conversation = body && (request.url === '/' ? this.begun(body) : this.continued(request.url, body));
    if (conversation === undefined) return void response.writeHead(400).end();
    await this.reply(conversation, response);
  }

  private begun(body: Buffer): Conversation | undefined {
    const call = readCall(body);
    return call && this.converse(call);
  }

  /** The conversation whose question is answered. */
  private continued(url: string | undefined, body: Buffer): Conversation | undefined {
    const id = url?.slice(1) ?? '';
    const conversation = this.questions.get(id);
    this.questions.delete(id);
    conversation?.answered(body.toString() === 'y');
    return conversation;
  }

  private async reply(conversation: Conversation, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    const sign = setInterval(() => response.write(signOfLife), signOfLifeMs);
    response.once('close', () => {
      if (!response.writableFinished) conversation.cancel();
    });
    const reply = await conversation.next();
    clearInterval(sign);
    if ('question' in reply.outcome) this.expectAnswer(conversation);
    response.end(replyText(reply));
  }

  private expectAnswer(conversation: Conversation): void {
    const { id } = conversation;
    this.questions.set(id, conversation);
    setTimeout(() => {
      if (this.questions.delete(id)) conversation.cancel();
    }, questionMs).unref();
  }
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
