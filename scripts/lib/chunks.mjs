import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { inRoot, manifest, root } from './paths.mjs';

/**
 * How a product is bundled: in files that share chunks, so that nothing is there twice, neither as bytes nor as a class
 * that `instanceof` then does not know. Two passes of esbuild: only ES modules share chunks, so the first makes those;
 * the second makes CommonJS of them, because VS Code provides `vscode` through require only and because Node.js 20
 * starts CommonJS faster.
 */
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  write: false,
  logLevel: 'silent',
};

const schemaFolder = inRoot('schemas', 'generated');
const schemaFile = (name) => `schema-${name}`;

/** Schemas stay files of their own: a document is of one kind, so most of them are never read. */
const separateSchemas = {
  name: 'separate schemas',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/generated\/[^/]+\.json$/ }, ({ path }) => ({
      path: `./${schemaFile(basename(path))}`,
      external: true,
    })),
};

/** The files of dist/ that the bundles read schemas from, as `[{ path, contents }]`. */
export function schemaFiles() {
  const names = readdirSync(schemaFolder).filter((name) => name.endsWith('.json'));
  const textOf = (name) => JSON.stringify(JSON.parse(readFileSync(join(schemaFolder, name), 'utf8')));
  return names.map((name) => ({ path: inRoot('dist', schemaFile(name)), contents: textOf(name) }));
}

/**
 * The options of the first pass for a product (see bundles.mjs). The module fields come before "main" because the UMD
 * build of jsonc-parser cannot be bundled.
 */
export function moduleOptions({ name, entries, external = [] }) {
  return {
    ...common,
    entryPoints: entries,
    chunkNames: `${name}-[name]-[hash]`,
    external,
    define: { packageVersion: JSON.stringify(manifest.version) },
    format: 'esm',
    splitting: true,
    mainFields: ['module', 'main'],
    plugins: [separateSchemas],
    sourcemap: 'external',
    legalComments: 'none',
    metafile: true,
  };
}

/**
 * The second pass: what the first one made of a product, as CommonJS. Returns `[{ path, contents }]`, nothing is
 * written.
 */
export async function commonJs(esbuild, { name }, { metafile, outputFiles }) {
  const modules = modulesOf(outputFiles);
  const exportsOf = (path) => metafile.outputs[relative(path)].exports;
  const groups = groupsOf(metafile.outputs, name, modules);
  for (const group of new Set(groups.values())) modules.set(group, textOfGroup(group, groups, exportsOf));
  const result = await esbuild.build({
    ...common,
    entryPoints: [...modules.keys()].filter((path) => !groups.has(path)),
    format: 'cjs',
    supported: { 'dynamic-import': false },
    sourcemap: 'linked',
    plugins: [fromModules({ modules, groups, exportsOf })],
  });
  return result.outputFiles;
}

const relative = (path) => `dist/${basename(path)}`;

/** The text of each module by its path, with its source map. */
function modulesOf(outputFiles) {
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const scripts = [...texts].filter(([path]) => path.endsWith('.js'));
  return new Map(scripts.map(([path, text]) => [path, `${text}\n${mapComment(texts.get(`${path}.map`))}`]));
}

const mapComment = (map) =>
  `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`;

/** A chunk below this size, in bytes, costs more to open than to read. */
const smallBytes = 8192;

/** Modules of Node.js that it has loaded before any program starts, or that load in no time. */
const light = ['events', 'fs', 'path', 'util'].map((name) => `node:${name}`);

/** The small chunks that need nothing but each other. */
function smallChunks(outputs) {
  const isSmall = (path) => {
    const { bytes, entryPoint, imports } = outputs[path];
    const isFree = (each) => (each.external ? light.includes(each.path) : isSmall(each.path));
    return entryPoint === undefined && bytes < smallBytes && imports.every(isFree);
  };
  return Object.keys(outputs).filter((path) => path.endsWith('.js') && isSmall(path));
}

