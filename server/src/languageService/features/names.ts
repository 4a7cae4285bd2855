import type { Range } from '#dots/model/finding';
import { isObject } from '#dots/model/json';
import { at, child, parent, tokens as tokensOf } from '#dots/model/pointer';
import { hasNamedMembers, mayHaveName, namePlace, type NameKind, type NameRole } from '#dots/workspace/nameKinds';
import type { ParsedDocument } from '../documents/document';
import type { Span } from '../documents/problem';
import { stringContent, Tokens } from '../documents/tokens';
import { entryLabel } from './labels';

/** A name in a text. */
export interface NameAt {
  of: NameKind;
  role: NameRole;
  name: string;
  /** The string with its quotes. */
  span: Span;
  pointer: string;
  /** The client that a document names around it. */
  cuid: string | undefined;
}

interface Frame {
  array: boolean;
  token: string;
  index: number;
}

/** All names of the known kinds in a text, in text order; one pass over it. */
export function namesOf(document: ParsedDocument, wanted?: string): NameAt[] {
  if (document.beyondLimits || (wanted !== undefined && !document.text.includes(wanted))) return [];
  const tokens = new Tokens(document.text);
  const frames: Frame[] = [];
  const found: NameAt[] = [];
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    const top = frames[frames.length - 1];
    if (kind === '{' || kind === '[') {
      if (top?.array === true) top.index += 1;
      frames.push({ array: kind === '[', token: '', index: -1 });
    } else if (kind === '}' || kind === ']') frames.pop();
    else if (kind === 'string' || kind === 'literal') {
      const name = found.length < mostNames ? readName(document, tokens, frames) : undefined;
      if (name !== undefined && (wanted === undefined || name.name === wanted)) found.push(name);
    }
  }
  return found;
}

/** More names of one text are not used. */
const mostNames = 100_000;

function readName(document: ParsedDocument, tokens: Tokens, frames: readonly Frame[]): NameAt | undefined {
  const top = frames[frames.length - 1];
  if (top === undefined) return undefined;
  const atName = !top.array && tokens.kind === 'string' && tokens.isName();
  if (atName) top.token = tokens.stringValue();
  if (top.array) top.index += 1;
  if (tokens.kind !== 'string') return undefined;
  const holder = top.array ? frames[frames.length - 2]?.token : top.token;
  if (atName ? !hasNamedMembers(document.form) : !mayHaveName(document.form, holder ?? '')) return undefined;
  const path = frames.map(({ array, token, index }) => (array ? String(index) : token));
  const place = namePlace(document.form, path, atName);
  if (place === undefined) return undefined;
  const { start, end } = tokens;
  const pointer = path.reduce(child, '');
  const name = stringContent(document.text, start, end);
  return { ...place, name, span: { start, end }, pointer, cuid: cuidAround(document, pointer) };
}

/** The cuid of the entry of `dots-client` that a pointer is in. */
function cuidAround({ value }: ParsedDocument, pointer: string): string | undefined {
  const path = tokensOf(pointer);
  const list = path.findIndex((token) => /(^|:)dots-client$/.test(token));
  if (list < 0) return undefined;
  const entry = at(value, path.slice(0, list + 2).reduce(child, ''));
  return isObject(entry) && typeof entry.cuid === 'string' ? entry.cuid : undefined;
}

/** The name at an offset, or undefined. */
export function nameAt(document: ParsedDocument, offset: number): NameAt | undefined {
  return namesOf(document).find(({ span }) => span.start <= offset && offset <= span.end);
}

/** Whether two names in one document mean the same thing. */
export function isSameIn(one: NameAt, other: NameAt): boolean {
  if (one.of !== other.of || one.name !== other.name) return false;
  return one.of.reach !== 'entry' || listOf(one.pointer) === listOf(other.pointer);
}

/** The pointer of the list around the entry that has a name. */
const listOf = (pointer: string): string => parent(parent(pointer));

/** The range of a name without its quotes. */
export function contentRange(document: ParsedDocument, { span }: NameAt): Range {
  const isClosed = document.text.charAt(span.end - 1) === '"' && span.end - span.start > 1;
  return document.range({ start: span.start + 1, end: isClosed ? span.end - 1 : span.end });
}

/** What a definition contains, in words. */
export function definitionLabel(document: ParsedDocument, { pointer }: NameAt): string | undefined {
  const entry = at(document.value, parent(pointer));
  const list = tokensOf(pointer).at(-3);
  return entry === undefined || list === undefined ? undefined : entryLabel(list, entry, 0);
}
