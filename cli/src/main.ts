import type { ExitStatus } from './command';
import { validate } from './commands/validate';
import { invoke } from './invoke';
import { processIo } from './io';

const io = processIo();

/** What nobody caught is our fault; it is told in one sentence, without a stack. */
process.on('uncaughtException', (error) => {
  io.say(`dots: This is a fault of dots itself, not of your input: ${error.message}. Please report it.`);
  process.exit(1);
});

/** The other commands bring sockets, certificates and CBOR; `dots validate` starts without them. */
async function run(words: readonly string[]): Promise<ExitStatus> {
  return words[0] === validate.name ? invoke(validate, words.slice(1), io) : (await import('#apart/commands')).run(words, io);
}

void run(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
