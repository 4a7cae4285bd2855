import type { Command, Option } from './command';

/** The help of `dots` itself. */
export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return `dots: write, check, send and rehearse DDoS Open Threat Signaling (DOTS) documents.

Usage: dots COMMAND [ARGUMENTS]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

dots COMMAND --help explains a command. dots --version prints the version.

Results go to standard output, everything else to standard error.

Exit status:
  0  done, and nothing is wrong
  1  findings of severity error, input that cannot be processed, or a server that refused
  2  wrong usage, or a file that cannot be read
  3  no answer, no connection, or not authenticated
`;
}

/** The help of one command. */
export function commandHelp({ name, usage, summary, options, details, examples }: Command): string {
  const all = [...options, { name: 'help', description: 'Show this help.' }];
  const width = Math.max(...all.map((option) => heading(option).length));
  return `Usage: dots ${name} ${usage}

${summary}

${details.map((paragraph) => `${paragraph}\n`).join('\n')}
Options:
${all.map((option) => `  ${heading(option).padEnd(width)}  ${described(option)}`).join('\n')}

Examples:
${examples.map((example) => `  ${example}`).join('\n')}
`;
}

const heading = ({ name, value }: Option): string => (value === undefined ? `--${name}` : `--${name} ${value}`);

function described({ description, choices, preset, multiple }: Option): string {
  const notes = [
    choices === undefined ? '' : `one of ${choices.join(', ')}`,
    preset === undefined ? '' : `default ${preset}`,
    multiple === true ? 'may be repeated' : '',
  ].filter((note) => note !== '');
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}
