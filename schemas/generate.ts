/**
 * Reads the YANG modules in a directory and writes schemas/generated/: one JSON Schema per kind of document.
 *   npm run schemas -- DIRECTORY
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import deviations from './deviations.json';
import { documentRoots, type DocumentRoot } from './roots';
import type { SchemaNode } from './types';
import { Deviations, type Deviation } from './yang/deviations';
import { SchemaError } from './yang/error';
import { SchemaEmitter } from './yang/jsonSchema';
import { ModuleSet } from './yang/modules';
import { parseModule } from './yang/parse';
import { TreeBuilder, type TreeNode } from './yang/tree';
import { TypeResolver } from './yang/types';

/** Reads every `.yang` file of a directory; of several revisions of a module the newest counts. */
function readModules(directory: string): ModuleSet {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.yang'))
    .sort();
  if (files.length === 0) throw new SchemaError(`there is no .yang file in ${directory}`);
  return new ModuleSet(files.map((name) => parseModule(readFileSync(join(directory, name), 'utf8'))));
}

function rootOf(trees: Map<string, TreeNode>, { root, path }: DocumentRoot, amendments: Deviations): TreeNode {
  let node = trees.get(root);
  for (const name of path) node = node?.children.find((child) => child.name === name);
  if (!node) throw new SchemaError(`${root}: there is no ${path.join('/')}`);
  return node.kind === 'case' && amendments.caseIsContainer() ? { ...node, kind: 'container', presence: true } : node;
}

/** State data has only state data below it (RFC 7950 section 7.21.1). */
function inheritState(node: TreeNode): void {
  for (const child of node.children) {
    if (!node.config) child.config = false;
    inheritState(child);
  }
}

function documentSchema(
  trees: Map<string, TreeNode>,
  modules: ModuleSet,
  amendments: Deviations,
  root: DocumentRoot,
): SchemaNode {
  const node = rootOf(trees, root, amendments);
  const emitter = new SchemaEmitter(modules, amendments, trees.get(root.root)?.kind !== 'structure');
  const member = `${node.module}:${node.name}`;
  const body = emitter.node(node);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `urn:dots-workbench:schema:${root.kind}`,
    title: root.title,
    type: 'object',
    properties: { [member]: body },
    required: [member],
    additionalProperties: false,
    ...(Object.keys(emitter.definitions).length > 0 ? { definitions: emitter.definitions } : {}),
  };
}

/**
 * The generated files for the modules in a directory: file name to content.
 * @throws SchemaError when a module uses what the generator cannot express; nothing is left out silently
 */
export function generate(directory: string): Map<string, string> {
  const modules = readModules(directory);
  const amendments = new Deviations(deviations as Deviation[]);
  const trees = new TreeBuilder(modules, new TypeResolver(modules, amendments), amendments).build(
    documentRoots.map(({ root }) => root),
  );
  for (const tree of trees.values()) inheritState(tree);
  const files = new Map(
    documentRoots.map((root) => [
      `${root.kind}.json`,
      `${JSON.stringify(documentSchema(trees, modules, amendments, root), null, 1)}\n`,
    ]),
  );
  amendments.requireAllUsed();
  return files;
}

function main(directory: string | undefined): void {
  if (directory === undefined)
    throw new SchemaError('usage: npm run schemas -- DIRECTORY (the folder with the YANG modules)');
  const target = join(__dirname, 'generated');
  mkdirSync(target, { recursive: true });
  for (const [name, content] of generate(directory)) writeFileSync(join(target, name), content);
}

if (require.main === module) {
  try {
    main(process.argv[2]);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    process.stderr.write(`schemas: ${error.message}\n`);
    process.exitCode = 2;
  }
}
