import type { Range } from '#dots/model/finding';
import type { ParsedDocument } from '../documents/document';
import type { Span } from '../documents/problem';
import { nameOf, tokenAt, tokenList, type TokenList } from '../documents/tokenList';

/**
 * The ranges around each offset, the innermost first: the content of a string, the value, its member, then the content
 * of the object or list around it, and so on to the whole text.
 */
export function selections(document: ParsedDocument, offsets: readonly number[]): Range[][] {
  if (document.beyondLimits) return offsets.map((offset) => [document.range({ start: offset, end: offset })]);
  const tokens = tokenList(document.text);
  return offsets.map((offset) => growing(spansAt(tokens, offset), offset).map((span) => document.range(span)));
}

function* spansAt(tokens: TokenList, offset: number): Generator<Span> {
  const { text, starts, ends, kinds } = tokens;
  yield { start: offset, end: offset };
  let index = tokenAt(tokens, offset);
  if (index >= 0 && isContent(kinds[index]) && offset <= (ends[index] as number)) {
    const span = { start: starts[index] as number, end: ends[index] as number };
    if (kinds[index] === 'string') yield { start: span.start + 1, end: Math.max(span.end - 1, span.start + 1) };
    yield span;
    yield* memberAt(tokens, kinds[index + 1] === ':' ? index + 2 : index);
  }
  if (index >= 0) index = enclosing(tokens, index, offset);
  for (; index >= 0; index = tokens.parents[index] as number) yield* bracketAt(tokens, index);
  yield { start: 0, end: text.length };
}

const isContent = (kind: string | undefined): boolean => kind === 'string' || kind === 'literal';

/** The opening bracket around an offset at or after a token, or -1. */
function enclosing({ parents, partners, ends }: TokenList, index: number, offset: number): number {
  const partner = partners[index] as number;
  if (partner > index || (partner >= 0 && offset < (ends[index] as number))) return Math.min(index, partner);
  return parents[index] as number;
}

function* bracketAt(tokens: TokenList, opening: number): Generator<Span> {
  const closing = tokens.partners[opening] as number;
  if (closing < 0) return;
  yield { start: tokens.ends[opening] as number, end: tokens.starts[closing] as number };
  yield { start: tokens.starts[opening] as number, end: tokens.ends[closing] as number };
  yield* memberAt(tokens, opening);
}

/** A member from its name to the end of its value. */
function* memberAt(tokens: TokenList, value: number): Generator<Span> {
  const name = nameOf(tokens, value);
  const last = Math.max(tokens.partners[value] ?? -1, value);
  const end = tokens.ends[last];
  if (name >= 0 && end !== undefined) yield { start: tokens.starts[name] as number, end };
}

/** Those spans that contain the offset and are larger than the one before. */
function growing(spans: Iterable<Span>, offset: number): Span[] {
  const kept: Span[] = [];
  for (const span of spans) {
    const before = kept[kept.length - 1];
    const contains = span.start <= (before?.start ?? offset) && span.end >= (before?.end ?? offset);
    const isLarger = before === undefined || span.end - span.start > before.end - before.start;
    if (contains && isLarger) kept.push(span);
  }
  return kept;
}
