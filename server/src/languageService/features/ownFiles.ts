import { isObject, itemsOf, type JsonValue } from '#dots/model/json';
import { at, child } from '#dots/model/pointer';
import { safeJson } from '#dots/model/text';
import { cursorAt, type Cursor } from '../documents/cursor';
import type { ParsedDocument } from '../documents/document';
import { stringContent } from '../documents/tokens';
import { Placement, wholeTemplates, type Completion } from './completion';
import { rfcLink } from './facts';
import type { Hover } from './hover';
import {
  configSchemaAt,
  configSchemaOf,
  expected,
  type ConfigForm,
  type ConfigSchema,
} from '#dots/workspace/ownSchema';
import { definedNames } from '#dots/workspace/policy/names';

/** Names that are not in the schemas: codes of findings, names of server profiles, cuids. */
export interface Known extends Readonly<Record<'codes' | 'profiles' | 'cuids', readonly string[]>> {
  /** The highest mid that each client has used. */
  usedMids: ReadonlyMap<string, number>;
}

/** The completions at an offset of a file of the product's own. */
export function completeConfig(document: ParsedDocument, form: ConfigForm, offset: number, known: Known): Completion[] {
  if (document.beyondLimits) return [];
  const cursor = cursorAt(document.text, offset);
  const place = new Placement(document, cursor);
  switch (cursor.role) {
    case 'document':
      return document.text.trim().length <= cursor.span.end - cursor.span.start
        ? [wholeFile(configSchemaOf(form), place), ...wholeTemplates(place, form)]
        : [];
    case 'name':
      return [
        ...members(configSchemaAt(form, cursor.path), cursor, place),
        ...knownMembers(configSchemaAt(form, cursor.path), cursor, place, namesFor(document, known, cursor)),
      ];
    case 'value':
      return values(
        configSchemaAt(form, [...cursor.path, cursor.token ?? '']),
        place,
        cursor,
        namesFor(document, known, cursor),
      );
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
  const lines = [
    ...valueLines(document, cursor, schema),
    ...definition(document, cursor, schema),
    described.description,
    '',
    ...facts(described),
  ];
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

/** The names that values of a schema, or its additional members, may have; none where any text will do. */
type NamesFor = (schema: ConfigSchema) => readonly string[];

/** Names that a file defines itself, and those that are known elsewhere. */
function namesFor(document: ParsedDocument, { codes, profiles, cuids, usedMids }: Known, cursor: Cursor): NamesFor {
  const { value } = document;
  const servers = ['simulated', ...profiles.map((name) => `profile ${name}`)];
  return ({ 'x-names': names, 'x-known': known }) =>
    names === undefined
      ? known === undefined
        ? []
        : { codes, profiles, servers, cuids, mids: nextMids(value, cursor, usedMids) }[known]
      : [...(names.also ?? []), ...definedNames(value, names.of)];
}

/** The next mid that is free in the file and, as far as the client of the entry is known, in the ledger. */
function nextMids(value: JsonValue | undefined, { path }: Cursor, used: ReadonlyMap<string, number>): string[] {
  const entry = at(value, path.reduce(child, ''));
  const cuid = isObject(entry) && typeof entry.cuid === 'string' ? entry.cuid : undefined;
  const others = itemsOf(isObject(value) ? value.files : undefined).filter((each) => each !== entry);
  const inFile = others.map((each) => (isObject(each) ? Number(each.mid ?? -1) : -1));
  const inLedger = cuid === undefined ? [...used.values()] : [used.get(cuid) ?? -1];
  return [String(Math.max(-1, ...inFile, ...inLedger) + 1)];
}

/** Members whose names are known values, such as codes of findings. */
function knownMembers(
  schema: ConfigSchema | undefined,
  { names, colon }: Cursor,
  place: Placement,
  namesOf: NamesFor,
): Completion[] {
  const member = schema?.additionalProperties;
  if (schema === undefined || typeof member !== 'object') return [];
  return namesOf(schema)
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
  namesOf: NamesFor,
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
  const fitting = schema.type === 'boolean' ? ['true', 'false'] : (schema.enum ?? namesOf(schema));
  return fitting.map((label, index) => {
    const written = schema.type === 'boolean' || schema.type === 'integer' ? label : `"${label}"`;
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
    case 'object': {
      const members = (schema.required ?? []).map(
        (name, index) => `"${name}": ${blank(schema.properties?.[name], index)}`,
      );
      return `{ ${members.join(', ') || '$1'} }`;
    }
    case 'array':
      return schema.items?.type === 'object' ? `[\n  ${beginning(schema.items)}\n]` : '["$1"]';
    case 'string':
      return schema.enum === undefined ? '"$1"' : `"\${1|${schema.enum.join(',')}|}"`;
    case 'boolean':
      return '${1|true,false|}';
    default:
      return '$1';
  }
}

/** A member of an initial object: brackets of its type around the next tab stop. */
function blank(schema: ConfigSchema | undefined, index: number): string {
  const stop = `$${index + 1}`;
  switch (schema?.type) {
    case 'object':
      return `{ ${stop} }`;
    case 'array':
      return `[${stop}]`;
    case 'string':
      return schema.enum === undefined ? `"${stop}"` : `"\${${index + 1}|${schema.enum.join(',')}|}"`;
    default:
      return stop;
  }
}

function valueLines(document: ParsedDocument, { role, span }: Cursor, schema: ConfigSchema): string[] {
  if (role !== 'value') return [];
  const value = stringContent(document.text, span.start, span.end);
  const meaning = schema['x-enum-descriptions']?.[schema.enum?.indexOf(value) ?? -1];
  return meaning === undefined ? [] : [meaning, '', '---', ''];
}

/** The entry of the file that has the name at the cursor. */
function definition({ text, value }: ParsedDocument, { role, span }: Cursor, schema: ConfigSchema): string[] {
  const of = role === 'value' ? schema['x-names']?.of : undefined;
  const name = stringContent(text, span.start, span.end);
  const entry = itemsOf(of !== undefined && isObject(value) ? value[of] : undefined).find(
    (each) => isObject(each) && each.name === name,
  );
  return entry === undefined ? [] : ['```json', safeJson(entry, 2), '```', ''];
}

function facts(schema: ConfigSchema): string[] {
  const preset = schema.default === undefined ? '' : `; default ${String(schema.default)}`;
  const section = schema['x-rfc'] === undefined ? [] : ['', rfcLink(schema['x-rfc'])];
  return [`It is ${expected(schema)}${preset}.`, ...section];
}
