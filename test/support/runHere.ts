import { saidText, type Io } from '../../cli/src/io';
import { run } from '../../cli/src/run';

/** What a run of `dots` in this process printed, and its exit status. */
export interface Ran {
  status: number;
  out: string;
  err: string;
}

/** An environment that gathers what a command prints in this process. */
export function gathered(): { io: Io; ran: Pick<Ran, 'out' | 'err'> } {
  const ran = { out: '', err: '' };
  return {
    ran,
    io: ioTo(
      (text) => (ran.out += text),
      (text) => (ran.err += text),
    ),
  };
}

/**
 * Runs `dots` in this process, because one for each run takes long.
 * @param stopped when what runs until it is stopped is stopped
 */
export async function runHere(words: readonly string[], stopped?: Promise<void>): Promise<Ran> {
  const { io, ran } = gathered();
  const status = await run(words, stopped === undefined ? io : { ...io, stopped: () => stopped });
  return { status, ...ran };
}

/** All that a command of `dots` prints in this process, on standard output and standard error, in the order of time. */
export async function outputOf(words: readonly string[]): Promise<string> {
  let all = '';
  const add = (text: string): string => (all += text);
  await run(words, ioTo(add, add));
  return all;
}

function ioTo(out: (text: string) => void, err: (text: string) => void): Io {
  return {
    out: (text) => Promise.resolve(out(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'))),
    say: (...lines) => err(saidText(lines)),
    input: () => Promise.resolve(new Uint8Array()),
    colours: false,
    stopped: () => new Promise(() => undefined),
  };
}
