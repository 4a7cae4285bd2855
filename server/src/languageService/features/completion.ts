import { rulesOut, type Frame } from '#dots/check/expressions';
import { documentTypes, type DocumentKind, type DocumentType } from '#dots/model/documents';
import type { Position, Range } from '#dots/model/finding';
import { isObject, type JsonValue } from '#dots/model/json';
import { at, child } from '#dots/model/pointer';
import { resolve, schemaAt, schemaOf, type SchemaNode } from '#dots/model/schema';
import type { DefinedNames } from '#dots/workspace/definitions';
import { cursorAt, type Cursor } from '../documents/cursor';
import type { ParsedDocument } from '../documents/document';
import { factLines, memberText, rfcLink, sectionOf, typeLine } from './facts';
import { plainText, skeleton, skeletonMembers } from './skeleton';
import { nameSuggestions, valueSuggestions } from './values';

/** One thing that can be written at the cursor. */
export interface Completion {
  label: string;
  kind: 'document' | 'member' | 'value';
  /** One line beside the label. */
  detail?: string;
  /** Markdown. */
  documentation?: string;
  /** What replaces `range`: LSP snippet syntax, and the same without tab stops. */
  snippet: string;
  text: string;
  /** What the editor compares with what was typed. */
  filterText: string;
  sortText: string;
  range: Range;
  /** A comma that is missing after what stands before. */
  comma?: Position;
}

const noNames: DefinedNames = { aliases: [], acls: [] };

/**
 * What fits at an offset of a text, half-typed or not: names, values, or whole documents. Needs no valid JSON.
 * @param names what the documents that belong to this one define
 */
export function complete(document: ParsedDocument, offset: number, names = noNames): Completion[] {
  if (document.beyondLimits) return [];
  const cursor = cursorAt(document.text, offset);
  const place = new Placement(document, cursor);
  switch (cursor.role) {
    case 'document':
      return document.text.trim().length <= cursor.span.end - cursor.span.start ? wholeDocuments(place) : [];
    case 'name':
      return cursor.path.length === 0 ? topMembers(cursor, place) : members(document, cursor, place);
    case 'value':
      return unlisted(values(cursor, place, names), document, cursor);
    case 'none':
      return [];
  }
}

/** Where completions go: what they replace, and the commas that they need. */
export class Placement {
  private readonly range: Range;
  private readonly comma: Position | undefined;

  constructor(
    document: ParsedDocument,
    private readonly cursor: Cursor,
  ) {
    this.range = document.range(cursor.span);
    this.comma = cursor.commaBefore === undefined ? undefined : document.lines.positionAt(cursor.commaBefore);
  }

  item(facts: Omit<Completion, 'text' | 'range' | 'comma'>): Completion {
    const snippet = facts.snippet + (this.cursor.commaAfter ? ',' : '');
    return {
      ...facts,
      snippet,
      text: plainText(snippet),
      range: this.range,
      ...(this.comma !== undefined && { comma: this.comma }),
    };
  }
}

function wholeDocuments(place: Placement): Completion[] {
  return documentTypes.map((type, index) =>
    place.item({
      label: type.title,
      kind: 'document',
      detail: type.topMember,
      documentation: rfcLink(type.rfc),
      snippet: `{\n  ${topMember(type).replace(/\n/g, '\n  ')}\n}`,
      filterText: `${type.title} ${type.topMember}`,
      sortText: rank(0, index),
    }),
  );
}

function topMembers(cursor: Cursor, place: Placement): Completion[] {
  if (cursor.names.some((name) => documentTypes.some((type) => type.topMember === name))) return [];
  return documentTypes.map((type, index) =>
    place.item({
      label: type.topMember,
      kind: 'member',
      detail: type.title,
      documentation: rfcLink(type.rfc),
      snippet: cursor.colon ? `"${type.topMember}"` : topMember(type),
      filterText: `"${type.topMember}"`,
      sortText: rank(0, index),
    }),
  );
}

function topMember({ kind, topMember: name }: DocumentType): string {
  return `"${name}": ${skeleton(kind, name, schemaOf(kind).properties?.[name] ?? {})}`;
}

/** The members that fit into the object around the cursor: not there yet, of no case that another one excludes, and allowed by what stands around. */
function members(document: ParsedDocument, cursor: Cursor, place: Placement): Completion[] {
  const kind = kindOf(cursor.path);
  const object = kind === undefined ? undefined : schemaAt(kind, cursor.path);
  if (kind === undefined || object?.properties === undefined) return [];
  const excluded = new Set([...cursor.names, ...excludedMembers(object, cursor.names)]);
  const first = skeletonMembers(holder(cursor.path), object);
  const frames = framesAt(kind, document.value, cursor.path);
  const fits = ([name, { 'x-yang': yang }]: [string, SchemaNode]): boolean =>
    !excluded.has(name) && !(frames !== undefined && yang?.when !== undefined && rulesOut(yang.when, frames));
  return Object.entries(object.properties)
    .filter(fits)
    .map(([name, node], index) => {
      const schema = resolve(schemaOf(kind), node);
      return place.item({
        ...memberFacts(kind, [...cursor.path, name], schema, object.required?.includes(name) === true),
        snippet: cursor.colon ? `"${name}"` : `"${name}": ${skeleton(kind, name, schema)}`,
        filterText: `"${name}"`,
        sortText: rank(memberGroup(name, schema, object, first), index),
      });
    });
}

