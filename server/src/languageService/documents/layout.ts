import { commentsIn } from './comments';
import type { Span } from './problem';
import type { TokenList } from './tokenList';

/** How a text is indented. */
export interface LayoutOptions {
  /** Columns of one level. */
  tabSize: number;
  insertSpaces: boolean;
}

/** A list or object is on one line if the line does not become longer than this. */
const lineWidth = 120;

type Gap = Span & { newText: string };

/**
 * Where the blanks of a text should differ. All tokens and comments are kept; a gap after an unclosed string is left
 * alone, since its line end closes the string.
 */
export class Layout {
  private readonly eol: string;
  private readonly unit: string;
  /** A line end and the indentation of each level. */
  private readonly newLines: string[] = [];
  /** The offset of each token if all were on one line. */
  private readonly flatOffsets: number[] = [];
  /** Whether a list or object may be on one line, by its opening bracket. */
  private readonly foldable = new Set<number>();
  /** Whether each open bracket, the innermost last, is laid out on one line. */
  private readonly flat: boolean[] = [];
  private column = 0;

  constructor(
    private readonly tokens: TokenList,
    { tabSize, insertSpaces }: LayoutOptions,
  ) {
    this.eol = tokens.text.includes('\r\n') ? '\r\n' : '\n';
    this.unit = insertSpaces ? ' '.repeat(tabSize) : '\t';
  }

  /** The gaps whose blanks change, in text order. */
  gaps(): Gap[] {
    this.measure();
    const gaps: Gap[] = [];
    const { kinds, text } = this.tokens;
    for (let index = 0; index <= kinds.length; index++) {
      const start = this.tokens.ends[index - 1] ?? 0;
      const end = this.tokens.starts[index] ?? text.length;
      const newText = this.gap(index, start, end);
      if (newText !== text.slice(start, end)) gaps.push({ start, end, newText });
    }
    return gaps;
  }

  /** Finds the width of everything, and what may be on one line, inner brackets first. */
  private measure(): void {
    const { kinds, starts, ends, partners } = this.tokens;
    let offset = 0;
    for (let index = 0; index < kinds.length; index++) {
      offset += this.flatGap(index).length;
      this.flatOffsets.push(offset);
      offset += (ends[index] as number) - (starts[index] as number);
      const opening = partners[index] as number;
      if (opening >= 0 && opening < index && this.isFoldable(opening, index)) this.foldable.add(opening);
    }
  }

  private isFoldable(opening: number, closing: number): boolean {
    const { kinds } = this.tokens;
    if (opening + 1 === closing) return !this.hasComment(closing);
    if (kinds[opening] === '{' && this.breaksAfter(opening)) return false;
    let objects = 0;
    let entries = 0;
    for (let index = opening + 1; index <= closing; index = this.after(index)) {
      if (this.hasComment(index)) return false;
      if (index === closing) break;
      if (this.isOpening(index) && !this.foldable.has(index)) return false;
      if (kinds[index] !== ',') entries += 1;
      if (this.hasSeveral(index)) objects += 1;
    }
    return kinds[opening] === '{' || entries < 2 || objects < entries;
  }

  /** The token after a value, its inside skipped. */
  private after(index: number): number {
    return this.isOpening(index) ? Math.max(this.tokens.partners[index] as number, index) + 1 : index + 1;
  }

  private isOpening(index: number): boolean {
    const { kinds } = this.tokens;
    return kinds[index] === '{' || kinds[index] === '[';
  }

  /** Whether a bracket contains several members or entries. */
  private hasSeveral(opening: number): boolean {
    if (!this.isOpening(opening)) return false;
    const closing = this.tokens.partners[opening] as number;
    const value = this.tokens.kinds[opening] === '{' ? opening + 3 : opening + 1;
    return value < closing && this.after(value) < closing;
  }

  private breaksAfter(index: number): boolean {
    const { text, ends, starts } = this.tokens;
    return /[\r\n]/.test(text.slice(ends[index], starts[index + 1]));
  }

  private hasComment(index: number): boolean {
    const { text, ends, starts, hasComments } = this.tokens;
    return hasComments && text.slice(ends[index - 1] ?? 0, starts[index]).includes('/');
  }

  /** The blanks before a token where everything is on one line. */
  private flatGap(index: number): string {
    const { kinds } = this.tokens;
    const [before, kind] = [kinds[index - 1], kinds[index]];
    if (before === undefined || kind === ',' || kind === ':') return '';
    if (before === ',' || before === ':') return ' ';
    if (before === '{') return kind === '}' ? '' : ' ';
    if (kind === '}') return ' ';
    return before === '[' || kind === ']' ? '' : ' ';
  }

