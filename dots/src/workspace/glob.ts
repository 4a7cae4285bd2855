/**
 * Whether a path matches a glob: `*` and `?` within a segment, `**` for any number of segments. In time proportional to
 * the product of the lengths whatever the glob, because a workspace file may be untrusted.
 * @param path relative, its segments separated by `/`
 */
export function matchesGlob(glob: string, path: string): boolean {
  return matchesList(segments(glob), segments(path), (pattern) => pattern === '**', matchesSegment);
}

/** Whether a glob matches one path only. */
export const isExact = (glob: string): boolean => !/[*?]/.test(glob);

/** One spelling for all that name the same path. */
export const normalPath = (path: string): string => segments(path).join('/');

const segments = (path: string): string[] => path.split('/').filter((segment) => segment !== '' && segment !== '.');

const matchesSegment = (pattern: string, segment: string): boolean =>
  matchesList(
    [...pattern],
    [...segment],
    (sign) => sign === '*' || sign === '**',
    (sign, letter) => sign === '?' || sign === letter,
  );

/**
 * Matches a list against a pattern in which some wildcards match any number of items; only the last of them is ever
 * retried.
 */
function matchesList(
  pattern: readonly string[],
  items: readonly string[],
  isAny: (sign: string) => boolean,
  isOne: (sign: string, item: string) => boolean,
): boolean {
  let sign = 0;
  let item = 0;
  let retry: { sign: number; item: number } | undefined;
  while (item < items.length) {
    const here = pattern[sign];
    if (here !== undefined && isAny(here)) {
      sign += 1;
      retry = { sign, item };
    } else if (here !== undefined && isOne(here, items[item] ?? '')) {
      sign += 1;
      item += 1;
    } else if (retry !== undefined) {
      retry.item += 1;
      ({ sign, item } = retry);
    } else return false;
  }
  return pattern.slice(sign).every(isAny);
}