/** All outputs that are loaded when one of them is. */
function loadedWith(outputs, path) {
  const seen = new Set([path]);
  for (const each of seen)
    for (const { path: next, kind, external } of outputs[each].imports)
      if (!external && kind !== 'dynamic-import') seen.add(next);
  return seen;
}

/**
 * The small chunks, each with the file that they become parts of: one for those that every start of the product needs,
 * one for the rest, which is read whole by all that need one of them. As those of chunks, the names of these files
 * follow from their contents: the command stores compiled code by the names of what it loads (cli/src/start.ts).
 */
function groupsOf(outputs, name, modules) {
  const starts = Object.keys(outputs)
    .filter((path) => relative(path) === path && outputs[path].entryPoint && !basename(path).startsWith(`${name}-`))
    .map((path) => loadedWith(outputs, path));
  const small = smallChunks(outputs).map((path) => ({
    path: inRoot(path),
    kind: starts.every((loaded) => loaded.has(path)) ? 'start' : 'shared',
  }));
  const fileOf = (kind) => {
    const hash = createHash('sha256');
    for (const each of small) if (each.kind === kind) hash.update(modules.get(each.path));
    return inRoot('dist', `${name}-${kind}-${hash.digest('hex').slice(0, 8).toUpperCase()}.js`);
  };
  const files = { start: fileOf('start'), shared: fileOf('shared') };
  return new Map(small.map(({ path, kind }) => [path, files[kind]]));
}

/** What the export `name` of a small chunk is called in the file that it is a part of. */
const nameInGroup = (path, name) => `${basename(path, '.js').replace(/\W/g, '_')}_${name}`;

const reexport = (names, path) => `export { ${names.join()} } from './${basename(path)}';`;

const partsOf = (group, groups) => [...groups.keys()].filter((path) => groups.get(path) === group);

/** The file that small chunks are parts of. */
const textOfGroup = (group, groups, exportsOf) =>
  partsOf(group, groups)
    .map((path) =>
      reexport(
        exportsOf(path).map((name) => `${name} as ${nameInGroup(path, name)}`),
        path,
      ),
    )
    .join('\n');

/** What replaces a small chunk where it is needed. */
const textOfPart = (path, groups, exportsOf) =>
  reexport(
    exportsOf(path).map((name) => `${nameInGroup(path, name)} as ${name}`),
    groups.get(path),
  );

/**
 * What replaces a group where one of its parts is needed: all its exports in one place, so that it is required once.
 */
const textOfRequire = (group, groups, exportsOf) =>
  reexport(
    partsOf(group, groups).flatMap((path) => exportsOf(path).map((name) => nameInGroup(path, name))),
    group,
  );

/** Reads the modules of the first pass, and leaves every import as a require but those of small chunks. */
function fromModules({ modules, groups, exportsOf }) {
  const isGroup = (path) => !groups.has(path) && [...groups.values()].includes(path);
  const homeOf = (path) => (isGroup(path) ? path : groups.get(path));
  // The source maps name a replacement by its path, which does not depend on where the product is built.
  const folder = dirname([...modules.keys()][0]);
  const part = (target) => ({ path: basename(target), namespace: 'part' });
  const resolve = ({ path, importer: from, namespace, kind }) => {
    if (kind === 'entry-point') return { path };
    const importer = join(namespace === 'part' ? folder : '', from);
    const target = join(dirname(importer), path);
    if (namespace === 'part' && groups.has(importer)) return part(target);
    if (namespace === 'part' || !groups.has(target)) return { path, external: true };
    return homeOf(importer) === groups.get(target) ? { path: target } : part(target);
  };
  const replacement = ({ path: name }) => {
    const path = join(folder, name);
    return { contents: (groups.has(path) ? textOfPart : textOfRequire)(path, groups, exportsOf) };
  };
  return {
    name: 'from modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, resolve);
      onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => ({ contents: modules.get(path) }));
      onLoad({ filter: /.*/, namespace: 'part' }, replacement);
    },
  };
}
