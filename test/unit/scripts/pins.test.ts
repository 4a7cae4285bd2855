import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../support/shared';

interface Finding {
  name: string;
  version: string;
  where: string;
  newer?: string;
  fixes: string[];
  unknown?: string;
  silent?: boolean;
  urgent?: boolean;
}
interface Findings {
  mbedtlsFinding(
    pinned: string,
    upstream: string[] | Error,
    debian: { versions: string[]; changelog: string } | Error,
  ): Finding;
  packageFinding(
    pin: { name: string; version: string; where: string; urgent?: boolean },
    versions: string[] | Error,
  ): Finding;
  auditFindings(report: object, where: string): Finding[];
  unaudited(where: string): Finding;
  lineOf(finding: Finding): string;
  statusOf(findings: Finding[]): number;
}
interface Versions {
  compare(one: string, other: string): number;
  newerOf(versions: string[], current: string, parts: number): string | undefined;
  upstreamOf(version: string): string;
  fixesSince(changelog: string, upstream: string): string[];
}

const load = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(join(root, 'scripts/pins', path)).href)) as T;
const findings = (): Promise<Findings> => load<Findings>('findings.mjs');
const versions = (): Promise<Versions> => load<Versions>('versions.mjs');

/** Of the form of Debian's: the newest entry first. */
const changelog = `mbedtls (3.6.8-1) unstable; urgency=medium

  * New upstream version 3.6.8
    - CVE-2026-10002: one hole
    - CVE-2026-10001: another one

 -- A maintainer <someone@example.org>  Mon, 02 Nov 2026 12:00:00 +0000

mbedtls (3.6.7-2) unstable; urgency=medium

  * Patch CVE-2026-10000

 -- A maintainer <someone@example.org>  Mon, 05 Oct 2026 12:00:00 +0000

mbedtls (3.6.7-1) unstable; urgency=medium

  * New upstream version 3.6.7
    - CVE-2026-09999: a hole of 3.6.6

 -- A maintainer <someone@example.org>  Mon, 07 Sep 2026 12:00:00 +0000
`;

test('versions are compared by their parts, and the newest release of a series is found', async () => {
  const { compare, newerOf, upstreamOf } = await versions();
  assert.ok(compare('3.6.10', '3.6.9') > 0 && compare('3.6', '3.6.0') === 0 && compare('3.6.7', '4.0.0') < 0);
  const known = ['3.6.8', '3.6.10', '3.6.11-rc1', '3.6.9', '3.7.0', '4.1.0'];
  assert.equal(newerOf(known, '3.6.7', 2), '3.6.10');
  assert.equal(newerOf(known, '3.6.7', 1), '3.7.0');
  assert.equal(newerOf(known, '3.6.10', 2), undefined);
  assert.deepEqual(['3.6.7-3', '1:3.6.7-0.1~deb13u1', '3.6.7+dfsg-1'].map(upstreamOf), ['3.6.7', '3.6.7', '3.6.7']);
});

test('the vulnerabilities that a newer Mbed TLS repairs, or Debian in the pinned one, come from the changelog above the pinned release', async () => {
  const { fixesSince } = await versions();
  assert.deepEqual(fixesSince(changelog, '3.6.7'), ['CVE-2026-10000', 'CVE-2026-10001', 'CVE-2026-10002']);
  assert.deepEqual(fixesSince(changelog, '3.6.6'), [
    'CVE-2026-09999',
    'CVE-2026-10000',
    'CVE-2026-10001',
    'CVE-2026-10002',
  ]);
  assert.deepEqual(fixesSince(changelog, '3.6.8'), []);
  assert.deepEqual(fixesSince('', '3.6.7'), []);
});

