import type { ParsedDocument } from '../documents/document';
import { commentsIn } from '../documents/comments';
import { tokenList, type TokenList } from '../documents/tokenList';

/** Lines, from 0, that an editor can hide; the first stays visible. */
export interface Fold {
  startLine: number;
  endLine: number;
  isComment: boolean;
}

/** The objects and lists on several lines, without the line of their closing bracket, and comments on several lines. */
export function folds(document: ParsedDocument): Fold[] {
  if (document.beyondLimits) return [];
  const tokens = tokenList(document.text);
  return [...brackets(document, tokens), ...comments(document, tokens)].sort(
    (one, other) => one.startLine - other.startLine,
  );
}

function brackets({ lines }: ParsedDocument, { partners, starts }: TokenList): Fold[] {
  const lineOf = (token: number): number => lines.positionAt(starts[token] as number).line;
  return partners.flatMap((partner, index) => {
    if (partner <= index) return [];
    const [startLine, endLine] = [lineOf(index), lineOf(partner) - 1];
    return endLine > startLine ? [{ startLine, endLine, isComment: false }] : [];
  });
}

function comments({ lines, text }: ParsedDocument, { starts, ends, hasComments }: TokenList): Fold[] {
  if (!hasComments) return [];
  return [...starts, text.length].flatMap((end, index) =>
    commentsIn(text, ends[index - 1] ?? 0, end).flatMap((span) => {
      const [startLine, endLine] = [lines.positionAt(span.start).line, lines.positionAt(span.end).line];
      return endLine > startLine ? [{ startLine, endLine, isComment: true }] : [];
    }),
  );
}
