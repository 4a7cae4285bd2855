import type { SchemaNode, XYang, YangChoice, YangExpression, YangType } from '../types';
import type { Deviations } from './deviations';
import { translateExpression } from './expression';
import { SchemaError } from './error';
import type { ModuleSet } from './modules';
import type { TreeNode } from './tree';
import type { ResolvedType } from './types';

/** Integers that JSON carries as strings (RFC 7951 section 6.1). */
const wide = new Set(['int64', 'uint64', 'decimal64']);

/** Emits the JSON Schema of trees; typedefs go to `definitions` once. */
export class SchemaEmitter {
  readonly definitions: Record<string, SchemaNode> = {};

  /**
   * @param datastore whether the nodes are a datastore's; the contents of a structure are not configuration (RFC 8791
   * section 2)
   */
  constructor(
    private readonly modules: ModuleSet,
    private readonly deviations: Deviations,
    private readonly datastore: boolean,
  ) {}

  /** The schema of one data node as the value of its member. */
  node(node: TreeNode): SchemaNode {
    const yang = this.annotation(node);
    if (node.kind === 'container') return this.object(node, yang);
    if (node.kind === 'list') return { type: 'array', items: this.object(node), 'x-yang': yang };
    const value = this.typeReference(node.type as ResolvedType);
    if (node.kind === 'leaf-list')
      return {
        type: 'array',
        items: value,
        ...(this.datastore && node.config ? { uniqueItems: true } : {}),
        'x-yang': yang,
      };
    return { ...value, 'x-yang': yang };
  }

  private object(node: TreeNode, yang?: XYang): SchemaNode {
    const members = this.members(node.children);
    const wire = (child: TreeNode): string => wireName(child, node.module);
    const properties = Object.fromEntries(members.map((child) => [wire(child), this.node(child)]));
    const required = node.children.filter((child) => isRequired(child, node.keys)).map(wire);
    const dependencies = this.caseDependencies(node.children, wire);
    const choices = this.choices(node.children, wire);
    return {
      type: 'object',
      properties,
      ...(required.length > 0 ? { required } : {}),
      ...(Object.keys(dependencies).length > 0 ? { dependencies } : {}),
      additionalProperties: false,
      ...(yang || choices.length > 0
        ? { 'x-yang': { ...(yang ?? this.annotation(node)), ...(choices.length > 0 ? { choices } : {}) } }
        : {}),
    };
  }

  /** Choices and cases have no instance: their members are in the object itself. */
  private members(children: TreeNode[]): TreeNode[] {
    return children.flatMap((child) => {
      if (child.kind !== 'choice' && child.kind !== 'case') return [child];
      if (child.when.length > 0)
        throw new SchemaError(
          `${child.module}:${child.name}: a when on a ${child.kind} has no form in the schemas yet`,
        );
      return this.members(child.children);
    });
  }

  private choices(children: TreeNode[], wire: (child: TreeNode) => string): YangChoice[] {
    return children.flatMap((child): YangChoice[] => {
      if (child.kind === 'case') return this.choices(child.children, wire);
      if (child.kind !== 'choice') return [];
      const cases = Object.fromEntries(child.children.map((one) => [one.name, this.members(one.children).map(wire)]));
      const nested = this.choices(child.children, wire);
      return child.children.length > 1 ? [{ name: child.name, cases }, ...nested] : nested;
    });
  }

