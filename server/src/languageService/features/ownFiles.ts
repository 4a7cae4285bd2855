import { cursorAt, type Cursor } from '../documents/cursor';
import type { ParsedDocument } from '../documents/document';
import { stringContent } from '../documents/tokens';
import { Placement, type Completion } from './completion';
import { rfcLink } from './facts';
import type { Hover } from './hover';
import {
  configSchemaAt,
  configSchemaOf,
  expected,
  type ConfigForm,
  type ConfigSchema,
} from '#dots/workspace/ownSchema';

/** Names that are not in the schemas: codes of findings, names of server profiles. */
export type Known = Readonly<Record<'codes' | 'profiles', readonly string[]>>;

/** The completions at an offset of a workspace file or profiles file. */
export function completeConfig(document: ParsedDocument, form: ConfigForm, offset: number, known: Known): Completion[] {
  if (document.beyondLimits) return [];
  const cursor = cursorAt(document.text, offset);
  const place = new Placement(document, cursor);
  switch (cursor.role) {
    case 'document':
      return document.text.trim().length <= cursor.span.end - cursor.span.start
        ? [wholeFile(configSchemaOf(form), place)]
        : [];
    case 'name':
      return [
        ...members(configSchemaAt(form, cursor.path), cursor, place),
        ...knownMembers(configSchemaAt(form, cursor.path), cursor, place, known),
      ];
    case 'value':
      return values(configSchemaAt(form, [...cursor.path, cursor.token ?? '']), place, cursor, known);
    case 'none':
      return [];
  }
}

/** What to show of the member or value at an offset; undefined if nothing is known of it. */
export function hoverConfig(document: ParsedDocument, form: ConfigForm, offset: number): Hover | undefined {
  if (document.beyondLimits) return undefined;
  const cursor = cursorAt(document.text, offset + 1);
  if (!cursor.touched || cursor.token === undefined) return undefined;
  const schema = configSchemaAt(form, [...cursor.path, cursor.token]);
  const described = schema?.description === undefined ? configSchemaAt(form, cursor.path) : schema;
  if (schema === undefined || described?.description === undefined) return undefined;
  const lines = [...valueLines(document, cursor, schema), described.description, '', ...facts(described)];
  return { markdown: lines.join('\n').trim(), range: document.range(cursor.span) };
}

function wholeFile(schema: ConfigSchema, place: Placement): Completion {
  const title = schema.title ?? '';
  return place.item({
    label: title,
    kind: 'document',
    documentation: schema.description ?? '',
    snippet: '{\n  $1\n}',
    filterText: title,
    sortText: '0',
  });
}

function members(schema: ConfigSchema | undefined, cursor: Cursor, place: Placement): Completion[] {
  return Object.entries(schema?.properties ?? {})
    .filter(([name]) => !cursor.names.includes(name))
    .map(([name, member], index) => {
      const required = schema?.required?.includes(name) === true;
      return place.item({
        label: name,
        kind: 'member',
        detail: `${required ? 'required: ' : ''}${expected(member)}`,
        documentation: [member.description ?? '', '', ...facts(member)].join('\n').trim(),
        snippet: cursor.colon ? `"${name}"` : `"${name}": ${beginning(member)}`,
        filterText: `"${name}"`,
        sortText: `${required ? 0 : 1}${String(index).padStart(2, '0')}`,
      });
    });
}

/** Members whose names are known values, such as codes of findings. */
function knownMembers(
  schema: ConfigSchema | undefined,
  { names, colon }: Cursor,
  place: Placement,
  known: Known,
): Completion[] {
  const of = schema?.['x-known'];
  const member = schema?.additionalProperties;
  if (of === undefined || typeof member !== 'object') return [];
  return known[of]
    .filter((name) => !names.includes(name))
    .map((name) =>
      place.item({
        label: name,
        kind: 'member',
        documentation: member.description ?? '',
        snippet: colon ? `"${name}"` : `"${name}": ${beginning(member)}`,
        filterText: `"${name}"`,
        sortText: name,
      }),
    );
}

function values(
  schema: ConfigSchema | undefined,
  place: Placement,
  { touched }: Cursor,
  { codes, profiles }: Known,
): Completion[] {
  if (schema === undefined) return [];
  if (schema.type === 'object' || schema.type === 'array') {
    const label = schema.type === 'object' ? '{ }' : '[ ]';
    return touched
      ? []
      : [
          place.item({
            label,
            kind: 'value',
            detail: expected(schema),
            snippet: beginning(schema),
            filterText: label,
            sortText: '0',
          }),
        ];
  }
  const of = schema['x-known'];
  const fitting =
    schema.type === 'boolean' ? ['true', 'false'] : (schema.enum ?? (of === undefined ? [] : { codes, profiles }[of]));
  return fitting.map((label, index) => {
    const written = schema.type === 'boolean' ? label : `"${label}"`;
    return place.item({
      label,
      kind: 'value',
      documentation: schema['x-enum-descriptions']?.[index] ?? schema.description ?? '',
      snippet: written,
      filterText: written,
      sortText: String(index).padStart(3, '0'),
      ...(label === String(schema.default) && { detail: 'default' }),
    });
  });
}

/** The initial value, as an LSP snippet. */
function beginning(schema: ConfigSchema): string {
  switch (schema.type) {
    case 'object':
      return `{ ${(schema.required ?? []).map((name, index) => `"${name}": "$${index + 1}"`).join(', ') || '$1'} }`;
    case 'array':
      return schema.items?.type === 'object' ? `[\n  ${beginning(schema.items)}\n]` : '["$1"]';
    case 'string':
      return schema.enum === undefined ? '"$1"' : `"\${1|${schema.enum.join(',')}|}"`;
    case 'boolean':
      return '${1|true,false|}';
    case 'integer':
      return '$1';
  }
}

function valueLines(document: ParsedDocument, { role, span }: Cursor, schema: ConfigSchema): string[] {
  if (role !== 'value') return [];
  const value = stringContent(document.text, span.start, span.end);
  const meaning = schema['x-enum-descriptions']?.[schema.enum?.indexOf(value) ?? -1];
  return meaning === undefined ? [] : [meaning, '', '---', ''];
}

function facts(schema: ConfigSchema): string[] {
  const preset = schema.default === undefined ? '' : `; default ${String(schema.default)}`;
  const section = schema['x-rfc'] === undefined ? [] : ['', rfcLink(schema['x-rfc'])];
  return [`It is ${expected(schema)}${preset}.`, ...section];
}
