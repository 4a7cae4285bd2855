import type { Span } from './problem';

const comment = /\/\/[^\r\n]*|\/\*[^]*?(?:\*\/|$)/g;

/** The comments in a part of a text that has only blanks and comments. */
export function commentsIn(text: string, start: number, end: number): Span[] {
  const blanks = text.slice(start, end);
  if (!blanks.includes('/')) return [];
  return [...blanks.matchAll(comment)].map(({ 0: found, index }) => ({
    start: start + index,
    end: start + index + found.length,
  }));
}
