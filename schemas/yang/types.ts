import type { YangBase, YangType } from '../types';
import type { Deviations } from './deviations';
import { SchemaError } from './error';
import type { Module, ModuleSet } from './modules';
import { all, find, type Statement } from './parse';

/** A type with what JSON Schema needs beside `YangType`. */
export interface ResolvedType extends YangType {
  patterns?: string[];
  length?: [number, number];
  members?: ResolvedType[];
  /** What a typedef says for leafs that say nothing themselves (RFC 7950 sections 7.3.3 and 7.3.4). */
  default?: string | undefined;
  units?: string | undefined;
}

const integerBounds: Record<string, [string, string]> = {
  int8: ['-128', '127'],
  int16: ['-32768', '32767'],
  int32: ['-2147483648', '2147483647'],
  int64: ['-9223372036854775808', '9223372036854775807'],
  uint8: ['0', '255'],
  uint16: ['0', '65535'],
  uint32: ['0', '4294967295'],
  uint64: ['0', '18446744073709551615'],
};
const builtIn = new Set<string>([
  ...Object.keys(integerBounds),
  'decimal64',
  'string',
  'boolean',
  'enumeration',
  'bits',
  'binary',
  'identityref',
  'leafref',
  'union',
  'empty',
]);

/** Follows typedefs, identities and leafrefs to what a value may be. */
export class TypeResolver {
  constructor(
    private readonly modules: ModuleSet,
    private readonly deviations: Deviations,
  ) {}

  /** The type a `type` statement stands for, its restrictions applied (RFC 7950 section 9). */
  resolve(type: Statement, within: Module): ResolvedType {
    if (!builtIn.has(type.argument)) return this.typedef(type, within);
    const base = type.argument as YangBase;
    return this.restrict({ base, ...this.start(base, type, within) }, type);
  }

  private typedef(type: Statement, within: Module): ResolvedType {
    const { statement, module, name } = this.modules.definition('typedef', type.argument, within);
    const inner = find(statement, 'type') as Statement;
    const enums = this.deviations.extraEnums(name);
    const resolved: ResolvedType = { ...this.resolve(inner, module), name };
    for (const keyword of ['default', 'units'] as const)
      resolved[keyword] = find(statement, keyword)?.argument ?? resolved[keyword];
    if (enums) resolved.enums = { ...resolved.enums, ...enums };
    const pattern = this.deviations.extraPattern(name);
    if (pattern !== undefined) resolved.patterns = [...(resolved.patterns ?? []), pattern];
    return this.restrict(resolved, type);
  }

  private start(base: YangBase, type: Statement, within: Module): Partial<ResolvedType> {
    const bounds = integerBounds[base];
    if (bounds) return { range: [bounds] };
    switch (base) {
      case 'enumeration':
        return { enums: enumValues(type) };
      case 'bits':
        return { bits: bitNames(type) };
      case 'decimal64':
        return { fractionDigits: Number(find(type, 'fraction-digits')?.argument) };
      case 'union':
        return { members: all(type, 'type').map((member) => this.resolve(member, within)) };
      case 'identityref':
        return { identities: this.identities(type, within) };
      case 'leafref':
        return this.leafref(type, within);
      default:
        return {};
    }
  }

  private identities(type: Statement, within: Module): string[] {
    const base = find(type, 'base') as Statement;
    return this.modules.derivedIdentities(this.modules.definition('identity', base.argument, within).name);
  }

  /**
   * A leafref has the type of its target (RFC 7950 section 9.9). That the target is there cannot be asked of a signal
   * channel message: deviations.json lists the paths for which it is not.
   */
  private leafref(type: Statement, within: Module): ResolvedType {
    const path = find(type, 'path')?.argument ?? '';
    if (!this.deviations.isFreeLeafref(path))
      throw new SchemaError(`${within.name} line ${type.line}: leafref ${path} is not in deviations.json`);
    const { statement, module } = this.modules.dataNode(path, within);
    const target = find(statement, 'type');
    if (target === undefined)
      throw new SchemaError(`${within.name} line ${type.line}: leafref ${path} does not lead to a leaf`);
    return this.resolve(target, module);
  }

  private restrict(type: ResolvedType, statement: Statement): ResolvedType {
    const range = find(statement, 'range')?.argument;
    if (range !== undefined && type.base === 'decimal64')
      throw new SchemaError(`line ${statement.line}: a range of decimal64 has no form in the schemas yet`);
    const length = find(statement, 'length')?.argument;
    const patterns = all(statement, 'pattern').map((pattern) => {
      if (find(pattern, 'modifier'))
        throw new SchemaError(`line ${pattern.line}: a pattern with a modifier is not supported yet`);
      return pattern.argument;
    });
    return {
      ...type,
      ...(range === undefined ? {} : { range: parseRange(range, type.range?.[0]) }),
      ...(length === undefined ? {} : { length: parseLength(length) }),
      ...(patterns.length === 0 ? {} : { patterns: [...(type.patterns ?? []), ...patterns] }),
    };
  }
}

function enumValues(type: Statement): Record<string, number> {
  let next = 0;
  return Object.fromEntries(
    all(type, 'enum').map((label) => {
      const value = Number(find(label, 'value')?.argument ?? next);
      next = value + 1;
      return [label.argument, value];
    }),
  );
}

function bitNames(type: Statement): string[] {
  const position = (bit: Statement): number => Number(find(bit, 'position')?.argument ?? 0);
  return [...all(type, 'bit')].sort((a, b) => position(a) - position(b)).map((bit) => bit.argument);
}

function parseRange(text: string, whole: [string, string] | undefined): [string, string][] {
  return text.split('|').map((part) => {
    const [low, high = low] = part.split('..').map((bound) => bound.trim()) as [string, string?];
    return [low === 'min' && whole ? whole[0] : low, high === 'max' && whole ? whole[1] : high];
  });
}

function parseLength(text: string): [number, number] {
  if (text.includes('|')) throw new SchemaError(`a length of several parts (${text}) has no form in the schemas yet`);
  const [low, high = low] = text.split('..').map((bound) => bound.trim()) as [string, string?];
  return [low === 'min' ? 0 : Number(low), high === 'max' ? Number.MAX_SAFE_INTEGER : Number(high)];
}
