import { contents, queryArguments, type ContentName } from '#dots/signal/queries';
import type { Arguments, Option } from './command';

/** The options that select what an answer contains. */
export const questionOptions: readonly Option[] = [
  {
    name: 'content',
    value: 'WHICH',
    choices: Object.keys(contents),
    description:
      'Only what was requested (config) or only what the server reports (non-config); some servers ignore it.',
  },
  {
    name: 'query',
    value: 'NAME=VALUE',
    multiple: true,
    description: 'Only what matches, such as target-prefix=192.0.2.0/24; some servers refuse it.',
  },
];

/** What the options select. Throws a DotsError. @param names see `queryArguments` */
export function questionOf(
  given: Arguments,
  names: readonly string[],
): { query: string[]; filtered: boolean; content: ContentName | undefined } {
  const content = given.option('content') as ContentName | undefined;
  const pairs = given.options('query');
  return { query: queryArguments(pairs, names, content), filtered: pairs.length > 0, content };
}
