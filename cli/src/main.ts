import { processIo } from './io';
import { run } from './run';

const io = processIo();

/** An uncaught error is an internal error; it is reported in one sentence, without a stack. */
process.on('uncaughtException', (error) => {
  io.say(`dots: Internal error in dots (not caused by your input): ${error.message}. Please report it.`);
  process.exit(1);
});

let isDone = false;
/** A command that waits for what never comes ends as soon as nothing else is left: that is no success. */
process.on('beforeExit', () => {
  if (isDone) return;
  isDone = true;
  io.say('dots: Internal error in dots (not caused by your input): it ended without a result. Please report it.');
  process.exitCode = 1;
});

const words = process.argv.slice(2);
void run(words, io).then((status) => {
  isDone = true;
  process.exitCode = status;
  // Requests of other processes may still wait for a server.
  if (words[0] === 'session') process.exit();
});
