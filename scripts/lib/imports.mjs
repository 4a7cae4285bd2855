import { createRequire } from 'node:module';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { aliases } from './folders.mjs';
import { inRoot } from './paths.mjs';

/** Loaded when it is used: `npm test` imports this file before it installs the packages. */
const typescript = () => createRequire(import.meta.url)('typescript');

/** The top-level folders with source files. */
const sourceFolders = ['schemas', 'dots', 'server', 'client', 'cli', 'scripts', 'test'];

/** The paths of all source files, below the root, with forward slashes. */
function sourceFiles() {
  return sourceFolders
    .flatMap((folder) => readdirSync(inRoot(folder), { recursive: true }).map((name) => `${folder}/${name}`))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.(ts|mjs)$/.test(path));
}

/**
 * Where an import leads: a path below the root, with its ending where such a file exists. Undefined: to a package.
 * @param source what the import names
 * @param path the file that imports, below the root
 */
export function targetOf(source, path) {
  const target = source.startsWith('.') ? posix.join(posix.dirname(path), source) : aliased(source);
  return target && ([target, `${target}.ts`].find((name) => isFile(inRoot(name))) ?? target);
}

function aliased(source) {
  const alias = aliases.find(({ name, isPrefix }) => (isPrefix ? source.startsWith(name) : source === name));
  return alias && alias.path + source.slice(alias.name.length);
}

const isFile = (path) => existsSync(path) && statSync(path).isFile();

/** The source files and what each imports of them: static, dynamic and type-only imports alike. */
export function importGraph(paths = sourceFiles()) {
  const known = new Set(paths);
  const importsOf = (path) =>
    typescript()
      .preProcessFile(readFileSync(inRoot(path), 'utf8'))
      .importedFiles.map(({ fileName }) => targetOf(fileName, path))
      .filter((target) => known.has(target));
  return new Map(paths.map((path) => [path, [...new Set(importsOf(path))]]));
}

/** The groups of files that import each other in a circle, each in the order of its names: Tarjan's algorithm. */
export function importCycles(graph) {
  const found = [];
  const index = new Map();
  const lowest = new Map();
  const open = [];
  const visit = (path) => {
    index.set(path, index.size);
    lowest.set(path, index.get(path));
    open.push(path);
    for (const target of graph.get(path)) {
      if (!index.has(target)) visit(target);
      if (open.includes(target)) lowest.set(path, Math.min(lowest.get(path), lowest.get(target)));
    }
    if (lowest.get(path) !== index.get(path)) return;
    const group = open.splice(open.indexOf(path));
    if (group.length > 1) found.push(group.sort());
  };
  for (const path of graph.keys()) if (!index.has(path)) visit(path);
  return found;
}
