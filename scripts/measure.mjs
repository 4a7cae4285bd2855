import './lib/require-node.mjs';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { folderOf } from './lib/folders.mjs';
import { importCycles, importGraph } from './lib/imports.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { isMain, runMain } from './lib/problem.mjs';
import { run } from './lib/processes.mjs';

/** Folders that are no part of the product. */
const aside = ['scripts', 'scripts/lib', 'mbedtls', 'test'];

/**
 * The most lines that a function and a file may have: half of them, nine of ten, and each. A function that is a single
 * expression is no more than a part of a line or of another function: only its length has a bound.
 */
const bounds = { functions: { median: 9, ninetieth: 24, maximum: 60 }, files: { maximum: 400 } };

/** The functions of a source text: where each begins, its lines, and whether it is more than one expression. */
export function functionsOf(text, path) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position) => file.getLineAndCharacterOfPosition(position).line + 1;
  const found = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const line = lineOf(node.getStart(file));
      found.push({ place: `${path}:${line}`, lines: lineOf(node.end) - line + 1, isBlock: ts.isBlock(node.body) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Median, 90th percentile and maximum of some lengths, with what is longest. */
export function distribution(measured) {
  const sorted = [...measured].sort((a, b) => a.lines - b.lines);
  const at = (share) => sorted[Math.ceil(share * sorted.length) - 1]?.lines ?? 0;
  return { median: at(0.5), ninetieth: at(0.9), maximum: at(1), longest: sorted.at(-1)?.place ?? '' };
}

const lengthOf = (text) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

/** What knip finds unused, one line for each. */
async function unusedExports() {
  const { output } = await run(
    process.execPath,
    [
      inRoot('node_modules/knip/bin/knip.js'),
      '--reporter',
      'json',
      '--no-exit-code',
      '--include',
      'files,exports,types',
    ],
    { cwd: root },
  );
  const { issues } = JSON.parse(output);
  return issues.flatMap(({ file, files, exports, types }) => [
    ...files.map(() => file),
    ...[...exports, ...types].map(({ name, line }) => `${file}:${line} ${name}`),
  ]);
}

const row = (title, ...cells) => `${title.padEnd(22)}${cells.map((cell) => String(cell).padStart(9)).join('')}`;

/** A row of lengths with the longest, and whether it keeps its bounds. */
function lengthRow(title, { median, ninetieth, maximum, longest }, bound) {
  const values = { median, ninetieth, maximum };
  return {
    text: `${row(title, median, ninetieth, maximum)}  ${longest}`,
    ok: Object.entries(bound).every(([name, most]) => values[name] <= most),
  };
}

/** A row of what must not be there, with a line for each. */
function countRow(title, found) {
  return {
    text: [row(title, '', '', found.length), ...found.map((each) => `  ${each}`)].join('\n'),
    ok: found.length === 0,
  };
}

/** The rows for the files of the product. */
function lengthRows(paths) {
  const texts = paths.map((path) => ({ path, text: readFileSync(inRoot(path), 'utf8') }));
  const functions = texts.flatMap(({ path, text }) => functionsOf(text, path));
  const blocks = distribution(functions.filter(({ isBlock }) => isBlock));
  const { maximum, longest } = distribution(functions);
  const files = distribution(texts.map(({ path, text }) => ({ place: path, lines: lengthOf(text) })));
  return [
    lengthRow('lines of a function', { ...blocks, maximum, longest }, bounds.functions),
    lengthRow('lines of a file', files, bounds.files),
  ];
}

async function main() {
  const graph = importGraph();
  const product = [...graph.keys()].filter((path) => !aside.includes(folderOf(path)?.name));
  const cycles = importCycles(graph).map((cycle) => cycle.join(', '));
  const rows = [
    ...lengthRows(product),
    countRow('unused exports', await unusedExports()),
    countRow('import cycles', cycles),
  ];
  const { median, ninetieth, maximum } = bounds.functions;
  process.stdout.write(`${row('', 'median', '90 %', 'maximum')}\n${rows.map(({ text }) => text).join('\n')}\n`);
  process.stdout.write(
    `Bounds: ${median}, ${ninetieth} and ${maximum} lines for functions, ${bounds.files.maximum} for files; no unused export, no cycle.\n`,
  );
  return rows.every(({ ok }) => ok) ? 0 : 1;
}

if (isMain(import.meta)) await runMain(main);
