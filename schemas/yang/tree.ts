import type { Deviations } from './deviations';
import { SchemaError } from './error';
import type { Module, ModuleSet } from './modules';
import { all, find, type Statement } from './parse';
import type { ResolvedType, TypeResolver } from './types';

export type NodeKind = 'structure' | 'container' | 'list' | 'leaf' | 'leaf-list' | 'choice' | 'case';

/** A schema node with groupings expanded, augments applied and types resolved. */
export interface TreeNode {
  kind: NodeKind;
  name: string;
  /** The module whose namespace the node is in: it decides the member's prefix in JSON (RFC 7951 section 4). */
  module: string;
  /** The module in whose words it is written: prefixes in its expressions are that module's. */
  writtenIn: string;
  children: TreeNode[];
  type?: ResolvedType;
  keys: string[];
  mandatory: boolean;
  presence: boolean;
  config: boolean;
  userOrdered: boolean;
  units?: string;
  default?: string;
  when: string[];
  must: string[];
}

/** Where statements are read (prefixes) and where their nodes live (namespace). */
interface Scope {
  module: Module;
  namespace: string;
}

const dataKinds = new Set(['container', 'list', 'leaf', 'leaf-list', 'choice', 'case']);
const unsupported = ['refine', 'deviation', 'anydata', 'anyxml', 'unique', 'min-elements', 'max-elements'];

/**
 * Expands modules into schema trees. Features count as supported: what a server supports is in its capabilities, not in
 * the schema.
 */
export class TreeBuilder {
  constructor(
    private readonly modules: ModuleSet,
    private readonly types: TypeResolver,
    private readonly deviations: Deviations,
  ) {}

  /** The trees of these structures and top-level data nodes (`module:name`), augmented by every module at hand. */
  build(names: Iterable<string>): Map<string, TreeNode> {
    const roots = new Map([...names].map((name) => [name, this.root(name)]));
    for (const module of this.modules.list()) {
      const augments = module.statement.children.filter((statement) =>
        this.keyword(statement, module).startsWith('augment'),
      );
      for (const augment of augments) this.augment(roots, augment, module);
    }
    return roots;
  }

  private root(name: string): TreeNode {
    const [moduleName, local] = name.split(':') as [string, string];
    const module = this.modules.module(moduleName);
    const statement = module.statement.children.find(
      (child) => child.argument === local && ['structure', 'container'].includes(this.keyword(child, module)),
    );
    if (!statement) throw new SchemaError(`${moduleName}: there is no structure or container ${local}`);
    return this.node(statement, this.keyword(statement, module) as NodeKind, { module, namespace: moduleName });
  }

  private augment(roots: Map<string, TreeNode>, augment: Statement, module: Module): void {
    const [first, ...steps] = augment.argument
      .split('/')
      .filter((step) => step !== '')
      .map((step) => this.modules.qualify(step, module));
    let node = first && roots.get(`${first.module.name}:${first.local}`);
    if (!node) return;
    for (const step of steps) {
      const next: TreeNode | undefined = node.children.find(
        (child) => child.name === step.local && child.module === step.module.name,
      );
      if (!next) throw new SchemaError(`${module.name}: nothing to augment at ${augment.argument}`);
      node = next;
    }
    if (find(augment, 'when'))
      throw new SchemaError(`${module.name} line ${augment.line}: a when on an augment is not supported yet`);
    node.children.push(...this.children(augment, { module, namespace: module.name }));
  }

  private keyword(statement: Statement, module: Module): string {
    const [prefix, local] = statement.keyword.split(':');
    if (local === undefined || prefix === undefined) return statement.keyword;
    return module.prefixes.get(prefix) === 'ietf-yang-structure-ext' ? local : statement.keyword;
  }

  private children(parent: Statement, scope: Scope): TreeNode[] {
    return parent.children.flatMap((statement) => {
      if (unsupported.includes(statement.keyword))
        throw new SchemaError(`${scope.module.name} line ${statement.line}: ${statement.keyword} is not supported yet`);
      if (statement.keyword === 'uses') return this.uses(statement, scope);
      return dataKinds.has(statement.keyword) ? [this.node(statement, statement.keyword as NodeKind, scope)] : [];
    });
  }

  /** The nodes of a grouping; a `when` on the `uses` is seen from one level higher than one on each node. */
  private uses(statement: Statement, scope: Scope): TreeNode[] {
    if (find(statement, 'augment') ?? find(statement, 'refine'))
      throw new SchemaError(
        `${scope.module.name} line ${statement.line}: uses with refine or augment is not supported yet`,
      );
    const { statement: grouping, module } = this.modules.definition('grouping', statement.argument, scope.module);
    const nodes = this.children(grouping, { module, namespace: scope.namespace });
    for (const when of all(statement, 'when')) {
      const seenFromNode = `../${this.deviations.expression(when.argument)}`;
      for (const node of nodes) node.when.push(seenFromNode);
    }
    return nodes;
  }

  private node(statement: Statement, kind: NodeKind, scope: Scope): TreeNode {
    const name = statement.argument;
    const text = (keyword: string): string | undefined => find(statement, keyword)?.argument;
    const type = find(statement, 'type');
    const children = kind === 'choice' ? this.cases(statement, scope) : this.children(statement, scope);
    if (kind === 'choice' && text('mandatory') === 'true')
      throw new SchemaError(`${scope.module.name} line ${statement.line}: a mandatory choice is not supported yet`);
    const resolved = type && this.types.resolve(type, scope.module);
    const units = text('units') ?? resolved?.units;
    const defaultValue = text('default') ?? (text('mandatory') === 'true' ? undefined : resolved?.default);
    return {
      kind,
      name,
      module: scope.namespace,
      writtenIn: scope.module.name,
      children,
      ...(resolved ? { type: resolved } : {}),
      ...(units === undefined ? {} : { units }),
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
      keys: text('key')?.split(/\s+/) ?? [],
      mandatory: text('mandatory') === 'true',
      presence: find(statement, 'presence') !== undefined || this.deviations.isPresence(`${scope.namespace}:${name}`),
      config: text('config') !== 'false',
      userOrdered: text('ordered-by') === 'user',
      when: all(statement, 'when').map((when) => this.deviations.expression(when.argument)),
      must: all(statement, 'must').map((must) => must.argument),
    };
  }

  /** The cases of a choice; a data node directly in it is a case of its own (RFC 7950 section 7.9.2). */
  private cases(statement: Statement, scope: Scope): TreeNode[] {
    return this.children(statement, scope).map((child) => {
      if (child.kind === 'case') return child;
      return {
        ...child,
        kind: 'case',
        children: [child],
        keys: [],
        mandatory: false,
        presence: false,
        when: [],
        must: [],
      };
    });
  }
}
