import { version } from '../../package.json';
import { closest } from '#dots/check/suggestions';
import { UsageError, type Command, type ExitStatus } from './command';
import { decode } from './commands/decode';
import { encode } from './commands/encode';
import { flowspec } from './commands/flowspec';
import { mock } from './commands/mock';
import { send } from './commands/send';
import { session } from './commands/session';
import { validate } from './commands/validate';
import { commandHelp, generalHelp } from './help';
import { attempt, invoke } from './invoke';
import type { Io } from './io';

/** The commands, in the order of their help. */
const commands: readonly Command[] = [validate, encode, decode, send, session, mock, flowspec];

/** Runs `dots` with the words of a command line. Never throws: every failure becomes a sentence and an exit status. */
export async function run(words: readonly string[], io: Io): Promise<ExitStatus> {
  const [name, ...rest] = words;
  const command = commands.find((one) => one.name === name);
  return command === undefined ? attempt('dots', io, () => withoutCommand(name, rest, io)) : invoke(command, rest, io);
}

async function withoutCommand(name: string | undefined, rest: readonly string[], io: Io): Promise<ExitStatus> {
  if (name === undefined) {
    io.say(...generalHelp(commands).trimEnd().split('\n'));
    return 2;
  }
  if (name === '--help' || name === '-h' || name === 'help')
    await io.out(rest[0] === undefined ? generalHelp(commands) : commandHelp(commandNamed(rest[0])));
  else if (name === '--version') await io.out(`dots ${version}\n`);
  else commandNamed(name);
  return 0;
}

function commandNamed(name: string): Command {
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) return command;
  const near = closest(
    name,
    commands.map((one) => one.name),
  );
  throw new UsageError(
    `dots has no command "${name}".`,
    near === undefined ? 'See dots --help.' : `Did you mean dots ${near}?`,
  );
}
