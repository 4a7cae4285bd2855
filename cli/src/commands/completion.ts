import { UsageError, type Command, type ExitStatus, type Arguments } from '../command';
import { bashScript } from '../completion/bash';
import type { Script } from '../completion/candidates';
import { fishScript } from '../completion/fish';
import { zshScript } from '../completion/zsh';
import type { Io } from '../io';

const scripts: ReadonlyMap<string, Script> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/** How each command is loaded, by its name. */
type Commands = ReadonlyMap<string, () => Promise<Command>>;

/** `dots completion`: a script with which a shell completes commands, options, their values and files. */
export function completionOf(commands: Commands): Command {
  return {
    name: 'completion',
    summary: 'Print a script with which a shell completes commands, options, their values and files.',
    usage: 'bash|zsh|fish',
    words: [...scripts.keys()],
    options: [],
    details: [
      'The script is complete: the shell does not start dots for it. Load it from the start file of the shell, and again after an update of dots.',
    ],
    examples: [
      'source <(dots completion bash)',
      'source <(dots completion zsh)',
      'dots completion fish > ~/.config/fish/completions/dots.fish',
    ],
    run: (given, io) => printScript(commands, given, io),
  };
}

async function printScript(commands: Commands, given: Arguments, io: Io): Promise<ExitStatus> {
  const [shell = '', ...more] = given.paths;
  const script = scripts.get(shell);
  if (script === undefined || more.length > 0)
    throw new UsageError(`Name one shell: ${[...scripts.keys()].join(', ')}.`, 'See dots completion --help.');
  await io.out(script(await Promise.all([...commands.values()].map((load) => load()))));
  return 0;
}
