import { Tokens, type TokenKind } from './tokens';

/** All tokens of a text and how its brackets nest: for features that need the whole text at once. */
export interface TokenList {
  readonly text: string;
  readonly kinds: readonly TokenKind[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The bracket that closes an opening one, or that a closing one closes; -1 for all other tokens. */
  readonly partners: readonly number[];
  /** The opening bracket around a token, or -1; of a bracket, the one around both. */
  readonly parents: readonly number[];
  /** There are comments between the tokens; without them most features need not look there. */
  readonly hasComments: boolean;
}

/**
 * Reads all tokens of any text in one pass. A closing bracket closes the nearest open bracket of its kind; those opened
 * in between have no partner.
 */
export function tokenList(text: string): TokenList {
  const kinds: TokenKind[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const partners: number[] = [];
  const parents: number[] = [];
  const open: number[] = [];
  const tokens = new Tokens(text);
  let end = 0;
  let hasComments = false;
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    const index = kinds.length;
    const opener = kind === '}' || kind === ']' ? closed(open, kinds, kind) : undefined;
    if (opener !== undefined) partners[opener] = index;
    partners.push(opener ?? -1);
    parents.push(open[open.length - 1] ?? -1);
    if (kind === '{' || kind === '[') open.push(index);
    kinds.push(kind);
    starts.push(tokens.start);
    ends.push(tokens.end);
    hasComments ||= hasSlash(text, end, tokens.start);
    end = tokens.end;
  }
  hasComments ||= hasSlash(text, end, text.length);
  return { text, kinds, starts, ends, partners, parents, hasComments };
}

/** Whether a part of a text that has only blanks and comments has a comment. */
function hasSlash(text: string, start: number, end: number): boolean {
  for (let offset = start; offset < end; offset++) if (text.charCodeAt(offset) === 0x2f) return true;
  return false;
}

/** Removes the nearest open bracket of a kind, and those opened in it; returns it. */
function closed(open: number[], kinds: readonly TokenKind[], kind: TokenKind): number | undefined {
  const opening = kind === '}' ? '{' : '[';
  for (let level = open.length - 1; level >= 0; level -= 1) {
    const index = open[level] as number;
    if (kinds[index] !== opening) continue;
    open.length = level;
    return index;
  }
  return undefined;
}

/** The last token that starts at or before an offset, or -1. */
export function tokenAt({ starts }: TokenList, offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The name of the member whose value starts at a token, as the index of its token; -1 for entries of a list. */
export function nameOf({ kinds }: TokenList, value: number): number {
  return value >= 2 && kinds[value - 1] === ':' && kinds[value - 2] === 'string' ? value - 2 : -1;
}
