import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { caller } from '../caller';
import type { ExitStatus } from '../command';
import { standardInput, type Io } from '../io';
import { callBytes, callOf, replyOf, silentMs, type Reply } from './messages';

/** A command that `dots session` was asked to run, and did not. */
export type Unanswered =
  /** It was not accepted: nothing was done. */
  | 'refused'
  /** No answer came: it may have been done. */
  | 'silent';

/**
 * Has a keeper run a command, prints its results, and passes its questions on. `socket`: what the keeper listens on.
 */
export async function runKept(socket: string, words: readonly string[], io: Io): Promise<ExitStatus | Unanswered> {
  const input = words.includes(standardInput) ? await io.input() : Buffer.alloc(0);
  const call = callOf(caller(), words, { isAtTerminal: io.confirm !== undefined, input });
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  let [path, body] = ['/', callBytes(call)];
  for (;;) {
    const reply = await post({ socketPath: socket, path, signal: stop.signal }, body).catch(unanswered);
    if (stop.signal.aborted) return interrupted(words, io);
    if (typeof reply === 'string') return path === '/' ? reply : 'silent';
    const { out, said, outcome } = reply;
    if (out !== '') await io.out(out);
    if (said !== '') io.say(...said.trimEnd().split('\n'));
    if ('status' in outcome) return outcome.status as ExitStatus;
    const isYes = (await io.confirm?.(outcome.question)) ?? false;
    [path, body] = [`/${outcome.id}`, Buffer.from(isYes ? 'y' : 'n')];
  }
}

/** The keeper stops a command whose connection is closed. */
function interrupted([name = '']: readonly string[], io: Io): ExitStatus {
  io.say(
    `dots ${name}: Interrupted. A request may have arrived: dots status shows what the servers have, dots withdraw ends it.`,
  );
  return 3;
}

const unanswered = ({ code = '' }: NodeJS.ErrnoException): Unanswered =>
  ['ECONNREFUSED', 'ENOENT', 'EACCES'].includes(code) ? 'refused' : 'silent';

async function post(to: RequestOptions, body: Buffer): Promise<Reply | Unanswered> {
  const asking = request({ ...to, method: 'POST', agent: false });
  asking.setTimeout(silentMs, () => asking.destroy());
  asking.end(body);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  return response.statusCode === 200 ? (replyOf(Buffer.concat(parts).toString('utf8')) ?? 'silent') : 'refused';
}
