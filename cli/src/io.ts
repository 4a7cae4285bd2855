import { isatty } from 'node:tty';
import { once } from 'node:events';
import { printable } from '#dots/model/text';
import type { LocatedFinding } from '#service/service';
import type { Connect } from './connection';
import type { ConnectToObserve } from './observing';

/** The environment of a command besides files: results, messages, input, and termination. */
export interface Io {
  /** Results. */
  out(text: string | Uint8Array): Promise<void>;
  /** Everything else: a message, in one line or several. Names and paths cannot break a line, see `printable`. */
  say(...lines: string[]): void;
  /** Receives the reported findings, for a command that prints them as data as well. */
  found?(file: string, findings: readonly LocatedFinding[]): void;
  /** All of standard input. */
  input(): Promise<Uint8Array>;
  /** Whether results may be coloured. */
  colours: boolean;
  /** Shows a line on a terminal until something else is printed; an empty one only removes the last. */
  progress?(text: string): void;
  /** Asks a question that is answered by yes or no; absent if the input is not a terminal. */
  confirm?(question: string): Promise<boolean>;
  /** How servers are asked over the signal channel; if absent, over sessions of the command's own. */
  connect?: Connect;
  /** How what servers have is observed; if absent, over sessions of the command's own. */
  observe?: ConnectToObserve;
  /** Settles when the command is terminated (SIGINT, SIGTERM). */
  stopped(): Promise<void>;
}

/** The name for standard input. */
export const standardInput = '-';

/** Lines of messages, with foreign names and texts made printable. */
export function saidText(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** Anything but yes is no. */
async function confirm(question: string): Promise<boolean> {
  // Read only where it is used: most runs ask nothing, and it costs a tenth of their time.
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${printable(question)} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Moves to the start of the line of a terminal, and erases it. */
const clearLine = '\r\x1b[K';

/** Asks for a secret, which is not shown; undefined if the user enters none. Absent if the input is not a terminal. */
export const askSecret = isatty(0) && isatty(2) ? secret : undefined;

/** Everything that is typed goes to a stream that discards it, and none of it to the history. */
async function secret(question: string): Promise<string | undefined> {
  const [{ createInterface }, { Writable }] = await Promise.all([import('node:readline'), import('node:stream')]);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  process.stderr.write(printable(question));
  try {
    return await new Promise<string | undefined>((resolve) => {
      terminal.once('close', () => resolve(undefined));
      terminal.once('SIGINT', () => terminal.close());
      terminal.question('', resolve);
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

/** The environment of the process: standard streams and signals. */
export function processIo(): Io {
  const { stdout, stderr, env } = process;
  // A reader that closes the pipe, such as `head`, is not an error, and there is no one to report it to.
  stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 2),
  );
  stderr.on('error', () => undefined);
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write(clearLine);
    shown = false;
  };
  return {
    out: async (text) => {
      clear();
      if (!stdout.write(text)) await once(stdout, 'drain');
    },
    say: (...lines) => {
      clear();
      stderr.write(saidText(lines));
    },
    ...(stderr.isTTY && {
      progress: (text: string) => {
        clear();
        shown = text !== '';
        stderr.write(printable(text));
      },
    }),
    input: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    // Without opening standard input, which most runs do not read.
    ...(isatty(0) && stderr.isTTY && { confirm }),
    colours: stdout.isTTY && env.NO_COLOR === undefined && env.TERM !== 'dumb',
    stopped: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      }),
  };
}
