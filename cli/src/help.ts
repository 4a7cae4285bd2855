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
  return `${wrapped(`Usage: dots ${name} ${usage}`, 9)}

${wrapped(summary)}

${details.map((paragraph) => `${wrapped(paragraph)}\n`).join('\n')}
Options:
${all.map((option) => wrapped(`  ${heading(option).padEnd(width)}  ${described(option)}`, width + 4)).join('\n')}

Examples:
${examples.map((example) => wrapped(`  ${example}`, 6, ' \\')).join('\n')}
`;
}

const heading = ({ name, short, value }: Option): string =>
  `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;

function described({ description, choices, preset, multiple }: Option): string {
  const notes = [
    choices === undefined ? '' : `one of ${choices.join(', ')}`,
    preset === undefined ? '' : `default ${preset}`,
    multiple === true ? 'may be repeated' : '',
  ].filter((note) => note !== '');
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

/** The most columns of a line of help. */
const columns = 100;

/** Lines broken at spaces; continued lines are indented, and broken ones end in `broken`, a backslash for the shell. */
function wrapped(text: string, indent = 0, broken = ''): string {
  return text
    .split('\n')
    .map((line) => wrappedLine(line, indent, broken))
    .join('\n');
}

function wrappedLine(line: string, indent: number, broken: string): string {
  if (line.length <= columns) return line;
  const space = line.lastIndexOf(' ', columns - broken.length);
  if (line.slice(0, space).trim() === '' || space <= indent) return line;
  const rest = `${' '.repeat(indent)}${line.slice(space + 1)}`;
  return `${line.slice(0, space)}${broken}\n${wrappedLine(rest, indent, broken)}`;
}
