import type { Command, Option } from '../command';
import {
  actionsOf,
  argumentsOf,
  generalOptions,
  optionsOf,
  quoted,
  valuesOf,
  type Candidates,
  type Script,
} from './candidates';

/** The script for zsh: sourced after `compinit`, or as the file `_dots` in a folder of `fpath`. */
export const zshScript: Script = (commands) => `#compdef dots
# Completion of dots for zsh. Load it after compinit with: source <(dots completion zsh)
_dots() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe -t commands command commands
    _arguments ${generalOptions.map(optionSpec).join(' ')}
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(commandLines).join('\n')}
  esac
}

if [[ $funcstack[1] == _dots ]]; then _dots "$@"; else compdef _dots dots; fi
`;

function commandLines(command: Command): string {
  const specs = [...optionsOf(command).map(optionSpec), ...argumentSpecs(command).map(quoted)];
  return `    ${command.name})\n      _arguments ${specs.join(' \\\n        ')} ;;`;
}

/** The first argument of a command with actions is the action, and what follows depends on it. */
function argumentSpecs(command: Command): string[] {
  const actions = actionsOf(command);
  if (actions === undefined) return [`*:argument:${action(argumentsOf(command))}`];
  const rest = actions.flatMap(([word, then]) => {
    if (then === 'unknown') return [];
    return [`${word}) ${typeof then === 'string' ? action(then) : `compadd ${then.join(' ')}`} ;;`];
  });
  return [
    `1:action:${action(actions.map(([word]) => word))}`,
    `*:argument:{ case $words[2] in ${rest.join(' ')} esac }`,
  ];
}

/** `--name=[description]:PLACEHOLDER:action`; with a star before it, it may be repeated. */
function optionSpec(option: Option): string {
  const values = valuesOf(option);
  const star = option.multiple === true ? '*' : '';
  const rest = values === undefined ? '' : `:${escaped(option.value ?? '')}:${action(values)}`;
  return quoted(`${star}--${option.name}${values === undefined ? '' : '='}[${escaped(option.description)}]${rest}`);
}

function action(candidates: Candidates): string {
  if (candidates === 'file') return '_files';
  if (candidates === 'folder') return '_files -/';
  return candidates === 'unknown' ? ' ' : `(${candidates.join(' ')})`;
}

const escaped = (text: string): string => text.replace(/[\\:[\]]/g, '\\$&');
