import type { Range } from '#dots/model/finding';
import type { ParsedDocument } from '../documents/document';
import { Layout, type LayoutOptions } from '../documents/layout';
import type { Span } from '../documents/problem';
import { tokenAt, tokenList } from '../documents/tokenList';

/** A replacement of a part of a text. */
export interface TextEdit {
  range: Range;
  newText: string;
}

/** More edits than this become one: editors slow down with many. */
const mostEdits = 1000;

/**
 * Formats a text, or the tokens of it in `span`. Only blanks change, so that every text keeps its meaning, even with
 * syntax errors. Short lists are on one line; an object that begins on one line stays there if it fits.
 */
export function format(document: ParsedDocument, options: LayoutOptions, span?: Span): TextEdit[] {
  if (document.beyondLimits) return [];
  const gaps = new Layout(tokenList(document.text), options).gaps();
  const inside = span === undefined ? gaps : gaps.filter(({ end }) => end >= span.start && end <= span.end);
  const edits = inside.length > mostEdits ? [joined(document.text, inside)] : inside;
  return edits.map(({ newText, ...gap }) => ({ range: document.range(gap), newText }));
}

/** Formats the object or list that the bracket before an offset closes: for formatting on type. */
export function formatClosed(document: ParsedDocument, options: LayoutOptions, offset: number): TextEdit[] {
  if (document.beyondLimits) return [];
  const tokens = tokenList(document.text);
  const closing = tokenAt(tokens, offset - 1);
  const opening = tokens.partners[closing] ?? -1;
  if (opening < 0 || opening > closing) return [];
  return format(document, options, { start: tokens.ends[opening] as number, end: offset });
}

type Gap = Span & { newText: string };

/** One edit with the effect of several. */
function joined(text: string, gaps: readonly Gap[]): Gap {
  const [first] = gaps as [Gap];
  const pieces: string[] = [];
  let end = first.start;
  for (const gap of gaps) {
    pieces.push(text.slice(end, gap.start), gap.newText);
    end = gap.end;
  }
  return { start: first.start, end, newText: pieces.join('') };
}
