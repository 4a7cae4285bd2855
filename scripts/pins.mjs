import './lib/require-node.mjs';
import { existsSync } from 'node:fs';
import { pins } from '../dots/mbedtls/source.mjs';
import { hostPackages } from './host/install.mjs';
import { withScratchFolder } from './lib/cache.mjs';
import { npmJson } from './lib/npm.mjs';
import { inRoot, manifest, root } from './lib/paths.mjs';
import { Problem, isMain, runMain } from './lib/problem.mjs';
import { run } from './lib/processes.mjs';
import { step } from './lib/progress.mjs';
import { debianPackage } from './pins/debian.mjs';
import { auditFindings, lineOf, mbedtlsFinding, packageFinding, statusOf, unaudited } from './pins/findings.mjs';

/** An answer, or the Problem that there is none. */
async function asked(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** The tags of the series of Mbed TLS that is pinned, from its own repository. */
async function upstreamTags() {
  const [repository] = pins.url.split('/releases/');
  const { status, output } = await run('git', ['ls-remote', '--tags', '--refs', repository, '*3.*'], {
    deadlineMs: 30_000,
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0' },
  });
  if (status !== 0) throw new Problem('the repository of Mbed TLS cannot be reached');
  return [...output.matchAll(/refs\/tags\/(\S+)$/gm)].map(([, tag]) => tag);
}

async function mbedtls() {
  const [upstream, debian] = await Promise.all([
    asked(upstreamTags),
    asked(() => withScratchFolder((folder) => debianPackage('mbedtls', folder))),
  ]);
  return [mbedtlsFinding(pins.version, upstream, debian)];
}

/** What is bundled, and what VS Code in the browser runs on, whose vulnerabilities no source lists. */
const packages = [
  ...Object.entries(manifest.dependencies).map(([name, version]) => ({ name, version, where: 'package.json' })),
  ...hostPackages.map((each) => ({ ...each, where: 'scripts/host', urgent: true })),
];

async function npmPackages(report) {
  const findings = [];
  for (const each of packages) {
    report(each.name);
    const versions = await asked(() => npmJson(['view', each.name, 'versions'], root));
    findings.push(packageFinding(each, versions instanceof Problem ? versions : [versions].flat()));
  }
  return findings;
}

/** The vulnerabilities that npm knows of in all that a lockfile names. */
async function audit(folder) {
  const where = `${folder}package-lock.json`;
  const report = await asked(() => npmJson(['audit'], inRoot(folder)));
  return report.auditReportVersion === undefined ? [unaudited(where)] : auditFindings(report, where);
}

/** Says for each pin whether there is a newer release, and what it repairs. Returns the exit status. */
export async function checkPins() {
  const locked = ['', 'scripts/host/locks/', 'scripts/host/locks/vscode/'].filter((folder) =>
    existsSync(inRoot(folder, 'package-lock.json')),
  );
  const parts = [
    await step('Asking for releases of Mbed TLS', mbedtls),
    await step('Asking npm for releases', npmPackages),
    await step('Asking npm for vulnerabilities', async () => (await Promise.all(locked.map(audit))).flat()),
  ];
  const findings = parts.flat();
  process.stdout.write(`${findings.map(lineOf).join('\n')}\n`);
  return statusOf(findings);
}

if (isMain(import.meta)) await runMain(checkPins);