test('a newer release of the pinned series of Mbed TLS fails the check, if upstream or Debian knows it, or if neither answers', async () => {
  const { mbedtlsFinding, lineOf, statusOf } = await findings();
  const [noUpstream, noDebian] = [new Error('the repository cannot be reached'), new Error('no mirror answers')];
  const debian = { versions: ['3.6.6-0.1~deb13u1', '3.6.8-1'], changelog };
  const known = [
    mbedtlsFinding('3.6.7', ['mbedtls-3.6.7', 'mbedtls-3.6.8', 'mbedtls-4.1.0'], noDebian),
    mbedtlsFinding('3.6.7', noUpstream, debian),
  ];
  assert.deepEqual(
    known.map((finding) => [finding.newer, statusOf([finding])]),
    [
      ['3.6.8', 1],
      ['3.6.8', 1],
    ],
  );
  assert.equal(
    lineOf(known[1]!),
    '! Mbed TLS 3.6.7 (dots/mbedtls/pins.json): 3.6.8 is newer; CVE-2026-10000, CVE-2026-10001, CVE-2026-10002; the repository cannot be reached',
  );
  assert.equal(statusOf([mbedtlsFinding('3.6.8', noUpstream, debian)]), 0);
  assert.equal(statusOf([mbedtlsFinding('3.6.8', noUpstream, noDebian)]), 2);
  // What Debian has patched in the pinned release counts as well.
  assert.equal(
    statusOf([
      mbedtlsFinding('3.6.7', ['v3.6.0'], {
        versions: ['3.6.7-2'],
        changelog: changelog.slice(changelog.indexOf('mbedtls (3.6.7-2)')),
      }),
    ]),
    1,
  );
});

test('a bundled package with a newer release is named; it fails the check only where npm knows of a vulnerability; an unaudited package fails it at each release', async () => {
  const { packageFinding, auditFindings, unaudited, lineOf, statusOf } = await findings();
  const bundled = { name: 'a-package', version: '6.1.0', where: 'package.json' };
  const newer = packageFinding(bundled, ['6.0.0', '6.1.0', '6.2.0', '6.3.0-beta', '7.0.0']);
  assert.equal(lineOf(newer), '  a-package 6.1.0 (package.json): 6.2.0 is newer');
  assert.equal(statusOf([newer]), 0);
  assert.equal(statusOf([packageFinding({ ...bundled, urgent: true }, ['6.2.0'])]), 1);
  assert.equal(statusOf([packageFinding(bundled, new Error('npm view has no answer'))]), 2);
  assert.equal(statusOf([unaudited('package-lock.json')]), 2);
  const report = {
    auditReportVersion: 2,
    vulnerabilities: {
      'a-package': {
        name: 'a-package',
        range: '<6.2.0',
        via: [{ title: 'A hole', url: 'https://advisories.example/1' }],
        fixAvailable: { version: '6.2.0' },
      },
      'its-user': { name: 'its-user', range: '*', via: ['a-package'], fixAvailable: true },
    },
  };
  const found = auditFindings(report, 'package-lock.json');
  assert.deepEqual(found.map(lineOf), [
    '! a-package <6.2.0 (package-lock.json): 6.2.0 is newer; A hole (https://advisories.example/1)',
  ]);
  assert.equal(statusOf(found), 1);
  assert.deepEqual(auditFindings({ auditReportVersion: 2, vulnerabilities: {} }, 'package-lock.json'), []);
});

test('the check runs every week, and knows what is installed for VS Code in the browser', async () => {
  const workflow = readFileSync(join(root, '.github/workflows/pins.yml'), 'utf8');
  assert.match(workflow, /^ {2}schedule:\n {4}- cron: '\d+ \d+ \* \* \d'$/m);
  assert.match(workflow, /^ {6}- run: npm run pins$/m);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  assert.equal(scripts.pins, 'node scripts/pins.mjs');
  const { hostPackages } = (await import(pathToFileURL(join(root, 'scripts/host/install.mjs')).href)) as {
    hostPackages: { name: string; version: string }[];
  };
  assert.ok(hostPackages.some(({ name, version }) => name === 'code-server' && /^\d+\.\d+\.\d+$/.test(version)));
});
