import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { inRoot, manifest, root } from './paths.mjs';

/**
 * How a product is bundled: in files that share chunks, so that nothing is there twice, neither as bytes nor as a class that
 * `instanceof` then does not know. Two passes of esbuild: only ES modules share chunks, so the first makes those; the second makes
 * CommonJS of them, because VS Code provides `vscode` through require only and because Node.js 20 starts CommonJS faster.
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
const schemasApart = {
  name: 'schemas apart',
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
 * The options of the first pass for a product (see bundles.mjs). The module fields come before "main" because the UMD build of
 * jsonc-parser cannot be bundled.
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
    plugins: [schemasApart],
    sourcemap: 'external',
    legalComments: 'none',
    metafile: true,
  };
}

/** The second pass: what the first one made of a product, as CommonJS. Returns `[{ path, contents }]`, nothing is written. */
export async function commonJs(esbuild, { name }, { metafile, outputFiles }) {
  const modules = modulesOf(outputFiles);
  const exportsOf = (path) => metafile.outputs[`dist/${basename(path)}`].exports;
  const small = smallChunks(metafile.outputs);
  const shared = inRoot('dist', `${name}-shared.js`);
  if (small.size > 0) modules.set(shared, substitutes(small, shared, exportsOf).made);
  const entryPoints = [...modules.keys()].filter((path) => !small.has(path));
  const result = await esbuild.build({
    ...common,
    entryPoints,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    sourcemap: 'linked',
    plugins: [fromModules({ modules, small, shared, exportsOf })],
  });
  return result.outputFiles;
}

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
const light = ['events', 'fs', 'fs/promises', 'os', 'path', 'util'].map((name) => `node:${name}`);

/** The small chunks that need nothing but each other: they go into one file, which is read whole by all that need one of them. */
function smallChunks(outputs) {
  const isSmall = (path) => {
    const { bytes, entryPoint, imports } = outputs[path];
    const isFree = (each) => (each.external ? light.includes(each.path) : isSmall(each.path));
    return entryPoint === undefined && bytes < smallBytes && imports.every(isFree);
  };
  const scripts = Object.keys(outputs).filter((path) => path.endsWith('.js'));
  return new Set(scripts.filter(isSmall).map((path) => inRoot(path)));
}

/** What the export `name` of a small chunk is called in the file of all small chunks. */
const nameInShared = (path, name) => `${basename(path, '.js').replace(/\W/g, '_')}_${name}`;

/** The modules that stand for the small chunks: `shared`, which is made of them, and what replaces it and each of them elsewhere. */
function substitutes(small, shared, exportsOf) {
  const names = (path, pair) => exportsOf(path).map((name) => pair(name, nameInShared(path, name)));
  const all = [...small].flatMap((path) => names(path, (_, long) => long));
  const made = [...small].map(
    (path) => `export { ${names(path, (name, long) => `${name} as ${long}`)} } from './${basename(path)}';`,
  );
  return {
    made: made.join('\n'),
    required: `export { ${all} } from './${basename(shared)}';`,
    part: (path) => `export { ${names(path, (name, long) => `${long} as ${name}`)} } from './${basename(shared)}';`,
  };
}

/** Reads the modules of the first pass, and leaves every import as a require but those of small chunks. */
function fromModules({ modules, small, shared, exportsOf }) {
  const { required, part } = substitutes(small, shared, exportsOf);
  const resolve = ({ path, importer, namespace, kind }) => {
    if (kind === 'entry-point') return { path };
    const target = join(dirname(importer), path);
    if (namespace === 'part' && importer !== shared) return { path: shared, namespace };
    if (namespace === 'part' || !small.has(target)) return { path, external: true };
    return small.has(importer) || importer === shared ? { path: target } : { path: target, namespace: 'part' };
  };
  return {
    name: 'from modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, resolve);
      onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => ({ contents: modules.get(path) }));
      onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
        contents: path === shared ? required : part(path),
      }));
    },
  };
}
