import type { Span } from './problem';
import { stringContent, Tokens, type TokenKind } from './tokens';

/** What is written, or can be written, at an offset of a text that may be half-typed. */
export interface Cursor {
  /** document: outside of any object or array; none: only punctuation is possible here, or it is in a comment. */
  role: 'document' | 'name' | 'value' | 'none';
  offset: number;
  /** The tokens of the pointer to the object or array around the offset. */
  path: string[];
  /** value: the member's name or the element's index. name: the name at the offset, if there is one. */
  token: string | undefined;
  /** The text at the offset that a completion replaces; empty if nothing is written yet. */
  span: Span;
  /** There is a string or literal at the offset. */
  touched: boolean;
  /** Names of the other members of the object around the offset. */
  names: string[];
  /** name: a colon follows, so that the value is already there. */
  colon: boolean;
  /** Where a comma is missing before the text that is written here. */
  commaBefore?: number;
  /** The following text is not separated by a comma. */
  commaAfter: boolean;
}

type State = 'start' | 'named' | 'colon' | 'filled';

interface Frame {
  array: boolean;
  state: State;
  index: number;
  /** Start and end of each member name read so far. */
  names: Span[];
}

/**
 * Analyses a text around an offset: one pass up to it, then on to the end of the object around it for the names that
 * follow. A closing bracket closes the nearest bracket of its kind, so that an unclosed one does not swallow the rest.
 */
export function cursorAt(text: string, offset: number): Cursor {
  const tokens = new Tokens(text);
  const frames: Frame[] = [];
  let before = 0;
  while (tokens.next() !== 'end' && tokens.start < offset && !isTouched(tokens, offset)) {
    read(frames, tokens);
    before = tokens.end;
  }
  const cursor = describe(text, offset, frames, tokens);
  if (!cursor.touched && isInComment(text.slice(before, tokens.start), offset - before))
    return { ...cursor, role: 'none' };
  return {
    ...cursor,
    ...(frames[frames.length - 1]?.state === 'filled' && { commaBefore: before }),
  };
}

/** The tokens of the pointer to the innermost member or element at an offset. */
export function pathAt(text: string, offset: number): string[] {
  const { path, token, touched } = cursorAt(text, offset + 1);
  return touched && token !== undefined ? [...path, token] : path;
}

const isTouched = ({ kind, start, end }: Tokens, offset: number): boolean =>
  (kind === 'string' || kind === 'literal') && start < offset && offset <= end;

/** Whether an offset is in a comment of a text of blanks and comments; the end of a line belongs to its comment. */
function isInComment(blanks: string, offset: number): boolean {
  for (const { 0: comment, index } of blanks.matchAll(/\/\/[^\r\n]*|\/\*[^]*?(?:\*\/|$)/g)) {
    const end = index + comment.length;
    const isClosed = /^\/\*[^]*\*\/$/.test(comment) && comment.length > 3;
    if (index < offset && (isClosed ? offset < end : offset <= end)) return true;
  }
  return false;
}

/** Takes one token into account. */
function read(frames: Frame[], tokens: Tokens): void {
  const top = frames[frames.length - 1];
  if (tokens.kind === '{' || tokens.kind === '[') {
    filled(top);
    frames.push({ array: tokens.kind === '[', state: 'start', index: -1, names: [] });
  } else if (tokens.kind === '}' || tokens.kind === ']') close(frames, tokens.kind === ']');
  else if (top === undefined) return;
  else if (tokens.kind === ',') top.state = 'start';
  else if (tokens.kind === ':') top.state = 'colon';
  else if (tokens.kind === 'string' && isNameAt(top, tokens)) {
    top.names.push({ start: tokens.start, end: tokens.end });
    top.state = 'named';
  } else filled(top);
}

const isNameAt = (frame: Frame, tokens: Tokens): boolean =>
  !frame.array && (frame.state !== 'colon' || tokens.isName());

function filled(frame: Frame | undefined): void {
  if (frame === undefined) return;
  if (frame.array) frame.index += 1;
  frame.state = 'filled';
}

function close(frames: Frame[], array: boolean): void {
  for (let level = frames.length - 1; level >= 0; level -= 1) {
    if (frames[level]?.array === array) return void (frames.length = level);
  }
}

function describe(text: string, offset: number, frames: Frame[], tokens: Tokens): Cursor {
  const frame = frames[frames.length - 1];
  const touched = tokens.kind !== 'end' && isTouched(tokens, offset);
  const span = touched ? replaced(text, offset, tokens) : { start: offset, end: offset };
  const after = new Tokens(text, span.end);
  after.next();
  const path = frames.slice(0, -1).map((level) => tokenOf(text, level));
  const role = roleAt(frame, touched ? tokens : undefined, after);
  const colon = after.kind === ':';
  const commaAfter = after.kind === 'string' || after.kind === 'literal' || after.kind === '{' || after.kind === '[';
  const written = touched && role === 'name' ? stringContent(text, tokens.start, tokens.end) : undefined;
  return {
    offset,
    role,
    path,
    span,
    touched,
    colon,
    commaAfter,
    token: frame === undefined ? undefined : role === 'value' ? valueToken(text, frame) : written,
    names: frame === undefined ? [] : namesAround(text, frame, after),
  };
}

/**
 * What a completion replaces: the token, but of an unclosed string, which runs to its line's end, only the word begun.
 */
function replaced(text: string, offset: number, { start, end, closed, kind }: Tokens): Span {
  if (kind !== 'string' || closed) return { start, end };
  return { start, end: offset + (/^[\w:.-]*/.exec(text.slice(offset, end))?.[0].length ?? 0) };
}

function roleAt(frame: Frame | undefined, touched: Tokens | undefined, after: Tokens): Cursor['role'] {
  if (frame === undefined) return 'document';
  if (frame.array) return 'value';
  if (frame.state === 'colon') {
    if (touched?.kind === 'string' && touched.isName()) return 'name';
    return touched === undefined && startsValue(after) ? 'none' : 'value';
  }
  return frame.state === 'named' ? 'none' : 'name';
}

/** A member has its value already: the string after its colon is not another member's name. */
const startsValue = (after: Tokens): boolean =>
  after.kind === '{' || after.kind === '[' || after.kind === 'literal' || (after.kind === 'string' && !after.isName());

/** The member or element that is being read in an object or array that something deeper was opened in. */
function tokenOf(text: string, frame: Frame): string {
  if (frame.array) return String(Math.max(frame.index, 0));
  const name = frame.names[frame.names.length - 1];
  return name === undefined ? '' : stringContent(text, name.start, name.end);
}

/** The element whose value is to be written: the one after the last that was read. */
function valueToken(text: string, frame: Frame): string {
  return frame.array ? String(frame.index + 1) : tokenOf(text, frame);
}

function namesAround(text: string, frame: Frame, after: Tokens): string[] {
  if (frame.array) return [];
  const names = frame.names.map(({ start, end }) => stringContent(text, start, end));
  let depth = 0;
  for (let kind: TokenKind = after.kind; kind !== 'end' && depth >= 0; kind = after.next()) {
    if (kind === '{' || kind === '[') depth += 1;
    else if (kind === '}' || kind === ']') depth -= 1;
    else if (depth === 0 && kind === 'string' && after.isName()) names.push(after.stringValue());
  }
  return names;
}
