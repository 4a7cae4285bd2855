import { existsSync, readFileSync } from 'node:fs';
import { dtlsModule, dtlsSources, products } from '../lib/bundles.mjs';
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
export async function affected(tests, changed) {
  if (changed.some((path) => everything.test(path))) return tests;
  return affectedIn(await graphOf(tests), tests, changed);
}

/** The same, with the graph at hand. */
export function affectedIn(graph, tests, changed) {
  const touched = new Set(changed);
  const isTouched = (path) => touched.has(path) || changed.some((each) => each.startsWith(`${path}/`));
  return tests.filter((test) => [...reachable(graph, test)].some(isTouched));
}

function reachable(graph, start) {
  const seen = new Set([start]);
  for (const path of seen) for (const next of graph.get(path) ?? []) seen.add(next);
  return seen;
}

/** What each file needs, by its path: what it imports, and for tests and their helpers also the files and folders that they name. */
export async function graphOf(tests) {
  const graph = new Map();
  for (let entries = tests; entries.length > 0;) {
    for (const [path, imports] of await importsOf(entries)) graph.set(path, imports);
    const named = new Set();
    for (const [path, needs] of graph) {
      const others = path.startsWith('test/') ? namedIn(readFileSync(inRoot(path), 'utf8')) : [];
      for (const other of others) named.add(other);
      graph.set(path, [...needs, ...others]);
    }
    entries = [...named].filter((path) => /\.(ts|mjs)$/.test(path) && !graph.has(path));
  }
  return graph;
}

/** The imports of the files that are reached from `entries`, without those of packages. */
async function importsOf(entries) {
  const esbuild = await import('esbuild');
  const contents = entries.map((path) => `import ${JSON.stringify(`./${path}`)};`).join('\n');
  const packagesAreOutside = {
    name: 'packages are outside',
    setup: ({ onResolve }) => onResolve({ filter: /^[^.#/]/ }, ({ path }) => ({ path, external: true })),
  };
  try {
    const { metafile } = await esbuild.build({
      absWorkingDir: root,
      stdin: { contents, resolveDir: root },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
      plugins: [packagesAreOutside],
    });
    return Object.entries(metafile.inputs).map(([path, { imports }]) => [path, pathsOf(imports)]);
  } catch (error) {
    const details = (await esbuild.formatMessages(error.errors ?? [], { kind: 'error' })).join('');
    throw new Problem('The imports of the tests cannot be followed: see the errors above.', { details, cause: error });
  }
}

const pathsOf = (imports) => imports.filter(({ external }) => !external).map(({ path }) => path);

const quoted = /'(?:\.\.\/)*([\w./-]+)'/g;
const joined = /\bjoin\(root, '([^']+)'(?:, '([^']+)')?/g;

/** The files and folders of the repository that a text names: as a path from its root or from the text, or in parts behind the root. */
function namedIn(text) {
  const whole = [...text.matchAll(quoted)].map(([, path]) => path).filter((path) => /\w\/|\.\w/.test(path));
  const inParts = [...text.matchAll(joined)].map(([, ...parts]) => parts.filter(Boolean).join('/'));
  return [...whole, ...inParts].flatMap(sourcesOf).filter((path) => existsSync(inRoot(path)));
}

/** What a path of the build is made of; any other stands for itself. */
function sourcesOf(path) {
  if (path === dtlsModule) return dtlsSources;
  if (path.startsWith('dist/') || path === 'cli/dots') return products.flatMap(({ entries }) => Object.values(entries));
  return [path.replace(/\/$/, '')];
}