  /**
   * Inside a case a mandatory member is demanded only where another member of the case is present (RFC 7950 section
   * 7.9.4).
   */
  private caseDependencies(children: TreeNode[], wire: (child: TreeNode) => string): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    for (const one of children.filter((child) => child.kind === 'choice').flatMap((choice) => choice.children)) {
      const demanded = one.children.filter((child) => isRequired(child, [])).map(wire);
      for (const member of this.members(one.children).map(wire)) {
        const others = demanded.filter((name) => name !== member);
        if (others.length > 0) found[member] = others;
      }
      Object.assign(found, this.caseDependencies(one.children, wire));
    }
    return found;
  }

  private annotation(node: TreeNode): XYang {
    const within = this.modules.module(node.writtenIn);
    const expressions = (list: string[]): YangExpression[] =>
      list.map((xpath) => translateExpression(xpath, this.modules, within));
    if (node.when.length > 1)
      throw new SchemaError(`${node.module}:${node.name}: more than one when has no form in the schemas yet`);
    if (node.must.length > 0 && node.type === undefined)
      throw new SchemaError(
        `${node.module}:${node.name}: a must on a container or list has no form in the schemas yet`,
      );
    const when = expressions(node.when)[0];
    return {
      node: node.kind as XYang['node'],
      module: node.module,
      ...(node.type ? { type: publicType(node.type) } : {}),
      ...(node.units === undefined ? {} : { units: node.units }),
      ...(node.default === undefined ? {} : { default: node.default }),
      ...(node.config ? {} : { config: false as const }),
      ...(node.presence ? { presence: true as const } : {}),
      ...(node.mandatory ? { mandatory: true as const } : {}),
      ...(node.keys.length > 0 ? { keys: node.keys } : {}),
      ...(node.userOrdered ? { orderedBy: 'user' as const } : {}),
      ...(when ? { when } : {}),
      ...(node.must.length > 0 ? { must: expressions(node.must) } : {}),
    };
  }

  private typeReference(type: ResolvedType): SchemaNode {
    const { name, ...own } = type;
    if (name === undefined) return this.valueSchema(type);
    this.definitions[name] ??= this.valueSchema(type);
    const shared = JSON.stringify(this.definitions[name]) === JSON.stringify(this.valueSchema(own));
    return shared ? { $ref: `#/definitions/${name}` } : this.valueSchema(own);
  }

  private valueSchema(type: ResolvedType): SchemaNode {
    if (wide.has(type.base))
      return { type: 'string', pattern: type.base === 'decimal64' ? '^[+-]?[0-9]+(\\.[0-9]+)?$' : '^[+-]?[0-9]+$' };
    if (type.range && type.base !== 'union') return integerSchema(type.range);
    switch (type.base) {
      case 'boolean':
        return { type: 'boolean' };
      case 'enumeration':
        return { type: 'string', enum: Object.keys(type.enums ?? {}) };
      case 'identityref':
        return {
          type: 'string',
          enum: (type.identities ?? []).flatMap((name) =>
            this.deviations.bareIdentities() ? [bare(name), name] : [name],
          ),
        };
      case 'bits':
        return bitsSchema(type.bits ?? []);
      case 'binary':
        return { type: 'string', pattern: binaryPattern(type.length ?? [0, Number.MAX_SAFE_INTEGER]) };
      case 'union':
        return { anyOf: (type.members ?? []).map((member) => this.typeReference(member)) };
      case 'string':
        return stringSchema(type);
      default:
        throw new SchemaError(`no JSON form for the type ${type.base}`);
    }
  }
}

/** The member's name in JSON: prefixed where its module differs from its parent's (RFC 7951 section 4). */
function wireName(node: TreeNode, parentModule: string): string {
  return node.module === parentModule ? node.name : `${node.module}:${node.name}`;
}

/** Whether an instance must be there: keys, mandatory leafs, and containers without presence that hold such a one. */
function isRequired(node: TreeNode, keys: string[]): boolean {
  if (node.kind === 'leaf') return (node.mandatory || keys.includes(node.name)) && node.when.length === 0;
  if (node.kind !== 'container' || node.presence || node.when.length > 0) return false;
  return node.children.some((child) => isRequired(child, []));
}

function integerSchema(range: [string, string][]): SchemaNode {
  const parts = range.map(([low, high]): SchemaNode => ({
    type: 'integer',
    minimum: Number(low),
    maximum: Number(high),
  }));
  return parts.length === 1 ? (parts[0] as SchemaNode) : { anyOf: parts };
}

/** Base64 of a number of octets: a length of binary counts octets, not characters (RFC 7950 section 9.8.1). */
function binaryPattern([low, high]: readonly [number, number]): string {
  const ends = ['', '[A-Za-z0-9+/]{2}==', '[A-Za-z0-9+/]{3}='];
  const forms = ends.flatMap((end, octets) => {
    if (octets > high) return [];
    const least = Math.max(0, Math.ceil((low - octets) / 3));
    const most = high === Number.MAX_SAFE_INTEGER ? '' : Math.floor((high - octets) / 3);
    return [`([A-Za-z0-9+/]{4}){${least},${most}}${end}`];
  });
  return `^(${forms.join('|')})$`;
}

function bitsSchema(bits: string[]): SchemaNode {
  return { type: 'string', pattern: `^ *((${bits.join('|')})( +|$))*$` };
}

function stringSchema(type: ResolvedType): SchemaNode {
  const patterns = (type.patterns ?? []).map((pattern) => ({ pattern: `^(?:${pattern})$` }));
  return {
    type: 'string',
    ...(type.length
      ? {
          minLength: type.length[0],
          ...(type.length[1] < Number.MAX_SAFE_INTEGER ? { maxLength: type.length[1] } : {}),
        }
      : {}),
    ...(patterns.length === 1 ? patterns[0] : {}),
    ...(patterns.length > 1 ? { allOf: patterns } : {}),
  };
}

function bare(identity: string): string {
  return identity.slice(identity.indexOf(':') + 1);
}

/** What readers of the schema need of a type; patterns and lengths are in the JSON Schema itself. */
function publicType(type: ResolvedType): YangType {
  const { base, name, enums, bits, identities, fractionDigits, members, range, length } = type;
  return {
    base,
    ...(name === undefined ? {} : { name }),
    ...(enums ? { enums } : {}),
    ...(bits ? { bits } : {}),
    ...(identities ? { identities } : {}),
    ...(fractionDigits === undefined ? {} : { fractionDigits }),
    ...(members ? { members: members.map(publicType) } : {}),
    ...(range ? { range } : {}),
    ...(base === 'binary' && length ? { octets: length } : {}),
  };
}
