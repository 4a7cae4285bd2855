import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianMirrors } from '../lib/debian.mjs';
import { Problem } from '../lib/problem.mjs';
import { run } from '../lib/processes.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The package lists that are read: where new versions come first, and where those that are supported get their fixes.
 */
const suites = { archive: ['unstable', 'stable'], security: ['stable-security'] };

function listFrom(mirrors) {
  const trusted = existsSync(keyring) ? ` [signed-by=${keyring}]` : '';
  return mirrors
    .flatMap((mirror) =>
      suites[/security/.test(mirror) ? 'security' : 'archive'].map(
        (suite) => `deb-src${trusted} ${mirror} ${suite} main\n`,
      ),
    )
    .join('');
}

/**
 * Options with which apt keeps package lists of its own in a folder, so that those of the machine stay as they are and
 * no rights are needed.
 */
function privateLists(folder, mirrors) {
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'sources.list'), listFrom(mirrors));
  return [
    `Dir::Etc::sourcelist=${join(folder, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=0',
    'Acquire::http::Timeout=10',
  ].flatMap((option) => ['-o', option]);
}

/**
 * Runs a program of apt; what it says on both streams. A list that cannot be had does not keep it from what others
 * have.
 */
async function apt(program, args, folder) {
  return (await run(program, args, { cwd: folder, deadlineMs: 120_000 })).output;
}

/**
 * The versions of a source package that Debian has, and the changelog of the newest; a Problem where Debian cannot be
 * asked. `folder`: a private one.
 */
export async function debianPackage(source, folder) {
  const options = privateLists(folder, await debianMirrors());
  await apt('apt-get', [...options, 'update'], folder);
  const stanzas = await apt('apt-cache', [...options, 'showsrc', '--only-source', source], folder);
  const versions = [...stanzas.matchAll(/^Version: (\S+)$/gm)].map(([, version]) => version);
  if (versions.length === 0) throw new Problem('no Debian mirror of this machine answers');
  return { versions, changelog: await changelogOf(source, options, folder) };
}

/** apt takes the newest by itself. A changelog that cannot be had is an empty one: the versions say enough. */
async function changelogOf(source, options, folder) {
  await apt('apt-get', [...options, 'source', '--download-only', '--diff-only', '--only-source', source], folder);
  const archive = readdirSync(folder).find((name) => /\.debian\.tar\.\w+$/.test(name));
  if (archive === undefined) return '';
  const { status, output } = await run('tar', ['-xOf', archive, 'debian/changelog'], { cwd: folder });
  return status === 0 ? output : '';
}
