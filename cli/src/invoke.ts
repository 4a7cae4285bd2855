import { describeError, DotsError, type FailureKind } from '#dots/model/errors';
import { readArguments, type Command, type ExitStatus } from './command';
import { commandHelp } from './help';
import type { Io } from './io';

const statusOf: Record<FailureKind, ExitStatus> = { usage: 2, unreachable: 3, malformed: 1 };

/** Runs a command with the words after its name. Never throws: every failure becomes a sentence and an exit status. */
export async function invoke(command: Command, words: readonly string[], io: Io): Promise<ExitStatus> {
  return attempt(`dots ${command.name}`, io, async () => {
    if (!wantsHelp(words)) return command.run(readArguments(command, words), io);
    await io.out(commandHelp(command));
    return 0;
  });
}

/** Runs a function, and reports a failure with the name of the command. */
export async function attempt(who: string, io: Io, action: () => Promise<ExitStatus>): Promise<ExitStatus> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof DotsError) {
      io.say(`${who}: ${describeError(error)}`);
      return statusOf[error.kind];
    }
    io.say(`${who}: Internal error in dots (not caused by your input): ${describeError(error)}. Please report it.`);
    return 1;
  }
}

/** Whether there is a --help before any `--`. */
function wantsHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h');
}
