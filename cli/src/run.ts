import { version } from '../../package.json';
import { closest } from '#dots/check/near';
import { describeError, DotsError, type FailureKind } from '#dots/model/errors';
import { oneLine } from '#dots/model/text';
import { readArguments, UsageError, type Command, type ExitStatus } from './command';
import { decode } from './commands/decode';
import { encode } from './commands/encode';
import { flowspec } from './commands/flowspec';
import { mock } from './commands/mock';
import { send } from './commands/send';
import { validate } from './commands/validate';
import { commandHelp, generalHelp } from './help';
import type { Io } from './io';

/** The commands, in the order of their help. */
const commands: readonly Command[] = [validate, encode, decode, send, mock, flowspec];

const statusOf: Record<FailureKind, ExitStatus> = { usage: 2, unreachable: 3, malformed: 1 };

/** Runs `dots` with the words of a command line. Never throws: every failure becomes a sentence and an exit status. */
export async function run(words: readonly string[], io: Io): Promise<ExitStatus> {
  const [name, ...rest] = words;
  try {
    if (name === undefined) {
      io.say(generalHelp(commands).trimEnd());
      return 2;
    }
    if (name === '--help' || name === '-h' || name === 'help') return await help(rest, io);
    if (name === '--version') {
      await io.out(`dots ${version}\n`);
      return 0;
    }
    const command = commandNamed(name);
    return wantsHelp(rest) ? await help([name], io) : await command.run(readArguments(command, rest), io);
  } catch (error) {
    return failed(name, error, io);
  }
}

/** Whether help is asked for, before any `--`. */
function wantsHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h');
}

async function help([name]: readonly string[], io: Io): Promise<ExitStatus> {
  await io.out(name === undefined ? generalHelp(commands) : commandHelp(commandNamed(name)));
  return 0;
}

function commandNamed(name: string): Command {
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) return command;
  const near = closest(name, commands.map((one) => one.name));
  throw new UsageError(`dots has no command "${name}".`, near === undefined ? 'See dots --help.' : `Did you mean dots ${near}?`);
}

function failed(name: string | undefined, error: unknown, io: Io): ExitStatus {
  const who = commands.some((command) => command.name === name) ? `dots ${name ?? ''}` : 'dots';
  if (error instanceof DotsError) {
    io.say(`${who}: ${oneLine(describeError(error))}`);
    return statusOf[error.kind];
  }
  io.say(`${who}: This is a fault of dots itself, not of your input: ${oneLine(describeError(error))}. Please report it.`);
  return 1;
}
