import { describeError, DotsError, type FailureKind } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import { readArguments, type Command, type ExitStatus } from './command';
import { commandHelp } from './help';
import type { Io } from './io';

const statuses: Record<FailureKind, ExitStatus> = { usage: 2, unreachable: 3, malformed: 1 };

/** The exit status of a failure. */
export const statusOf = ({ kind }: DotsError): ExitStatus => statuses[kind];

/** Runs a command with the words after its name. Never throws: every failure becomes a sentence and an exit status. */
export async function invoke(command: Command, words: readonly string[], io: Io): Promise<ExitStatus> {
  return attempt(`dots ${command.name}`, words, io, async (watched) => {
    if (!wantsHelp(words)) return command.run(readArguments(command, words), watched);
    await watched.out(commandHelp(command));
    return 0;
  });
}

/**
 * Runs a function, and reports a failure with the name of the command. With `--format json` the failure is also an
 * object on standard output, unless a result was printed there.
 */
export async function attempt(
  who: string,
  words: readonly string[],
  io: Io,
  action: (io: Io) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  let printed = false;
  const out: Io['out'] = (text) => {
    printed = true;
    return io.out(text);
  };
  try {
    return await action({ ...io, out });
  } catch (error) {
    if (!printed && wantsJson(words)) await io.out(`${safeJson({ version: 1, error: errorJson(error) }, 2)}\n`);
    if (error instanceof DotsError) {
      io.say(`${who}: ${describeError(error)}`);
      return statusOf(error);
    }
    io.say(`${who}: Internal error in dots (not caused by your input): ${describeError(error)}. Please report it.`);
    return 1;
  }
}

/** An error as `--format json` prints it. */
export function errorJson(error: unknown): object {
  if (!(error instanceof DotsError)) return { code: 'cli/internal', message: describeError(error), hint: null };
  return { code: error.code, message: error.message, hint: error.hint ?? null };
}

/** Whether `--format json` is among words that may be invalid otherwise. */
function wantsJson(words: readonly string[]): boolean {
  return beforeEnd(words).some(
    (word, at, all) => word === '--format=json' || (word === 'json' && all[at - 1] === '--format'),
  );
}

/** Whether there is a --help before any `--`. */
function wantsHelp(words: readonly string[]): boolean {
  return beforeEnd(words).some((word) => word === '--help' || word === '-h');
}

/** The words that may be options. */
function beforeEnd(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end);
}
