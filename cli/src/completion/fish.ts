import type { Command, Option } from '../command';
import {
  actionsOf,
  argumentsOf,
  generalOptions,
  optionsOf,
  valuesOf,
  type Candidates,
  type Script,
} from './candidates';

/** The script for fish 3 or later. */
export const fishScript: Script = (
  commands,
) => `# Completion of dots for fish. Load it with: dots completion fish | source
complete -c dots -f
${generalOptions.map((option) => `${when('__fish_use_subcommand')} ${flag(option)}`).join('\n')}
${commands.map(({ name, summary }) => `${when('__fish_use_subcommand')} -a ${name} -d ${quoted(summary)}`).join('\n')}
${commands.flatMap(commandLines).join('\n')}
`;

const when = (condition: string): string => `complete -c dots -n ${quoted(condition)}`;

function commandLines(command: Command): string[] {
  const here = when(`__fish_seen_subcommand_from ${command.name}`);
  return [...optionsOf(command).map((option) => `${here} ${flag(option)}`), ...argumentLines(command)];
}

/** The first argument of a command with actions is the action, and what follows depends on it. */
function argumentLines(command: Command): string[] {
  const inCommand = `__fish_seen_subcommand_from ${command.name}`;
  const actions = actionsOf(command);
  if (actions === undefined) return offered(inCommand, argumentsOf(command));
  const names = actions.map(([action]) => action);
  return [
    ...offered(`${inCommand}; and not __fish_seen_subcommand_from ${names.join(' ')}`, names),
    ...actions.flatMap(([action, then]) => offered(`${inCommand}; and __fish_seen_subcommand_from ${action}`, then)),
  ];
}

const offered = (condition: string, candidates: Candidates): string[] =>
  candidates === 'unknown' ? [] : [`${when(condition)}${offer(candidates)}`];

function flag(option: Option): string {
  const values = valuesOf(option);
  const required = values === 'file' ? ' -r' : ' -x';
  return `-l ${option.name}${values === undefined ? '' : `${required}${offer(values)}`} -d ${quoted(option.description)}`;
}

function offer(candidates: Candidates): string {
  if (candidates === 'file') return ' -F';
  if (candidates === 'folder') return " -a '(__fish_complete_directories)'";
  return candidates === 'unknown' ? '' : ` -a ${quoted(candidates.join(' '))}`;
}

/** In single quotes, fish escapes quotes and backslashes. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
