import { closest } from '#dots/check/suggestions';
import { UsageError, type Command, type ExitStatus } from './command';
import { commandHelp, generalHelp } from './help';
import type { Io } from './io';

/** The version in package.json, inserted by the bundler. */
declare const packageVersion: string;

/** How each command is loaded, by its name. */
type Commands = ReadonlyMap<string, () => Promise<Command>>;

/** Handles a first word that is not a command: help, version, or a UsageError with the nearest name. */
export async function withoutCommand(
  commands: Commands,
  name: string | undefined,
  rest: readonly string[],
  io: Io,
): Promise<ExitStatus> {
  if (name === undefined) {
    io.say(...(await help(commands)).trimEnd().split('\n'));
    return 2;
  }
  if (name === '--version') await io.out(`dots ${packageVersion}\n`);
  else if (name === '--help' || name === '-h' || name === 'help') await io.out(await help(commands, rest[0]));
  else throw unknown(commands, name);
  return 0;
}

/** The help of `dots`, or that of one of its commands. Throws UsageError. */
async function help(commands: Commands, name?: string): Promise<string> {
  if (name === undefined) return generalHelp(await Promise.all([...commands.values()].map((load) => load())));
  const load = commands.get(name);
  if (load === undefined) throw unknown(commands, name);
  return commandHelp(await load());
}

function unknown(commands: Commands, name: string): UsageError {
  const near = closest(name, [...commands.keys()]);
  return new UsageError(
    `dots has no command "${name}".`,
    near === undefined ? 'See dots --help.' : `Did you mean dots ${near}?`,
  );
}
