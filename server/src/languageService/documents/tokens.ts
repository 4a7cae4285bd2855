/** A token of JSON; `literal` is any other run of characters: a number, true, false, null, or something half-typed. */
export type TokenKind = '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'literal' | 'end';

const quote = 0x22;
const backslash = 0x5c;
const slash = 0x2f;
const star = 0x2a;
const byteOrderMark = 0xfeff;

/**
 * The end of a run of blanks, and of a run of plain characters in a string: regular expressions skip such runs several
 * times faster than a loop.
 */
const notBlank = /[^ \t\r\n\ufeff]/g;
const notPlain = /["\\\r\n\ud800-\udfff]/g;
const bracketOrQuote = /["{}[\]]/g;

/** The first offset from `from` on where the pattern (of one character) matches, or the text's end. */
function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length;
}

const isBlank = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === byteOrderMark;
const isLineEnd = (code: number): boolean => code === 0x0a || code === 0x0d;
const endsLiteral = (code: number): boolean => isBlank(code) || code === quote || punctuationAt(code) !== undefined;

function punctuationAt(code: number): TokenKind | undefined {
  switch (code) {
    case 0x7b:
      return '{';
    case 0x7d:
      return '}';
    case 0x5b:
      return '[';
    case 0x5d:
      return ']';
    case 0x3a:
      return ':';
    case 0x2c:
      return ',';
    default:
      return undefined;
  }
}

/**
 * Reads the tokens of any text, JSON or not, one after the other and never backwards: the linear pass that every
 * feature uses. Comments count as blanks; an unclosed string ends with its line.
 */
export class Tokens {
  kind: TokenKind = 'end';
  /** The token's first offset, and the one after its last. */
  start = 0;
  end: number;
  /** string: it contains a backslash. */
  escaped = false;
  /** string: it contains a surrogate, paired or not. */
  surrogates = false;
  /** string: it has its closing quote. */
  closed = true;

  /**
   * Reads from an offset on; the offset must not be inside a token.
   * @param plain the text is JSON without any backslash or surrogate (`isPlain`), so that strings end at the next quote
   */
  constructor(
    readonly text: string,
    from = 0,
    private readonly plain = false,
  ) {
    this.end = from;
  }

  /** Moves to the next token and returns its kind; at the end of the text always `end`. */
  next(): TokenKind {
    this.start = this.skipBlanks(this.end);
    const code = this.text.charCodeAt(this.start);
    if (Number.isNaN(code)) return this.take('end', this.start);
    if (code === quote) return this.takeString();
    const mark = punctuationAt(code);
    return mark === undefined ? this.takeLiteral() : this.take(mark, this.start + 1);
  }

  /** Moves from an opening bracket to just before the bracket that closes it; only in plain text. */
  skipInside(): void {
    let offset = find(bracketOrQuote, this.text, this.end);
    for (let depth = 1; offset < this.text.length; offset = find(bracketOrQuote, this.text, offset)) {
      const code = this.text.charCodeAt(offset);
      if (code === quote) {
        this.start = offset;
        this.takeString();
        offset = this.end;
        continue;
      }
      depth += punctuationAt(code) === '{' || punctuationAt(code) === '[' ? 1 : -1;
      if (depth === 0) break;
      offset += 1;
    }
    this.end = offset;
  }

  /** Whether a colon follows the current token, so that a string is a member's name. */
  isName(): boolean {
    return this.text.charAt(this.skipBlanks(this.end)) === ':';
  }

  /** The current string token's content, its escapes resolved. */
  stringValue(): string {
    return stringContent(this.text, this.start, this.end);
  }

  private take(kind: TokenKind, end: number): TokenKind {
    this.end = end;
    this.kind = kind;
    return kind;
  }

  private takeString(): TokenKind {
    const { text } = this;
    this.escaped = false;
    this.surrogates = false;
    this.closed = true;
    if (this.plain) return this.take('string', text.indexOf('"', this.start + 1) + 1);
    let offset = find(notPlain, text, this.start + 1);
    for (let code = text.charCodeAt(offset); code > quote; code = text.charCodeAt(offset)) {
      if (code === backslash) this.escaped = true;
      else this.surrogates = true;
      offset = find(notPlain, text, offset + (code === backslash ? 2 : 1));
    }
    this.closed = text.charCodeAt(offset) === quote;
    return this.take('string', this.closed ? offset + 1 : Math.min(offset, text.length));
  }

  private takeLiteral(): TokenKind {
    let offset = this.start + 1;
    while (offset < this.text.length && !endsLiteral(this.text.charCodeAt(offset))) offset += 1;
    return this.take('literal', offset);
  }

  private skipBlanks(from: number): number {
    let offset = from;
    for (;;) {
      const code = this.text.charCodeAt(offset);
      if (isBlank(code))
        offset = isBlank(this.text.charCodeAt(offset + 1)) ? find(notBlank, this.text, offset + 2) : offset + 1;
      else if (code === slash) {
        const after = this.skipComment(offset);
        if (after === offset) return offset;
        offset = after;
      } else return offset;
    }
  }

  private skipComment(offset: number): number {
    const second = this.text.charCodeAt(offset + 1);
    if (second === star) {
      const end = this.text.indexOf('*/', offset + 2);
      return end < 0 ? this.text.length : end + 2;
    }
    if (second !== slash) return offset;
    let end = offset + 2;
    while (end < this.text.length && !isLineEnd(this.text.charCodeAt(end))) end += 1;
    return end;
  }
}

/** Whether the strings of a JSON text contain neither backslash nor surrogate: nearly every DOTS document. */
export function isPlain(json: string): boolean {
  return !json.includes('\\') && !/[\ud800-\udfff]/.test(json);
}

/** The content of the string at [start, end) with its quotes; a malformed one is returned unchanged. */
export function stringContent(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  const bare = raw.slice(1, raw.length > 1 && raw.endsWith('"') ? -1 : undefined);
  if (!raw.includes('\\')) return bare;
  try {
    return JSON.parse(raw) as string;
  } catch {
    return bare;
  }
}
