import { processIo } from './io';
import { run } from './run';

const io = processIo();

/** What nobody caught is our fault; it is told in one sentence, without a stack. */
process.on('uncaughtException', (error) => {
  io.say(`dots: This is a fault of dots itself, not of your input: ${error.message}. Please report it.`);
  process.exit(1);
});

void run(process.argv.slice(2), io).then((status) => {
  process.exitCode = status;
});
