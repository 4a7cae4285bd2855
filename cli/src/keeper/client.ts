import { callKeeper, type Unanswered } from '#dots/sessionSocket/callKeeper';
import { callOf } from '#dots/sessionSocket/messages';
import { caller } from '../caller';
import type { ExitStatus } from '../command';
import { standardInput, type Io } from '../io';

/**
 * Has a keeper run a command, prints what it prints, and passes its questions on. `socket`: what the keeper listens on.
 */
export async function runKept(socket: string, words: readonly string[], io: Io): Promise<ExitStatus | Unanswered> {
  const input = words.includes(standardInput) ? await io.input() : Buffer.alloc(0);
  const call = callOf(caller(), {
    words,
    input,
    asks: io.confirm !== undefined,
    showsProgress: io.progress !== undefined,
  });
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  const outcome = await callKeeper(socket, call, { ...io, signal: stop.signal });
  if (typeof outcome === 'number') return outcome as ExitStatus;
  return stop.signal.aborted ? interrupted(words, io) : outcome;
}

/** The keeper did not say what became of it. */
function interrupted([name = '']: readonly string[], io: Io): ExitStatus {
  io.say(
    `dots ${name}: Interrupted. A request may have arrived: dots status shows what the servers have, dots withdraw ends it.`,
  );
  return 3;
}
