import { parseArgs, type ParseArgsConfig } from 'node:util';
import { DotsError } from '#dots/model/errors';
import type { Io } from './io';

/** An option of a command. */
export interface Option {
  name: string;
  /** Its letter, for `-v`. */
  short?: string;
  /** The placeholder of its value in the help; if absent, the option has no value. */
  value?: string;
  description: string;
  /** The allowed values. */
  choices?: readonly string[];
  /** The default value. */
  preset?: string;
  /** It may be repeated. */
  multiple?: boolean;
}

/** The exit statuses of `dots`: done and clean; findings of severity error or a refusal; wrong usage; no answer. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** The arguments of a command. */
export interface Arguments {
  paths: string[];
  /** The value of an option, its preset, or undefined. */
  option(name: string): string | undefined;
  /** All values of an option that may be repeated. */
  options(name: string): string[];
}

/** One command of `dots`. */
export interface Command {
  name: string;
  summary: string;
  /** The text after the command's name. */
  usage: string;
  options: readonly Option[];
  /** The words that its argument may be, if it is none of the user's own. */
  words?: readonly string[];
  /**
   * The words that its first argument is one of, and what may follow each: some words, or a file. Completion offers
   * them.
   */
  actions?: Readonly<Record<string, readonly string[] | 'file'>>;
  /** Paragraphs for its help. */
  details: readonly string[];
  examples: readonly string[];
  run(given: Arguments, io: Io): Promise<ExitStatus>;
}

/** Wrong usage: exit 2, with a reference to the command's help. */
export class UsageError extends DotsError {
  constructor(message: string, hint?: string) {
    super('usage', 'cli/usage', message, hint);
    this.name = 'UsageError';
  }
}

/** The words of a command line that has these arguments. */
export function wordsOf({ name, options }: Pick<Command, 'name' | 'options'>, given: Arguments): string[] {
  const said = options.flatMap((option) =>
    given
      .options(option.name)
      .map((text) => (option.value === undefined ? `--${option.name}` : `--${option.name}=${text}`)),
  );
  return [name, ...said, '--', ...given.paths];
}

/** Reads the words after a command's name. Throws UsageError. */
export function readArguments(command: Command, words: readonly string[]): Arguments {
  const { values, positionals, tokens } = parsed(command, words);
  refuseRepeated(command, tokens);
  const all = (name: string): string[] => [values[name] ?? []].flat().map(String);
  for (const { name, choices } of command.options) {
    for (const value of all(name))
      if (choices?.includes(value) === false)
        throw new UsageError(`--${name} must be ${oneOf(choices)}, not "${value}".`);
  }
  return {
    paths: positionals,
    option: (name) => all(name)[0] ?? command.options.find((option) => option.name === name)?.preset,
    options: all,
  };
}

/** Alternatives in a sentence. */
const oneOf = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;

type Parsed = ReturnType<typeof parseArgs>;

function parsed(command: Command, words: readonly string[]): Parsed {
  const options: ParseArgsConfig['options'] = {};
  for (const { name, short, value, multiple = false } of command.options)
    options[name] = { type: value === undefined ? 'boolean' : 'string', multiple, ...(short && { short }) };
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    throw argumentError(error instanceof Error ? error.message : String(error), command);
  }
}

/** Of an option that may be specified once, `parseArgs` would silently use the last value. Throws UsageError. */
function refuseRepeated(command: Command, tokens: Parsed['tokens'] = []): void {
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name } = token;
    const { multiple = false } = command.options.find((option) => option.name === name) ?? {};
    if (seen.has(name) && !multiple) throw new UsageError(`--${name} is specified more than once.`, 'Specify it once.');
    seen.add(name);
  }
}

function argumentError(message: string, command: Command): UsageError {
  const [, option] = /^Option '(-\S+)' argument is ambiguous/.exec(message) ?? [];
  if (option !== undefined)
    return new UsageError(
      `${option} has no value; what follows it starts with a dash.`,
      `Write such a value as ${option}=-1.`,
    );
  const [sentence] = message.split(/\.(?:\s|$)/);
  // After the name of an unknown option there may be a key.
  const named = sentence?.replace(/^(Unknown option '[^\s'=]*)[^]*$/, "$1'");
  return new UsageError(`${named ?? 'Unknown arguments'}.`, `See dots ${command.name} --help.`);
}

/** A whole number between two bounds, as the value of an option. Throws UsageError. */
export function wholeNumber(name: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= low && number <= high) return number;
  throw new UsageError(`--${name} must be a whole number from ${low} to ${high}, not "${text}".`);
}
