import { processIo } from './io';
import { run } from './run';

const io = processIo();

/** An uncaught error is an internal error; it is reported in one sentence, without a stack. */
process.on('uncaughtException', (error) => {
  io.say(`dots: Internal error in dots (not caused by your input): ${error.message}. Please report it.`);
  process.exit(1);
});

const words = process.argv.slice(2);
void run(words, io).then((status) => {
  process.exitCode = status;
  // Requests of other processes may still wait for a server.
  if (words[0] === 'session') process.exit();
});
