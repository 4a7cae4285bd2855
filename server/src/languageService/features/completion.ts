import type { Direction } from '#dots/check/check';
import { documentTypes, type DocumentKind, type DocumentType } from '#dots/model/documents';
import type { Position, Range } from '#dots/model/finding';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { at, child } from '#dots/model/pointer';
import { resolve, schemaAt, schemaOf, type SchemaNode } from '#dots/model/schema';
import type { DefinedNames } from '#dots/workspace/definitions';
import { cursorAt, type Cursor } from '../documents/cursor';
import { parseDocument, type ParsedDocument } from '../documents/document';
import { memberOrder } from '../knowledge/usual';
import { factLines, memberText, rfcLink, sectionOf, typeLine } from './facts';
import { isRuledOut, kindOf } from './conditions';
import { plainText, skeleton, skeletonMembers } from './skeleton';
import { Trial } from './trial';
import { nameSuggestions, knownSuggestions, valueSuggestions, withOtherBits } from './values';
import { templates, type Template } from '../knowledge/templates';
import type { DocumentForm } from '#dots/workspace/fileNames';

/** One thing that can be written at the cursor. */
export interface Completion {
  label: string;
  kind: 'document' | 'member' | 'value';
  /** One line of detail beside the label. */
  detail?: string;
  /** Markdown. */
  documentation?: string;
  /** The replacement of `range`: LSP snippet syntax, and the same without tab stops. */
  snippet: string;
  text: string;
  /** The text that the editor compares with the typed one. */
  filterText: string;
  sortText: string;
  range: Range;
  /**
   * Where a comma is missing after the previous member or entry; never at the start of `range`, because the text then
   * contains it.
   */
  comma?: Position;
}

/** What is known of a document besides its text. */
export interface Surroundings extends DefinedNames {
  /** The client's own prefixes. */
  prefixes?: readonly string[];
  /** The identifiers of clients. */
  cuids?: readonly string[];
  /** Whether it goes to a server or came from one; if absent, its members decide. */
  direction?: Direction | undefined;
}

const nothingKnown: Surroundings = { aliases: [], acls: [] };

/**
 * The completions at an offset of a text, half-typed or not: names, values, or whole documents; nothing that the
 * checker refuses there. The text need not be valid JSON.
 * @param around the context of the text, such as names that related documents define
 */
export function complete(document: ParsedDocument, offset: number, around = nothingKnown): Completion[] {
  if (document.beyondLimits) return [];
  const cursor = cursorAt(document.text, offset);
  const place = new Placement(document, cursor);
  const { direction } = around;
  switch (cursor.role) {
    case 'document':
      return document.text.trim().length <= cursor.span.end - cursor.span.start
        ? [...wholeDocuments(place), ...wholeTemplates(place, 'dots')]
        : [];
    case 'name':
      return cursor.path.length === 0
        ? topMembers(document, cursor, place, direction)
        : members(document, cursor, place, direction);
    case 'value':
      return unlisted(values(document, cursor, place, around), document, cursor);
    case 'none':
      return [];
  }
}

/** The place of completions: what they replace, and the commas that they need. */
export class Placement {
  private readonly range: Range;
  private readonly comma: Position | undefined;
  /** The comma is part of the text itself: LSP allows no two edits at one position (LSP 3.17, additionalTextEdits). */
  private readonly joined: boolean;

  constructor(
    document: ParsedDocument,
    private readonly cursor: Cursor,
  ) {
    this.range = document.range(cursor.span);
    const { commaBefore, span } = cursor;
    this.joined = commaBefore === span.start;
    this.comma = commaBefore === undefined || this.joined ? undefined : document.lines.positionAt(commaBefore);
  }

