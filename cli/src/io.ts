import { once } from 'node:events';
import type { LocatedFinding } from '#service/service';

/** What a command may touch of the world besides files: its results, its messages, its input, and being stopped. */
export interface Io {
  /** Results. */
  out(text: string | Uint8Array): Promise<void>;
  /** Everything else: one message, on a line of its own. */
  say(message: string): void;
  /** Hears of the findings that are told, for a command that gives them as data as well. */
  found?(file: string, findings: readonly LocatedFinding[]): void;
  /** All of standard input. */
  input(): Promise<Uint8Array>;
  /** Whether results may be coloured. */
  colours: boolean;
  /** Settles when the user or the system asks the command to end (SIGINT, SIGTERM). */
  stopped(): Promise<void>;
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
    say: (message) => void stderr.write(`${message}\n`),
    input: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    colours: stdout.isTTY && env.NO_COLOR === undefined && env.TERM !== 'dumb',
    stopped: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      }),
  };
}
