/** Lines further down than this are not searched for where two texts are alike again. */
const window = 200;

/**
 * The differences of two texts, line by line: `@@ line N @@`, then the lines that are gone after `-` and those that are
 * new after `+`.
 */
export function lineDifferences(before: string, after: string): string[] {
  const [old, young] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  const shown: string[] = [];
  let [at, to] = [0, 0];
  while (at < old.length || to < young.length) {
    if (old[at] === young[to]) {
      at += 1;
      to += 1;
      continue;
    }
    const [gone, added] = nextAlike(old, young, at, to);
    shown.push(`@@ line ${at + 1} @@`);
    shown.push(...old.slice(at, at + gone).map((line) => `-${line}`));
    shown.push(...young.slice(to, to + added).map((line) => `+${line}`));
    at += gone;
    to += added;
  }
  return shown;
}

/** How many lines of each text are before those that are alike again. */
function nextAlike(old: readonly string[], young: readonly string[], at: number, to: number): [number, number] {
  for (let distance = 1; distance < window; distance++)
    for (let gone = 0; gone <= distance; gone++) {
      const added = distance - gone;
      if (at + gone < old.length && old[at + gone] === young[to + added]) return [gone, added];
    }
  return [old.length - at, young.length - to];
}