/** The objects on the way to the one at a path, with their schemas; undefined where the document cannot be read that far. */
function framesAt(kind: DocumentKind, document: JsonValue | undefined, path: readonly string[]): Frame[] | undefined {
  const frames: Frame[] = [];
  let value = document;
  for (let depth = 0; depth <= path.length; depth++) {
    const schema = schemaAt(kind, path.slice(0, depth));
    if (isObject(value) && schema !== undefined) frames.push({ value, schema });
    else if (!Array.isArray(value)) return undefined;
    value = at(value, child('', path[depth] ?? ''));
  }
  return frames;
}

function memberFacts(
  kind: DocumentKind,
  path: readonly string[],
  schema: SchemaNode,
  required: boolean,
): Pick<Completion, 'label' | 'kind' | 'detail' | 'documentation'> {
  const name = path[path.length - 1] ?? '';
  const item = schema.items === undefined ? undefined : resolve(schemaOf(kind), schema.items);
  const doc = memberText(path, schema);
  const documentation = [
    doc?.text ?? '',
    '',
    ...factLines(kind, name, schema).map((line) => `- ${line}`),
    '',
    rfcLink(sectionOf(kind, doc)),
  ]
    .join('\n')
    .trim();
  return {
    label: name,
    kind: 'member',
    detail: `${required ? 'required: ' : ''}${typeLine(schema, item)}`,
    documentation,
  };
}

/** Required members come first, then the usual ones, then the others; what only a server says comes last. */
function memberGroup(name: string, schema: SchemaNode, object: SchemaNode, first: readonly string[]): number {
  if (object.required?.includes(name) === true) return 0;
  if (first.includes(name)) return 1;
  const serverOnly =
    object['x-yang']?.choices?.some(({ cases }) => cases['server-to-client-only']?.includes(name) === true) === true;
  return serverOnly || schema['x-yang']?.config === false ? 3 : 2;
}

/** The members of every case that a member of another case of the same choice excludes. */
function excludedMembers(object: SchemaNode, present: readonly string[]): string[] {
  return (object['x-yang']?.choices ?? []).flatMap(({ cases }) => {
    const groups = Object.values(cases);
    const chosen = groups.find((group) => group.some((name) => present.includes(name)));
    return chosen === undefined ? [] : groups.filter((group) => group !== chosen).flat();
  });
}

function values(cursor: Cursor, place: Placement, names: DefinedNames): Completion[] {
  const kind = kindOf(cursor.path.length === 0 && cursor.token !== undefined ? [cursor.token] : cursor.path);
  const path = [...cursor.path, cursor.token ?? ''];
  const schema = kind === undefined ? undefined : schemaAt(kind, path);
  if (kind === undefined || schema === undefined) return [];
  const name = holder(path);
  if (schema.type === 'object' || schema.type === 'array') {
    if (cursor.touched) return [];
    const label = schema.type === 'object' ? '{ }' : '[ ]';
    return [
      place.item({
        label,
        kind: 'value',
        detail: `${name}: begin with what is usual`,
        snippet: skeleton(kind, name, schema),
        filterText: label,
        sortText: rank(0, 0),
      }),
    ];
  }
  const yang = schema['x-yang'] ?? schemaAt(kind, cursor.path)?.['x-yang'];
  const member = schema['x-yang'] === undefined ? cursor.path : path;
  return [...nameSuggestions(member, names), ...valueSuggestions(member, yang)].map(({ group, ...suggestion }, index) =>
    place.item({ kind: 'value', ...suggestion, sortText: rank(group, index) }),
  );
}

/** Without the values that the list around the cursor has already; the one at the cursor may stay as it is. */
function unlisted(completions: Completion[], document: ParsedDocument, cursor: Cursor): Completion[] {
  const list = at(document.value, cursor.path.reduce(child, ''));
  if (!Array.isArray(list)) return completions;
  const there = new Set(
    list.filter((_, index) => !cursor.touched || String(index) !== cursor.token).map((value) => JSON.stringify(value)),
  );
  return completions.filter(({ text }) => !there.has(text.replace(/,$/, '')));
}

/** The name of the member that holds the value at a path: array indexes are passed over. */
function holder(path: readonly string[]): string {
  return path.findLast((token) => !/^\d+$/.test(token)) ?? '';
}

function kindOf(path: readonly string[]): DocumentKind | undefined {
  return documentTypes.find(({ topMember }) => topMember === path[0])?.kind;
}

const rank = (group: number, index: number): string => `${group}${String(index).padStart(4, '0')}`;
