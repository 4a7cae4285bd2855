import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { dtlsModule, dtlsSources, products } from '../lib/bundles.mjs';
import { importGraph } from '../lib/imports.mjs';
import { inRoot, root } from '../lib/paths.mjs';
import { Problem } from '../lib/problem.mjs';
import { run } from '../lib/processes.mjs';

/** What decides how every test runs. */
const everything = /^(package-lock\.json|tsconfig\.base\.json|test\/tsconfig\.json|scripts\/test\.mjs|scripts\/test\/)/;

async function git(...args) {
  const { status, output } = await run('git', args, { cwd: root });
  if (status !== 0) throw new Problem(`git ${args.join(' ')} failed: see what it says above.`, { details: output });
  return output.split('\0').filter(Boolean);
}

/** The files of the working tree that differ from the last commit, new and deleted ones too. */
export async function changedFiles() {
  const [known, added] = [
    await git('diff', '--name-only', '-z', '--relative', 'HEAD'),
    await git('ls-files', '--others', '--exclude-standard', '-z'),
  ];
  return [...known, ...added];
}

/** Those of the test files that what changed may affect. */
export function affected(tests, changed) {
  if (changed.some((path) => everything.test(path))) return tests;
  const graph = needs();
  const touched = new Set(changed);
  const isTouched = (path) => touched.has(path) || changed.some((each) => each.startsWith(`${path}/`));
  return tests.filter((test) => [...reachable(graph, test)].some(isTouched));
}

/** Whether one of the test files needs what the build makes. */
export function needBuild(tests) {
  const graph = needs();
  return tests.some((test) => reachable(graph, test).has(made));
}

function reachable(graph, start) {
  const seen = new Set([start]);
  for (const path of seen) for (const next of graph.get(path) ?? []) seen.add(next);
  return seen;
}

/** What each source file needs, by its path: what it imports, and the files and folders that it names. */
function needs() {
  return new Map([...importGraph()].map(([path, imports]) => [path, [...imports, ...namedIn(path)]]));
}

const quoted = /'([\w./-]+)'/g;
const joined = /\bjoin\(root, '([^']+)'(?:, '([^']+)')?/g;

/**
 * The files and folders of the repository that a source file names: relative to itself, and a test from the root too.
 */
function namedIn(path) {
  const text = readFileSync(inRoot(path), 'utf8');
  const names = [...text.matchAll(quoted)].map(([, name]) => name).filter((name) => /\w[/.]\w/.test(name));
  const relative = names.filter((name) => name.startsWith('.')).map((name) => posix.join(posix.dirname(path), name));
  const fromRoot = path.startsWith('test/') ? [...names, ...joinedIn(text)] : [];
  return [...relative, ...fromRoot].flatMap(sourcesOf).filter((each) => each === made || existsSync(inRoot(each)));
}

const joinedIn = (text) => [...text.matchAll(joined)].map(([, ...parts]) => parts.filter(Boolean).join('/'));

/** Where the build leaves what it makes. */
const made = 'dist';

/** What a path of the build is made of; any other is its own source. */
function sourcesOf(path) {
  if (path === dtlsModule) return [made, ...dtlsSources];
  const entries = products.flatMap((product) => Object.values(product.entries));
  return path.startsWith(`${made}/`) || path === 'cli/dots' ? [made, ...entries] : [path.replace(/\/$/, '')];
}
