import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, withScratchFolder, writeWhole } from '../../scripts/lib/cache.mjs';
import { fetchFromPool } from '../../scripts/lib/debian.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';
import { run } from '../../scripts/lib/processes.mjs';
import { say } from '../../scripts/lib/progress.mjs';

/**
 * Where the pins are: the hash of the archive, of what is used of it, of the module made of it, and the compiler's
 * version.
 */
export const pinsFile = join(import.meta.dirname, 'pins.json');

export const pins = JSON.parse(readFileSync(pinsFile, 'utf8'));

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** No place had the source; the message is the one sentence for the person at the keyboard. */
export class SourceMissing extends Problem {}

/** The C files and headers below a folder, as the tree that the compiler takes. */
function treeOf(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() || /\.[ch]$/.test(entry.name),
  );
  const contentOf = (entry) =>
    entry.isDirectory() ? treeOf(join(folder, entry.name)) : readFileSync(join(folder, entry.name));
  return Object.fromEntries(
    entries.sort((a, b) => (a.name < b.name ? -1 : 1)).map((entry) => [entry.name, contentOf(entry)]),
  );
}

function addTree(hash, tree, path = '') {
  for (const [name, content] of Object.entries(tree)) {
    if (content instanceof Uint8Array) hash.update(`${path}${name}\0${content.length}\0`).update(content);
    else addTree(hash, content, `${path}${name}/`);
  }
  return hash;
}

/** The hash over what is used of the source: the paths and contents of its C files and headers. */
export const hashOfSources = (tree) => addTree(createHash('sha256'), tree).digest('hex');

/** Reads an unpacked source and makes sure that it is the pinned one. */
function readSources(folder) {
  const parts = ['include', 'library'];
  if (!parts.every((part) => existsSync(join(folder, part)))) throw new Problem(`no Mbed TLS is unpacked in ${folder}`);
  const tree = Object.fromEntries(parts.map((part) => [part, treeOf(join(folder, part))]));
  if (hashOfSources(tree) !== pins.sources) throw new Problem(`${folder} differs from ${pins.name}`);
  return tree;
}

/** An archive is used only where its SHA-256 is the pinned one. */
function checked(archive, where) {
  if (sha256(archive) !== pins.archive) throw new Problem(`${where} is not ${pins.name}.tar.bz2, going by its SHA-256`);
  return archive;
}

/**
 * Unpacks an archive with the system's tar: bzip2 is a part of it on Windows and macOS, and a program of its own beside
 * GNU tar.
 */
async function unpack(archive, scratch) {
  const folder = join(scratch, 'source');
  mkdirSync(folder);
  writeFileSync(join(folder, 'archive'), archive);
  const { status, output } = await run(
    'tar',
    ['-xjf', 'archive', '--strip-components=1', `${pins.name}/include`, `${pins.name}/library`],
    { cwd: folder },
  );
  if (status === 0) return readSources(folder);
  throw new Problem(
    /bzip2/.test(output)
      ? 'bzip2, which unpacks it, is not installed'
      : `tar could not unpack it (${output.trim().split('\n')[0]})`,
  );
}

/** What MBEDTLS_SOURCE names: the archive, or a folder where it is unpacked. */
function fromVariable({ env }) {
  const path = env.MBEDTLS_SOURCE;
  if (!path) return undefined;
  if (!existsSync(path)) throw new Problem(`${path} does not exist`);
  return statSync(path).isDirectory() ? { tree: readSources(path) } : { archive: checked(readFileSync(path), path) };
}

const keptArchive = (cache) => join(cache, `${pins.name}.tar.bz2`);

function fromCache({ cache }) {
  const path = keptArchive(cache);
  if (!existsSync(path)) return undefined;
  try {
    return { archive: checked(readFileSync(path), path) };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** Debian's copy of the upstream release, which its source packages are made of. */
async function fromDebian({ scratch }) {
  const path = join(scratch, 'archive');
  await fetchFromPool('mbedtls', `mbedtls_${pins.version}.orig.tar.bz2`, { path, sha256: pins.archive });
  return { archive: checked(readFileSync(path), 'what Debian has') };
}

/** The upstream release: the same archive, to the byte, as Debian's. */
async function fromUpstream() {
  try {
    const response = await fetch(pins.url, { signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Problem(`${new URL(pins.url).host} answered ${response.status}`);
    return { archive: checked(Buffer.from(await response.arrayBuffer()), pins.url) };
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem(`${new URL(pins.url).host} cannot be reached`, { cause });
  }
}

/** Where the source may come from, in the order in which these are asked. */
export const places = [
  { title: 'MBEDTLS_SOURCE', find: fromVariable },
  { title: 'cache', find: fromCache },
  { title: 'Debian', remote: true, find: fromDebian },
  { title: 'upstream', remote: true, find: fromUpstream },
];

function keepArchive(cache, archive) {
  try {
    writeWhole(keptArchive(cache), archive);
  } catch {
    // A cache that cannot be written costs the next build a download, no more.
  }
}

async function ask({ title, remote, find }, context) {
  context.report(title);
  return withScratchFolder(async (scratch) => {
    const found = await find({ ...context, scratch });
    if (found === undefined || found.tree) return found?.tree;
    const tree = await unpack(found.archive, scratch);
    if (remote) keepArchive(context.cache, found.archive);
    return tree;
  });
}

/**
 * The pinned source of Mbed TLS as a tree of file contents, from the first of `from` that has it; SourceMissing where
 * none has. `remote: false` asks no network. `report` receives each place that is asked.
 */
export async function findSource({
  remote = true,
  env = process.env,
  cache = cacheFolder(),
  from = places,
  report = () => {},
} = {}) {
  const reasons = [];
  for (const place of from.filter((each) => remote || !each.remote)) {
    try {
      const tree = await ask(place, { env, cache, report });
      if (tree === undefined) continue;
      if (reasons.length > 0) say(`Mbed TLS ${pins.version} comes from: ${place.title} (${reasons.join('; ')})`);
      return tree;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      reasons.push(`${place.title}: ${error.message}`);
    }
  }
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  throw new SourceMissing(
    `DTLS is left out, because the source of Mbed TLS ${pins.version} is not at hand${why}: download ${pins.url}, set MBEDTLS_SOURCE to its path and run npm run build.`,
  );
}
