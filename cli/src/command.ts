import { parseArgs, type ParseArgsConfig } from 'node:util';
import { DotsError } from '#dots/model/errors';
import type { Io } from './io';

/** An option of a command. */
export interface Option {
  name: string;
  /** What stands for its value in the help; without it the option takes none. */
  value?: string;
  description: string;
  /** The values that are understood. */
  choices?: readonly string[];
  /** The value where the option is not given. */
  preset?: string;
  /** It may be given several times. */
  multiple?: boolean;
}

/** The exit statuses of `dots`: done and clean; findings of severity error or a refusal; wrong usage; no answer. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** What was given on the command line. */
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
  /** What follows the command's name. */
  usage: string;
  options: readonly Option[];
  /** Paragraphs for its help. */
  details: readonly string[];
  examples: readonly string[];
  run(given: Arguments, io: Io): Promise<ExitStatus>;
}

/** Wrong usage: exit 2, with the command whose help says more. */
export class UsageError extends DotsError {
  constructor(message: string, hint?: string) {
    super('usage', 'cli/usage', message, hint);
    this.name = 'UsageError';
  }
}

/** Reads the words behind a command's name. Throws UsageError. */
export function readArguments(command: Command, words: readonly string[]): Arguments {
  const { values, positionals } = parsed(command, words);
  const all = (name: string): string[] => [values[name] ?? []].flat().map(String);
  for (const { name, choices } of command.options) {
    for (const value of all(name))
      if (choices?.includes(value) === false)
        throw new UsageError(`--${name} is ${choices.join(' or ')}, not "${value}".`);
  }
  return {
    paths: positionals,
    option: (name) => all(name)[0] ?? command.options.find((option) => option.name === name)?.preset,
    options: all,
  };
}

function parsed(command: Command, words: readonly string[]): ReturnType<typeof parseArgs> {
  const options: ParseArgsConfig['options'] = {};
  for (const { name, value, multiple } of command.options)
    options[name] = { type: value === undefined ? 'boolean' : 'string', multiple: multiple ?? false };
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw argumentError(error instanceof Error ? error.message : String(error), command);
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
  return new UsageError(`${sentence ?? 'Unknown arguments'}.`, `See dots ${command.name} --help.`);
}

/** A whole number between two bounds, given as an option. Throws UsageError. */
export function wholeNumber(name: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= low && number <= high) return number;
  throw new UsageError(`--${name} is a whole number from ${low} to ${high}, not "${text}".`);
}
