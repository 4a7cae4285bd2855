import type { Command } from '../command';
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

/** The script for bash 3.2 or later. In it, `--name=value` is three words. */
export const bashScript: Script = (
  commands,
) => `# Completion of dots for bash. Load it with: source <(dots completion bash)
_dots() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} line
  COMPREPLY=()
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then _dots_words ${quoted([...commands.map(({ name }) => name), ...flags(generalOptions)].join(' '))}; return; fi
  case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(valueLines).join('\n')}
  esac
  case "\${COMP_WORDS[1]} $current" in
${commands.flatMap(argumentLines).join('\n')}
  esac
}

_dots_words() {
  compopt +o default 2> /dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$current")
}

_dots_paths() {
  compopt -o filenames 2> /dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$current")
}

complete -o default -F _dots dots
`;

const flags = (options: readonly { name: string }[]): string[] => options.map(({ name }) => `--${name}`);

function valueLines(command: Command): string[] {
  return command.options.flatMap((option) => {
    const values = valuesOf(option);
    return values === undefined ? [] : [`    '${command.name} --${option.name}') ${offer(values)}; return ;;`];
  });
}

function argumentLines(command: Command): string[] {
  return [
    `    '${command.name} -'*) ${offer(flags(optionsOf(command)))} ;;`,
    `    '${command.name} '*) ${argumentLine(command)} ;;`,
  ];
}

/** The first word of a command with actions is the action, and what follows depends on it. */
function argumentLine(command: Command): string {
  const actions = actionsOf(command);
  if (actions === undefined) return offer(argumentsOf(command));
  const rest = actions.map(([action, then]) => `${action}) ${offer(then)} ;;`).join(' ');
  const first = offer(actions.map(([action]) => action));
  return `if ((COMP_CWORD == 2)); then ${first}; else case "\${COMP_WORDS[2]}" in ${rest} *) ${offer('unknown')} ;; esac; fi`;
}

function offer(candidates: Candidates): string {
  if (candidates === 'file') return '_dots_paths -f';
  if (candidates === 'folder') return '_dots_paths -d';
  return `_dots_words ${quoted(candidates === 'unknown' ? '' : candidates.join(' '))}`;
}
