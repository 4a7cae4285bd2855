/** The parts of a version that count, or undefined for one that is not a release: `3.6.7` is [3, 6, 7]. */
function partsOf(version) {
  return /^\d+(\.\d+)*$/.test(version) ? version.split('.').map(Number) : undefined;
}

/**
 * Negative where one version comes before another, positive where it comes after it, 0 where they are the same.
 * @public a test imports it by its path
 */
export function compare(one, other) {
  const [ones, others] = [partsOf(one) ?? [], partsOf(other) ?? []];
  const at = Array.from({ length: Math.max(ones.length, others.length) }, (_, index) => index).find(
    (index) => (ones[index] ?? 0) !== (others[index] ?? 0),
  );
  return at === undefined ? 0 : (ones[at] ?? 0) - (others[at] ?? 0);
}

/**
 * The newest release of a list that begins with the same so many parts as `current` and comes after it; undefined where
 * there is none.
 */
export function newerOf(versions, current, parts) {
  const series = partsOf(current)?.slice(0, parts).join('.');
  const newer = versions.filter(
    (version) => partsOf(version)?.slice(0, parts).join('.') === series && compare(version, current) > 0,
  );
  return newer.sort(compare).at(-1);
}

const cve = /CVE-\d{4}-\d{4,}/g;

/** The upstream part of a version of a Debian package: `3.6.7` of `1:3.6.7-0.1~deb13u1`. */
export const upstreamOf = (version) =>
  version
    .replace(/^\d+:/, '')
    .replace(/-[^-]*$/, '')
    .replace(/[+~].*$/, '');

/**
 * The CVE numbers that a Debian changelog, the newest entry first, names above the entry that brought an upstream
 * version.
 */
export function fixesSince(changelog, upstream) {
  const entries = changelog
    .split(/^(?=\S)/m)
    .map((text) => ({ text, version: /\((\S+)\)/.exec(text)?.[1] }))
    .filter(({ version }) => version !== undefined);
  const brought = entries.findLastIndex(({ version }) => upstreamOf(version) === upstream);
  const above =
    brought < 0
      ? entries.filter(({ version }) => compare(upstreamOf(version), upstream) > 0)
      : entries.slice(0, brought);
  return [...new Set(above.flatMap(({ text }) => text.match(cve) ?? []))].sort();
}
