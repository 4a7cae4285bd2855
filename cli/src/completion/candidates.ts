import type { Command, Option } from '../command';

/** What can follow: one of some words, a file, a folder, or a value that only the user knows. */
export type Candidates = readonly string[] | 'file' | 'folder' | 'unknown';

/** A writer of the completion script of one shell. */
export type Script = (commands: readonly Command[]) => string;

/** The values of an option; undefined if it has none. */
export function valuesOf({ value, choices }: Option): Candidates | undefined {
  if (value === undefined) return undefined;
  if (choices !== undefined) return choices;
  if (value === 'DIR') return 'folder';
  return ['FILE', 'PATH', 'OTHER'].includes(value) ? 'file' : 'unknown';
}

/** The arguments of a command that are not options. */
export function argumentsOf({ usage, words }: Command): Candidates {
  return words ?? (/^\S*(FILE|PATH)\b/.test(usage) ? 'file' : 'unknown');
}

/** The first arguments of a command with actions, and what may follow each; undefined for any other command. */
export const actionsOf = ({ actions }: Command): [action: string, then: Candidates][] | undefined =>
  actions && Object.entries(actions).map(([action, then]) => [action, then.length === 0 ? 'unknown' : then]);

/** All options of a command. */
export const optionsOf = ({ options }: Command): readonly Option[] => [
  ...options,
  { name: 'help', description: 'Show this help.' },
];

/** What the first word may be besides a command. */
export const generalOptions: readonly Option[] = [
  { name: 'help', description: 'Show this help.' },
  { name: 'version', description: 'Print the version.' },
];

/** A text as one word of any of the shells. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
