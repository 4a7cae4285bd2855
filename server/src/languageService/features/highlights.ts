import type { Range } from '#dots/model/finding';
import type { ParsedDocument } from '../documents/document';
import { Tokens } from '../documents/tokens';
import { tokenAt, tokenList } from '../documents/tokenList';

/** The most places of one value that are shown. */
const mostHighlights = 1000;

/** The places of the string or number at an offset, or of the member name there; of a bracket, both. */
export function highlights(document: ParsedDocument, offset: number): Range[] {
  if (document.beyondLimits) return [];
  const brackets = bracketsAt(document, offset);
  if (brackets.length > 0) return brackets;
  const wanted = writtenAt(document.text, offset);
  return wanted === undefined ? [] : places(document, wanted);
}

function bracketsAt(document: ParsedDocument, offset: number): Range[] {
  if (!/[[\]{}]/.test(document.text.slice(Math.max(offset - 1, 0), offset + 1))) return [];
  const tokens = tokenList(document.text);
  const index = [offset, offset - 1].map((at) => tokenAt(tokens, at)).find((at) => (tokens.partners[at] ?? -1) >= 0);
  if (index === undefined || Math.abs((tokens.starts[index] as number) + 0.5 - offset) > 0.5) return [];
  return [index, tokens.partners[index] as number].map((at) =>
    document.range({ start: tokens.starts[at] as number, end: tokens.ends[at] as number }),
  );
}

interface Written {
  text: string;
  isName: boolean;
}

function writtenAt(text: string, offset: number): Written | undefined {
  const tokens = new Tokens(text);
  while (tokens.next() !== 'end' && tokens.start <= offset)
    if (tokens.end >= offset && (tokens.kind === 'string' || tokens.kind === 'literal'))
      return { text: text.slice(tokens.start, tokens.end), isName: tokens.isName() };
  return undefined;
}

function places(document: ParsedDocument, { text, isName }: Written): Range[] {
  const found: Range[] = [];
  const tokens = new Tokens(document.text);
  while (found.length < mostHighlights && tokens.next() !== 'end') {
    const { start, end } = tokens;
    if (end - start === text.length && document.text.startsWith(text, start) && tokens.isName() === isName)
      found.push(document.range({ start, end }));
  }
  return found;
}
