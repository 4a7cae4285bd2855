import { fixesSince, newerOf, upstreamOf } from './versions.mjs';

/**
 * What is known of a pin: `name`, `version`, the file `where` it is; `newer`, a release that can take its place;
 * `fixes`, the vulnerabilities that it has, a text each; `unknown`, why something could not be found out, and `silent`
 * where that is everything. No source lists the vulnerabilities of an `urgent` pin, so that each newer release may
 * repair one.
 */
const pin = (name, version, where, more) => ({ name, version, where, fixes: [], ...more });

/**
 * Mbed TLS, of which the newest release of its series counts. `upstream`: the names of the tags; `debian`: `{ versions,
 * changelog }`; either may be a Problem.
 */
export function mbedtlsFinding(pinned, upstream, debian) {
  const said = [
    ...(upstream instanceof Error ? [] : upstream.map((tag) => tag.replace(/^(mbedtls-|v)/, ''))),
    ...(debian instanceof Error ? [] : debian.versions.map(upstreamOf)),
  ];
  const unknown = [upstream, debian].filter((each) => each instanceof Error).map(({ message }) => message);
  const fixes = debian instanceof Error ? [] : fixesSince(debian.changelog, pinned);
  return pin('Mbed TLS', pinned, 'dots/mbedtls/pins.json', {
    newer: newerOf(said, pinned, 2),
    fixes,
    urgent: true,
    ...(unknown.length > 0 && { unknown: unknown.join('; ') }),
    silent: said.length === 0,
  });
}

/**
 * An npm package of which `versions` are there; a Problem instead of them where npm cannot be asked. A newer major
 * version is no replacement.
 */
export function packageFinding({ name, version, where, urgent = false }, versions) {
  if (versions instanceof Error) return pin(name, version, where, { unknown: versions.message, silent: true });
  return pin(name, version, where, { newer: newerOf(versions, version, 1), urgent });
}

/**
 * What `npm audit --json` says of the packages that a lockfile names, one finding for each that has vulnerabilities.
 */
export function auditFindings(report, where) {
  return Object.values(report.vulnerabilities ?? {}).flatMap(({ name, range, via, fixAvailable }) => {
    const vulnerabilities = via.filter((each) => typeof each === 'object').map(({ title, url }) => `${title} (${url})`);
    return vulnerabilities.length === 0
      ? []
      : [
          pin(name, range, where, {
            fixes: vulnerabilities,
            ...(fixAvailable?.version && { newer: fixAvailable.version }),
          }),
        ];
  });
}

/** That no source says whether the packages of a lockfile have vulnerabilities. */
export const unaudited = (where) =>
  pin('npm packages', '', where, { unknown: 'npm audit has no answer', silent: true });

/** Whether something has to be done about a pin. */
const isUrgent = ({ newer, fixes, urgent }) => fixes.length > 0 || (urgent === true && newer !== undefined);

/** A finding as one line. */
export function lineOf(finding) {
  const { name, version, where, newer, fixes, unknown, silent } = finding;
  const parts = [
    silent
      ? 'not known'
      : newer
        ? `${newer} is newer`
        : fixes.length > 0
          ? 'has vulnerabilities'
          : 'the newest of its series',
    ...(fixes.length > 0 ? [fixes.join(', ')] : []),
    ...(unknown ? [unknown] : []),
  ];
  return `${isUrgent(finding) ? '! ' : '  '}${[name, version].filter(Boolean).join(' ')} (${where}): ${parts.join('; ')}`;
}

/**
 * The exit status for all findings: 1 where something has to be done, 2 where too little is known to say so, otherwise
 * 0.
 */
export function statusOf(findings) {
  return findings.some(isUrgent) ? 1 : findings.some(({ silent }) => silent) ? 2 : 0;
}
