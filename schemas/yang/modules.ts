import { all, find, type Statement } from './parse';
import { SchemaError } from './error';

/** A parsed module with its prefixes resolved. */
export interface Module {
  name: string;
  statement: Statement;
  /** Prefix to module name, its own included. */
  prefixes: Map<string, string>;
}

/** A definition together with the module in whose words it is written (prefixes inside it are that module's). */
export interface Definition {
  statement: Statement;
  module: Module;
  name: string;
}

const dataNodes = new Set(['container', 'list', 'leaf', 'leaf-list']);
/** What has no instance of its own: its nodes are in the node around it. */
const through = new Set(['uses', 'choice', 'case']);

/** All modules at hand, with look-up across them. */
export class ModuleSet {
  private readonly modules = new Map<string, Module>();

  constructor(statements: Statement[]) {
    for (const statement of statements) {
      const prefixes = new Map<string, string>();
      const own = find(statement, 'prefix');
      if (own) prefixes.set(own.argument, statement.argument);
      for (const used of all(statement, 'import'))
        prefixes.set(find(used, 'prefix')?.argument ?? used.argument, used.argument);
      this.modules.set(statement.argument, { name: statement.argument, statement, prefixes });
    }
  }

  /** @throws SchemaError when the module is not among those read */
  module(name: string): Module {
    const found = this.modules.get(name);
    if (!found) throw new SchemaError(`the module ${name} is not in the directory`);
    return found;
  }

  /** Every module, in the order read. */
  list(): Module[] {
    return [...this.modules.values()];
  }

  /** Splits `prefix:name` by the prefixes of the module it is written in. */
  qualify(name: string, within: Module): { module: Module; local: string } {
    const [prefix, local] = name.includes(':') ? (name.split(':') as [string, string]) : [undefined, name];
    if (prefix === undefined) return { module: within, local };
    const target = within.prefixes.get(prefix);
    if (target === undefined) throw new SchemaError(`${within.name}: unknown prefix ${prefix}`);
    return { module: this.module(target), local };
  }

  /**
   * Finds a grouping, typedef or identity by its name as written in a module.
   * @throws SchemaError when it is not there
   */
  definition(keyword: 'grouping' | 'typedef' | 'identity', name: string, within: Module): Definition {
    const { module, local } = this.qualify(name, within);
    const statement = all(module.statement, keyword).find((child) => child.argument === local);
    if (!statement) throw new SchemaError(`${within.name}: no ${keyword} ${name}`);
    return { statement, module, name: `${module.name}:${local}` };
  }

  /**
   * Finds the data node that an absolute path leads to, through groupings, choices and cases.
   * @throws SchemaError when it is not there
   */
  dataNode(path: string, within: Module): { statement: Statement; module: Module } {
    const [first, ...steps] = path
      .split('/')
      .filter((step) => step !== '')
      .map((step) => this.qualify(step, within));
    let found = first && this.childNode(first.module.statement, first.module, first.local);
    for (const { local } of steps) found = found && this.childNode(found.statement, found.module, local);
    if (!found) throw new SchemaError(`${within.name}: no data node ${path}`);
    return found;
  }

  private childNode(
    parent: Statement,
    module: Module,
    name: string,
  ): { statement: Statement; module: Module } | undefined {
    for (const statement of parent.children) {
      if (dataNodes.has(statement.keyword) && statement.argument === name) return { statement, module };
      const inner =
        statement.keyword === 'uses' ? this.definition('grouping', statement.argument, module) : { statement, module };
      const found = through.has(statement.keyword) ? this.childNode(inner.statement, inner.module, name) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  /** Every identity derived from `base` (RFC 7950 section 9.10.2), the base itself left out, as `module:name`. */
  derivedIdentities(base: string): string[] {
    const found: string[] = [];
    for (const module of this.list()) {
      for (const identity of all(module.statement, 'identity')) {
        const name = `${module.name}:${identity.argument}`;
        if (this.derives(identity, module, base) && !found.includes(name)) found.push(name);
      }
    }
    return found;
  }

  private derives(identity: Statement, module: Module, base: string): boolean {
    return all(identity, 'base').some(({ argument }) => {
      const parent = this.definition('identity', argument, module);
      return parent.name === base || this.derives(parent.statement, parent.module, base);
    });
  }
}
