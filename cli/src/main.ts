import module from 'node:module';
import type { ExitStatus } from './command';
import { invoke } from './invoke';
import { processIo } from './io';
import { mayBeKept, sendKept } from './keeper/client';

/** From Node.js 22.1 on, what was compiled once is kept for the next start. The types here are of an older one. */
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const io = processIo();

/** What nobody caught is our fault; it is told in one sentence, without a stack. */
process.on('uncaughtException', (error) => {
  io.say(`dots: This is a fault of dots itself, not of your input: ${error.message}. Please report it.`);
  process.exit(1);
});

/** What is done often starts with no more than it needs: `dots validate` without sockets and certificates, `dots send` without the orchestrator and Flowspec. */
async function run(words: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = words;
  if (name === 'validate') return invoke((await import('#lazy/validate')).validate, rest, io);
  if (name === 'send') return (await kept(rest)) ?? invoke((await import('#lazy/send')).send, rest, io);
  return (await import('#lazy/commands')).run(words, io);
}

/** What the `dots session` of this folder made of it; undefined where there is none. */
async function kept(words: readonly string[]): Promise<ExitStatus | undefined> {
  return mayBeKept(words) ? sendKept(words, io) : undefined;
}

const words = process.argv.slice(2);
void run(words).then((status) => {
  process.exitCode = status;
  // What others have asked of it may still wait for a server.
  if (words[0] === 'session') process.exit();
});
