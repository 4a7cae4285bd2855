import type { Arguments } from '../command';
import { optionWords, quotedWord } from '../nextCommand';

/** The words that name a profile again, and the files that were used. */
export interface Way {
  profile: string;
  given: Arguments;
  /** The server is one of production: a change requires `--yes`. */
  production: boolean;
}

/** A command for the same server and as the same client, to be typed as it is. */
export function commandLine(words: readonly string[], { profile, given, production }: Way, changes: boolean): string {
  const files = ['profiles', 'ledger', 'workspace'].flatMap((name) => optionWords(name, given.option(name)));
  const confirmed = changes && production ? ['--yes'] : [];
  return ['dots', ...words.map(quotedWord), ...optionWords('profile', profile), ...files, ...confirmed].join(' ');
}
