import { nearMember } from '#dots/check/suggestions';
import { documentTypes, type DocumentKind } from '#dots/model/documents';
import type { Range } from '#dots/model/finding';
import { resolve, schemaAt, schemaOf, type SchemaNode } from '#dots/model/schema';
import { cursorAt, type Cursor } from '../documents/cursor';
import type { ParsedDocument } from '../documents/document';
import { stringContent } from '../documents/tokens';
import { factLines, memberText, rfcLink, sectionOf, typeLine, valueMeaning } from './facts';

/** What is known of the member or value at an offset. */
export interface Hover {
  /** Markdown; it contains no text of the document. */
  markdown: string;
  range: Range;
}

/** What to show of the member name or value at an offset; undefined if nothing is known of it. */
export function hover(document: ParsedDocument, offset: number): Hover | undefined {
  if (document.beyondLimits) return undefined;
  const cursor = cursorAt(document.text, offset + 1);
  const kind = documentTypes.find(({ topMember }) => topMember === (cursor.path[0] ?? cursor.token))?.kind;
  if (!cursor.touched || cursor.token === undefined || kind === undefined) return undefined;
  const path = [...cursor.path, cursor.token];
  const node = schemaAt(kind, path);
  if (node === undefined) return unknownMember(document, cursor, kind);
  const holder = cursor.role === 'value' && /^\d+$/.test(cursor.token) ? cursor.path : path;
  const markdown = [
    ...valueLines(document, cursor, kind, holder),
    ...memberLines(kind, holder, schemaAt(kind, holder) ?? node),
  ].join('\n');
  return { markdown, range: document.range(cursor.span) };
}

/** What a member that the schema does not have probably is. The markdown has names of the schema only. */
function unknownMember(
  document: ParsedDocument,
  { role, path, token, span }: Cursor,
  kind: DocumentKind,
): Hover | undefined {
  const members = Object.keys(schemaAt(kind, path)?.properties ?? {});
  if (role !== 'name' || token === undefined || members.length === 0) return undefined;
  const within = path.findLast((each) => !/^\d+$/.test(each)) ?? '';
  const { sentence: advice, use, rfc } = nearMember(token, members, within);
  if (use === undefined && rfc === undefined) return undefined;
  const known = use === undefined ? undefined : schemaAt(kind, [...path, use]);
  const markdown = [
    `There is no such member here: ${advice}`,
    ...(use === undefined || known === undefined ? [] : ['', '---', '', ...memberLines(kind, [...path, use], known)]),
    ...(rfc === undefined ? [] : ['', rfcLink(rfc)]),
  ].join('\n');
  return { markdown, range: document.range(span) };
}

function memberLines(kind: DocumentKind, path: readonly string[], node: SchemaNode): string[] {
  const name = path[path.length - 1] ?? '';
  const item = node.items === undefined ? undefined : resolve(schemaOf(kind), node.items);
  const type = documentTypes.find(({ topMember }) => topMember === name);
  const heading = type === undefined ? `**${name}**` : `**${name}**: ${type.title}`;
  const doc = memberText(path, node);
  const text = doc === undefined ? [] : [doc.text, ''];
  return [
    heading,
    '',
    ...text,
    sentence(typeLine(node, item)),
    '',
    ...factLines(kind, name, node).map((line) => `- ${line}`),
    '',
    rfcLink(sectionOf(kind, doc)),
  ];
}

function valueLines(document: ParsedDocument, cursor: Cursor, kind: DocumentKind, holder: readonly string[]): string[] {
  if (cursor.role !== 'value') return [];
  const raw = document.text.slice(cursor.span.start, cursor.span.end);
  const value = raw.startsWith('"') ? stringContent(document.text, cursor.span.start, cursor.span.end) : raw;
  const meaning = valueMeaning(holder, schemaAt(kind, holder)?.['x-yang'], value);
  return meaning === undefined ? [] : [sentence(meaning), '', '---', ''];
}

function sentence(words: string): string {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.)]$/.test(text) ? text : `${text}.`;
}