  private gap(index: number, start: number, end: number): string {
    const { text, kinds } = this.tokens;
    const original = text.slice(start, end);
    const blanks = this.blanks(index, original);
    const comments = this.tokens.hasComments ? commentsIn(text, start, end) : [];
    const newText = comments.length === 0 ? blanks : this.withComments(comments, index, blanks);
    const broken = newText.lastIndexOf('\n');
    this.column = broken < 0 ? this.column + newText.length : newText.length - broken - 1;
    if (kinds[index] !== undefined) this.enter(index);
    return newText;
  }

  /** The blanks before a token that has no comment before it. */
  private blanks(index: number, original: string): string {
    const { kinds, text, starts } = this.tokens;
    const kind = kinds[index];
    if (this.isAfterUnclosed(index)) return original;
    if (kind === undefined) return original.trim() === '' && original !== '' && index > 0 ? this.eol : '';
    if (index === 0) return text.charCodeAt(0) === byteOrderMark && (starts[0] as number) > 0 ? '\ufeff' : '';
    const closes = (this.tokens.partners[index] as number) >= 0 && !this.isOpening(index);
    if (this.flat[this.flat.length - 1] === true) return this.flatGap(index);
    const before = kinds[index - 1];
    if (kind === ',' || kind === ':' || before === ':') return this.flatGap(index);
    const level = this.flat.length - (closes ? 1 : 0);
    return before === ',' ? this.blankLine(original) + this.newLine(level) : this.newLine(level);
  }

  /** Of several blank lines one is kept. */
  private blankLine(blanks: string): string {
    const first = blanks.indexOf('\n');
    return first >= 0 && blanks.includes('\n', first + 1) && /\n[ \t]*\r?\n/.test(blanks) ? this.eol : '';
  }

  private newLine(level: number): string {
    return (this.newLines[level] ??= this.eol + this.unit.repeat(level));
  }

  private isAfterUnclosed(index: number): boolean {
    const { kinds, text, starts, ends } = this.tokens;
    if (kinds[index - 1] !== 'string') return false;
    const [start, end] = [starts[index - 1] as number, ends[index - 1] as number];
    return end - start < 2 || text.charAt(end - 1) !== '"' || isEscapedAt(text, end - 1, start);
  }

  /** The comments before a token: those that follow something on its line stay there. */
  private withComments(comments: readonly Span[], index: number, blanks: string): string {
    const { text, ends } = this.tokens;
    let before = ends[index - 1] ?? 0;
    let written = index === 0 && text.charCodeAt(0) === byteOrderMark ? '\ufeff' : '';
    let isLine = false;
    for (const { start, end } of comments) {
      const blanksBefore = text.slice(before, start);
      const isOnNewLine = /[\r\n]/.test(blanksBefore) || isLine;
      const line = this.blankLine(blanksBefore) + this.newLine(this.flat.length);
      written += (index === 0 && before === 0 ? '' : isOnNewLine ? line : ' ') + text.slice(start, end);
      isLine = text.startsWith('//', start);
      before = end;
    }
    const rest = blanks.replace('\ufeff', '').replace(this.eol + this.eol, this.eol);
    const breaks = isLine || index === 0 || /[\r\n]/.test(text.slice(before, this.tokens.starts[index]));
    if (this.tokens.kinds[index] === undefined) return written + (breaks && before < text.length ? this.eol : '');
    return written + (rest.includes('\n') ? rest : breaks ? this.newLine(this.flat.length) : ' ');
  }

  /** Takes a token into account for what follows. */
  private enter(index: number): void {
    const { starts, ends, partners } = this.tokens;
    if (this.isOpening(index)) this.flat.push(this.isFlat(index));
    else if ((partners[index] as number) >= 0) this.leave(partners[index] as number);
    this.column += (ends[index] as number) - (starts[index] as number);
  }

  /** Leaves a bracket, and those that were opened in it and have no partner. */
  private leave(opening: number): void {
    let depth = 0;
    for (let at = opening; at >= 0; at = this.tokens.parents[at] as number) depth += 1;
    this.flat.length = depth - 1;
  }

  private isFlat(opening: number): boolean {
    if (this.flat[this.flat.length - 1] === true) return true;
    const closing = this.tokens.partners[opening] as number;
    if (!this.foldable.has(opening)) return false;
    if (opening + 1 === closing) return true;
    const width = (this.flatOffsets[closing] as number) - (this.flatOffsets[opening] as number) + 1;
    const comma = this.tokens.kinds[closing + 1] === ',' ? 1 : 0;
    return this.flat.length > 0 && this.column + width + comma <= lineWidth;
  }
}

const byteOrderMark = 0xfeff;

/** Whether the character at an offset follows an odd number of backslashes. */
function isEscapedAt(text: string, offset: number, from: number): boolean {
  let backslashes = 0;
  while (offset - backslashes - 1 > from && text.charAt(offset - backslashes - 1) === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}