  item(facts: Omit<Completion, 'text' | 'range' | 'comma'>): Completion {
    const snippet = (this.joined ? ', ' : '') + facts.snippet + (this.cursor.commaAfter ? ',' : '');
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

/** Texts to begin a file of a form with. */
export function wholeTemplates(place: Placement, form: DocumentForm): Completion[] {
  const fitting = templates.filter(({ fits }) => 'form' in fits && fits.form === form);
  return fitting.map((template, index) => templateItem(template, place, rank(1, index)));
}

const templateItem = ({ label, prefix, description, body }: Template, place: Placement, sortText: string): Completion =>
  place.item({
    label,
    kind: 'document',
    detail: prefix,
    documentation: description,
    snippet: body,
    filterText: `${prefix} ${label}`,
    sortText,
  });

function topMembers(document: ParsedDocument, cursor: Cursor, place: Placement, direction?: Direction): Completion[] {
  if (cursor.names.some((name) => documentTypes.some((type) => type.topMember === name))) return [];
  const { others, own } = aroundName(document.value, cursor);
  const trial = new Trial(document.value, [], others, true, direction);
  const fits = ({ topMember: name }: DocumentType): boolean =>
    !cursor.colon || trial.accepts({ ...others, [name]: own });
  return documentTypes.filter(fits).map((type, index) =>
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

/**
 * The members that are possible in the object around the cursor: not present yet, not excluded by another case, and
 * accepted by the checker.
 */
function members(document: ParsedDocument, cursor: Cursor, place: Placement, direction?: Direction): Completion[] {
  const kind = kindOf(cursor.path);
  const object = kind === undefined ? undefined : schemaAt(kind, cursor.path);
  if (kind === undefined || object?.properties === undefined) return [];
  const excluded = new Set([...cursor.names, ...excludedMembers(object, cursor.names)]);
  const first = skeletonMembers(holder(cursor.path), object);
  const order = memberOrder[holder(cursor.path)] ?? [];
  const around = aroundName(document.value, cursor);
  const trial = new Trial(document.value, cursor.path, around.others, true, direction);
  const fits = ([name]: [string, SchemaNode]): boolean =>
    !excluded.has(name) && !isRuledOut(document.value, [...cursor.path, name]);
  return Object.entries(object.properties)
    .filter(fits)
    .flatMap(([name, node], index) => {
      const schema = resolve(schemaOf(kind), node);
      const value = skeleton(kind, name, schema, (path, option) => trial.acceptsBelow([name, ...path], option));
      const written = cursor.colon ? around.own : valueOf(value);
      if (!trial.accepts({ ...around.others, [name]: written })) return [];
      return [
        place.item({
          ...memberFacts(kind, [...cursor.path, name], schema, object.required?.includes(name) === true),
          snippet: cursor.colon ? `"${name}"` : `"${name}": ${value}`,
          filterText: `"${name}"`,
          sortText: rankOf(name, memberGroup(name, schema, object, first), [...first, ...order], index),
        }),
      ];
    });
}

/** The members of the object around a name, without the one at the cursor; and the value of that one. */
function aroundName(document: JsonValue | undefined, cursor: Cursor): { others: JsonObject; own: JsonValue } {
  const object = at(document, cursor.path.reduce(child, ''));
  if (!isObject(object)) return { others: {}, own: '' };
  const { [cursor.token ?? '']: own = '', ...others } = object;
  return cursor.token === undefined ? { others: object, own: '' } : { others, own };
}

/** The value that a snippet writes; placeholders are blank. */
function valueOf(snippet: string): JsonValue {
  return parseDocument(plainText(snippet).replace(/(?<=: )(?=[,\n }])/g, '""')).value ?? '';
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

/** Required members come first, then the usual ones, then the others; members that only a server writes come last. */
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

function values(document: ParsedDocument, cursor: Cursor, place: Placement, around: Surroundings): Completion[] {
  const kind = kindOf(cursor.path.length === 0 && cursor.token !== undefined ? [cursor.token] : cursor.path);
  const path = [...cursor.path, cursor.token ?? ''];
  const schema = kind === undefined ? undefined : schemaAt(kind, path);
  if (kind === undefined || schema === undefined) return [];
  const trial = new Trial(document.value, path, undefined, cursor.touched, around.direction);
  if (schema.type === 'object' || schema.type === 'array')
    return cursor.touched ? [] : container(kind, holder(path), schema, place, trial);
  const yang = schema['x-yang'] ?? schemaAt(kind, cursor.path)?.['x-yang'];
  const member = schema['x-yang'] === undefined ? cursor.path : path;
  const suggestions = [
    ...nameSuggestions(member, around),
    ...knownSuggestions(member, yang, around),
    ...withOtherBits(valueSuggestions(member, yang), yang, document.text, cursor),
  ];
  const own = cursor.touched ? at(document.value, path.reduce(child, '')) : undefined;
  return trial
    .accepted(suggestions, ({ snippet }) => valueOf(snippet), own)
    .map(({ group, ...suggestion }, index) =>
      place.item({ kind: 'value', ...suggestion, sortText: rank(group, index) }),
    );
}

/** The beginning of an object or list, as far as the checker accepts one. */
function container(kind: DocumentKind, name: string, schema: SchemaNode, place: Placement, trial: Trial): Completion[] {
  const label = schema.type === 'object' ? '{ }' : '[ ]';
  const snippet = skeleton(kind, name, schema, (path, option) => trial.acceptsBelow(path, option));
  const fitting = templates.filter(
    ({ fits, body }) =>
      schema.type === 'object' && 'list' in fits && fits.list === name && trial.accepts(valueOf(body)),
  );
  const items = fitting.map((template, index) => templateItem(template, place, rank(1, index)));
  if (!trial.accepts(valueOf(snippet))) return items;
  return [
    ...items,
    place.item({
      label,
      kind: 'value',
      detail: `${name}: insert the usual members`,
      snippet,
      filterText: label,
      sortText: rank(0, 0),
    }),
  ];
}

/** Without the values that the list around the cursor already has; the one at the cursor may stay. */
function unlisted(completions: Completion[], document: ParsedDocument, cursor: Cursor): Completion[] {
  const list = at(document.value, cursor.path.reduce(child, ''));
  if (!Array.isArray(list)) return completions;
  const there = new Set(
    list.filter((_, index) => !cursor.touched || String(index) !== cursor.token).map((value) => JSON.stringify(value)),
  );
  return completions.filter(({ text }) => !there.has(text.replace(/,$/, '')));
}

/** The name of the member that holds the value at a path: array indexes are skipped. */
function holder(path: readonly string[]): string {
  return path.findLast((token) => !/^\d+$/.test(token)) ?? '';
}

/** The rank of a member: those with an order of use come first in their group. */
function rankOf(name: string, group: number, order: readonly string[], index: number): string {
  const place = order.indexOf(name);
  if (place < 0) return rank(group, order.length + index);
  return rank(Math.min(group, 1), place);
}

const rank = (group: number, index: number): string => `${group}${String(index).padStart(4, '0')}`;
