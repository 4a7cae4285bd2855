import { saidText, type Io } from '../../cli/src/io';
import { run } from '../../cli/src/run';

/**
 * All that a command of `dots` says, on standard output and standard error. It runs in this process, because one for
 * each takes long.
 */
export async function outputOf(words: readonly string[]): Promise<string> {
  let output = '';
  const io: Io = {
    out: (text) =>
      Promise.resolve(void (output += typeof text === 'string' ? text : Buffer.from(text).toString('utf8'))),
    say: (...lines) => void (output += saidText(lines)),
    input: () => Promise.resolve(new Uint8Array()),
    colours: false,
    stopped: () => new Promise(() => undefined),
  };
  await run(words, io);
  return output;
}
