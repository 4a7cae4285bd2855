import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { ExitStatus } from '../command';
import type { Io } from '../io';
import { keeperSocket, replyOf, silentMs, wordEnd, type Reply } from './socket';

/**
 * Has the `dots session` of this folder run `dots send` with these words; undefined if none is running, or it does not
 * accept them. A document without an answer may have been sent, and is not sent again.
 */
export async function sendKept(words: readonly string[], io: Io): Promise<ExitStatus | undefined> {
  const reply = await ask(words).catch((error: NodeJS.ErrnoException) =>
    neverArrived.includes(error.code ?? '') ? 'untaken' : 'unanswered',
  );
  if (reply === 'untaken') return undefined;
  if (reply === 'unanswered') {
    io.say('dots send: The dots session of this folder did not answer. The document may have been sent.');
    return 3;
  }
  await io.out(reply.out);
  if (reply.said !== '') io.say(...reply.said.trimEnd().split('\n'));
  return reply.status as ExitStatus;
}

const neverArrived = ['ECONNREFUSED', 'ENOENT', 'EACCES'];

async function ask(words: readonly string[]): Promise<Reply | 'untaken' | 'unanswered'> {
  const asking = request({ socketPath: keeperSocket, method: 'POST', agent: false });
  asking.setTimeout(silentMs, () => asking.destroy());
  asking.end(words.map((word) => word + wordEnd).join(''));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  return response.statusCode === 200 ? (replyOf(Buffer.concat(parts).toString('utf8')) ?? 'unanswered') : 'untaken';
}
