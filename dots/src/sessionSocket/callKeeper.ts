import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { callBytes, FrameReader, silentMs, type Call, type Frame } from './messages';

/** A command that `dots session` was asked to run, and whose end is unknown. */
export type Unanswered =
  /** It was not accepted: nothing was done. */
  | 'refused'
  /** The keeper has ended or hangs: it may have been done. */
  | 'silent';

/** What is done with what a command prints and asks, in that order. */
export interface Reading {
  out(text: string): Promise<void> | void;
  /** Lines of messages, without their ends. */
  say(...lines: string[]): void;
  progress?(text: string): void;
  /** Answers a question; if absent, the answer is no. */
  confirm?(question: string): Promise<boolean>;
  /** Stops the command, as Ctrl-C does; what it says on that is read, too. */
  signal?: AbortSignal | undefined;
}

/**
 * Has `dots session` run a command, and reads what it prints as it comes. Resolves with its exit status, 0 to 3.
 * @param socket what it listens on: `keeperSocket`
 */
export async function callKeeper(socket: string, call: Call, reading: Reading): Promise<number | Unanswered> {
  const id = randomBytes(16).toString('hex');
  const tell = (what: 'answer' | 'stop', body: string): void => {
    const told = post(socket, `/${what}/${id}`, body).then((response) => response.resume());
    // Where it does not arrive, the stream ends as well.
    told.catch(() => undefined);
  };
  const stop = (): void => tell('stop', '');
  if (reading.signal?.aborted) return 'refused';
  reading.signal?.addEventListener('abort', stop, { once: true });
  try {
    const response = await post(socket, `/call/${id}`, callBytes(call));
    if (response.statusCode !== 200) return 'refused';
    return await readStream(response, reading, (isYes) => tell('answer', isYes ? 'y' : 'n'));
  } catch (error) {
    return isRefusal(error) ? 'refused' : 'silent';
  } finally {
    reading.signal?.removeEventListener('abort', stop);
  }
}

async function readStream(
  response: IncomingMessage,
  reading: Reading,
  answer: (isYes: boolean) => void,
): Promise<number | Unanswered> {
  const frames = new FrameReader();
  let status: number | undefined;
  response.setEncoding('utf8');
  for await (const part of response as AsyncIterable<string>)
    for (const frame of frames.add(part)) {
      if (frame.type === 'status') ({ status } = frame);
      // Reading goes on meanwhile: the keeper ends the command where it is stopped.
      else if (frame.type === 'question') void (reading.confirm?.(frame.text) ?? Promise.resolve(false)).then(answer);
      else await show(frame, reading);
    }
  return status ?? 'silent';
}

async function show(frame: Frame, { out, say, progress }: Reading): Promise<void> {
  if (frame.type === 'out') await out(frame.text);
  else if (frame.type === 'say') say(...frame.lines);
  else if (frame.type === 'progress') progress?.(frame.text);
}

const isRefusal = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Rejects with an error of the system where no response begins in time. */
async function post(socketPath: string, path: string, body: string | Buffer): Promise<IncomingMessage> {
  const asking = request({ socketPath, path, method: 'POST', agent: false });
  asking.setTimeout(silentMs, () => asking.destroy());
  asking.end(body);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  asking.on('error', () => undefined);
  return response;
}
