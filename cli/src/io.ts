import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { printable } from '#dots/model/text';
import type { LocatedFinding } from '#service/service';

/** What a command may touch of the world besides files: its results, its messages, its input, and being stopped. */
export interface Io {
  /** Results. */
  out(text: string | Uint8Array): Promise<void>;
  /** Everything else: a message, in one line or several. Names and paths in a line can break out of none, see `printable`. */
  say(...lines: string[]): void;
  /** Hears of the findings that are told, for a command that gives them as data as well. */
  found?(file: string, findings: readonly LocatedFinding[]): void;
  /** All of standard input. */
  input(): Promise<Uint8Array>;
  /** Whether results may be coloured. */
  colours: boolean;
  /** Asks a question that is answered by yes or no; absent where nobody can answer. */
  confirm?(question: string): Promise<boolean>;
  /** Settles when the user or the system asks the command to end (SIGINT, SIGTERM). */
  stopped(): Promise<void>;
}

/** Lines of messages as they are written, whatever names and words of others are in them. */
export function saidText(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** Anything but yes is no. */
async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${printable(question)} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** The world of the process: standard streams and signals. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  // A reader that closes the pipe, such as `head`, has seen enough: no fault, and nobody is left to tell.
  stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 2),
  );
  stderr.on('error', () => undefined);
  return {
    out: async (text) => {
      if (!stdout.write(text)) await once(stdout, 'drain');
    },
    say: (...lines) => void stderr.write(saidText(lines)),
    input: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    ...(stdin.isTTY && stderr.isTTY && { confirm }),
    colours: stdout.isTTY && env.NO_COLOR === undefined && env.TERM !== 'dumb',
    stopped: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      }),
  };
}
