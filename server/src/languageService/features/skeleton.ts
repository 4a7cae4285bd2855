import type { DocumentKind } from '#dots/model/documents';
import { resolve, schemaOf, type SchemaNode, type YangType } from '#dots/model/schema';
import { usualMembers, usualValues } from '../knowledge/usual';

/** How deep a skeleton goes; deeper members are left to the user. */
const maximumDepth = 8;

/**
 * The initial value of a member, as an LSP snippet: what the schema requires and what is usual, with a tab stop at each
 * value that the user must enter.
 * @param name the member that has the value
 * @param isAllowed whether a label, bit or identity may be written at a path below the value
 */
export function skeleton(kind: DocumentKind, name: string, node: SchemaNode, isAllowed: Allowed = () => true): string {
  return new Writer(schemaOf(kind), isAllowed).value(name, node, []);
}

type Allowed = (path: readonly string[], value: string) => boolean;

/** A snippet without its tab stops and choices, for editors without snippet support. */
export function plainText(snippet: string): string {
  return snippet.replace(
    /\\([\\$}])|\$\{\d+\|([^,|]*)[^|]*\|\}|\$\{\d+:([^}]*)\}|\$\d+/g,
    (_, escaped?: string, choice?: string, preset?: string) => escaped ?? choice ?? preset ?? '',
  );
}

/** A text in a snippet, where some characters have a meaning. */
export function inSnippet(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}

class Writer {
  private stop = 0;

  constructor(
    private readonly root: SchemaNode,
    private readonly isAllowed: Allowed,
  ) {}

  /** @param path leads to the value from the one that the skeleton is of */
  value(name: string, node: SchemaNode, path: readonly string[]): string {
    const schema = resolve(this.root, node);
    if (schema.type === 'array') return this.list(name, schema, path);
    if (schema.type === 'object') return this.object(name, schema, path);
    return this.leaf(name, schema['x-yang']?.type, schema['x-yang']?.default, path);
  }

  private list(name: string, schema: SchemaNode, path: readonly string[]): string {
    const entry = resolve(this.root, schema.items ?? {});
    const place = [...path, '0'];
    if (entry.type !== 'object') return `[${this.leaf(name, schema['x-yang']?.type, undefined, place)}]`;
    const inner = this.value(name, entry, place);
    return inner.includes('\n') ? `[\n${indented(inner)}\n]` : `[${inner}]`;
  }

  private object(name: string, schema: SchemaNode, path: readonly string[]): string {
    const members = path.length > maximumDepth ? [] : skeletonMembers(name, schema);
    if (members.length === 0) return `{${this.next('')}}`;
    const lines = members.map(
      (member) => `"${member}": ${this.value(member, schema.properties?.[member] ?? {}, [...path, member])}`,
    );
    const oneLine = lines.join(', ');
    if (!oneLine.includes('\n') && oneLine.length < 60 && path.length > 2) return `{ ${oneLine} }`;
    return `{\n${indented(lines.join(',\n'))}\n}`;
  }

  private leaf(name: string, type: YangType | undefined, preset: string | undefined, path: readonly string[]): string {
    switch (type?.base) {
      case 'boolean':
        return this.choice(preset === 'false' ? ['false', 'true'] : ['true', 'false']);
      case 'enumeration':
        return `"${this.allowed(presetFirst(Object.keys(type.enums ?? {}), preset), path)}"`;
      case 'identityref':
        return `"${this.allowed(usualOf(name, type.identities), path)}"`;
      case 'bits':
        return `"${this.allowed(presetFirst(type.bits ?? [], preset), path)}"`;
      case 'union':
        return this.leaf(name, type.members?.[0], preset, path);
      case 'int8':
      case 'int16':
      case 'int32':
      case 'uint8':
      case 'uint16':
      case 'uint32':
        return this.next(preset ?? '');
      default:
        return `"${this.next(preset ?? '')}"`;
    }
  }

  private allowed(options: readonly string[], path: readonly string[]): string {
    return this.choice(options.filter((option) => this.isAllowed(path, option)));
  }

  private next(preset: string): string {
    this.stop += 1;
    return preset === '' ? `$${this.stop}` : `\${${this.stop}:${preset}}`;
  }

  private choice(options: readonly string[]): string {
    if (options.length === 0) return this.next('');
    this.stop += 1;
    return `\${${this.stop}|${options.join(',')}|}`;
  }
}

/** What the schema requires of an object and what is usual in it, in the order of the schema. */
export function skeletonMembers(name: string, schema: SchemaNode): string[] {
  const wanted = new Set([...(schema.required ?? []), ...(usualMembers[name] ?? [])]);
  return Object.keys(schema.properties ?? {}).filter((member) => wanted.has(member));
}

/** The usual ones of a schema's values, if any are known to be usual. */
function usualOf(name: string, values: readonly string[] = []): readonly string[] {
  const usual = (usualValues[name] ?? []).filter((value) => values.includes(value));
  return usual.length === 0 ? values : usual;
}

const presetFirst = (options: readonly string[], preset: string | undefined): string[] =>
  preset !== undefined && options.includes(preset)
    ? [preset, ...options.filter((option) => option !== preset)]
    : [...options];

const indented = (text: string): string => text.replace(/^/gm, '  ');
