import type { Span } from './problem';
import { tokenList, type TokenList } from './tokenList';

/** A replacement of a part of a text, by offsets. */
export type Repair = Span & { newText: string };

/**
 * The repairs that make JSON of a text: brackets, commas, colons and quotes that are missing or too many, and values in
 * the spelling of other languages. undefined if the result would not be JSON.
 */
export function repairs(text: string): Repair[] | undefined {
  const quotes = missingQuotes(text);
  const quoted = repaired(text, quotes);
  const found = new Repairer(tokenList(quoted)).run();
  const after = repaired(quoted, found);
  if (isJson(after)) return quotes.length === 0 ? found : [difference(text, after)];
  if (quotes.length === 0) return undefined;
  const unquoted = new Repairer(tokenList(text)).run();
  return isJson(repaired(text, unquoted)) ? unquoted : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Quotes that are missing at one end of a name or value, line by line: to a reader of tokens such a quote starts a
 * string that ends with its line.
 */
function missingQuotes(text: string): Repair[] {
  return [...text.matchAll(/^.*$/gm)].flatMap(({ 0: line, index }) =>
    brokenQuotes.flatMap((pattern) => {
      const before = pattern.exec(line)?.[1];
      return before === undefined ? [] : [quoteAt(index + before.length)];
    }),
  );
}

const quoteAt = (offset: number): Repair => ({ start: offset, end: offset, newText: '"' });

/** What precedes a missing quote in a line: at the start or the end of a name, and at the start of a value. */
const brokenQuotes = [
  /^([\s{,]*)(?=[\w:-]+"\s*:)/,
  /^([\s{,]*"[\w-]+(?::[a-z][\w-]*)?)(?=\s*:(?!\S))/,
  /^(\s*(?:"[\w:-]+"\s*:\s*)?)(?=[^\s"{}[\],][^"]*"\s*[\]},]*\s*$)/,
] as const;

/** The part in which two texts differ. */
function difference(text: string, after: string): Repair {
  const most = Math.min(text.length, after.length);
  let start = 0;
  while (start < most && text[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && text[text.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { start, end: text.length - end, newText: after.slice(start, after.length - end) };
}

/** A text after its repairs. */
export function repaired(text: string, found: readonly Repair[]): string {
  let result = '';
  let end = 0;
  for (const repair of found) {
    result += text.slice(end, repair.start) + repair.newText;
    end = repair.end;
  }
  return result + text.slice(end);
}

/** What comes next in an object or list. */
type State = 'item' | 'colon' | 'value' | 'comma';

interface Frame {
  array: boolean;
  state: State;
  /** Nothing is in it so far. */
  isEmpty: boolean;
}

const literals: Readonly<Record<string, string>> = {
  none: 'null',
  nil: 'null',
  undefined: 'null',
  true: 'true',
  false: 'false',
  null: 'null',
};

class Repairer {
  private readonly repairs: Repair[] = [];
  private readonly frames: Frame[] = [];
  private isDone = false;
  private lastComma: Span | undefined;

  constructor(private readonly tokens: TokenList) {}

  run(): Repair[] {
    const { text, kinds, starts, ends } = this.tokens;
    if (text.charCodeAt(0) === 0xfeff) this.replace({ start: 0, end: 1 }, '');
    for (let index = 0; index < kinds.length; index++) {
      this.comments(ends[index - 1] ?? 0, starts[index] as number);
      this.token(index);
    }
    const end = ends[kinds.length - 1] ?? 0;
    this.complete(end);
    this.dropComma();
    for (let frame = this.frames.pop(); frame !== undefined; frame = this.frames.pop())
      this.insert(end, frame.array ? ']' : '}');
    this.comments(end, text.length);
    return this.repairs.sort((one, other) => one.start - other.start);
  }

  private token(index: number): void {
    switch (this.tokens.kinds[index]) {
      case '{':
      case '[':
        if (!this.item(index, true)) return;
        this.frames.push({ array: this.tokens.kinds[index] === '[', state: 'item', isEmpty: true });
        return;
      case '}':
      case ']':
        return this.close(index);
      case ',':
        return this.comma(index);
      case ':':
        return this.colon(index);
      default:
        return this.scalar(index);
    }
  }

  private get top(): Frame | undefined {
    return this.frames[this.frames.length - 1];
  }

  /** Takes the start of a value, or of a member; false if it is after the end of the document. */
  private item(index: number, isBracket: boolean): boolean {
    const { top } = this;
    if (top === undefined) {
      if (this.isDone) this.replace(this.span(index), '');
      this.isDone = true;
      return this.repairs[this.repairs.length - 1]?.start !== this.tokens.starts[index];
    }
    const isMember = !isBracket && this.tokens.kinds[index + 1] === ':';
    if (isMember && (top.state === 'value' || (top.array && top.isEmpty))) return this.openedObject(index);
    // A member in a list belongs to the object around it.
    if (top.array && isMember && this.frames[this.frames.length - 2]?.array === false) {
      this.insert(this.lastComma?.start ?? this.before(index), ']');
      this.frames.pop();
      this.top!.state = this.lastComma === undefined ? 'comma' : 'item';
    }
    this.continue(index);
    return true;
  }

  /** A member where a value is expected: the bracket before it is missing. */
  private openedObject(index: number): boolean {
    this.insert(this.tokens.starts[index] as number, '{');
    this.continue(index);
    this.frames.push({ array: false, state: 'colon', isEmpty: false });
    return true;
  }

  private continue(index: number): void {
    const { top } = this;
    if (top === undefined) return;
    if (top.state === 'comma') {
      this.insert(this.before(index), ',');
      top.state = 'item';
    }
    if (top.state === 'colon') {
      this.insert(this.before(index), ':');
      top.state = 'value';
    }
    this.lastComma = undefined;
    top.isEmpty = false;
    top.state = top.array || top.state === 'value' ? 'comma' : 'colon';
  }

  private close(index: number): void {
    const array = this.tokens.kinds[index] === ']';
    this.complete(this.before(index));
    this.dropComma();
    if (!this.frames.some((frame) => frame.array === array)) return this.replace(this.span(index), '');
    for (let frame = this.frames.pop(); frame !== undefined && frame.array !== array; frame = this.frames.pop())
      this.insert(this.before(index), frame.array ? ']' : '}');
  }

  /** Ends a member that has no value. */
  private complete(offset: number): void {
    const { top } = this;
    if (top === undefined || (top.state !== 'colon' && top.state !== 'value')) return;
    this.insert(offset, top.state === 'colon' ? ': null' : ' null');
    top.state = 'comma';
  }

  private comma(index: number): void {
    const { top } = this;
    this.complete(this.before(index));
    if (top?.state === 'comma') {
      top.state = 'item';
      this.lastComma = this.span(index);
    } else this.replace(this.span(index), '');
  }

  private colon(index: number): void {
    const { top } = this;
    if (top?.state === 'colon') top.state = 'value';
    else this.replace(this.span(index), '');
  }

  private scalar(index: number): void {
    const span = this.span(index);
    const text = this.tokens.text.slice(span.start, span.end);
    const isName = this.top?.array === false && (this.top.state === 'item' || this.top.state === 'comma');
    if (!this.item(index, false)) return;
    const written = this.tokens.kinds[index] === 'string' ? closedString(text) : literal(text, isName);
    if (written !== text) this.replace(span, written);
  }

  /** A comma before a closing bracket. */
  private dropComma(): void {
    if (this.lastComma !== undefined) this.replace(this.lastComma, '');
    this.lastComma = undefined;
  }

  private comments(start: number, end: number): void {
    const blanks = this.tokens.text.slice(start, end);
    if (!blanks.includes('/')) return;
    for (const { 0: comment, index } of blanks.matchAll(/\/\/[^\r\n]*|\/\*[^]*?(?:\*\/|$)/g))
      this.replace({ start: start + index, end: start + index + comment.length }, '');
  }

  private before(index: number): number {
    return this.tokens.ends[index - 1] ?? 0;
  }

  private span(index: number): Span {
    return { start: this.tokens.starts[index] as number, end: this.tokens.ends[index] as number };
  }

  private insert(offset: number, newText: string): void {
    const last = this.repairs[this.repairs.length - 1];
    if (last?.start === offset && last.end === offset) last.newText += newText;
    else this.replace({ start: offset, end: offset }, newText);
  }

  private replace(span: Span, newText: string): void {
    this.repairs.push({ ...span, newText });
  }
}

/** A string with its closing quote; commas and brackets at its end were not meant as its content. */
function closedString(text: string): string {
  const isClosed = text.length > 1 && text.endsWith('"') && !/(?<!\\)(?:\\\\)*\\"$/.test(text);
  if (isClosed && isJson(text)) return text;
  const content = isClosed ? text.slice(1, -1) : text.slice(1).replace(/[\s,\]}]+$/, '');
  return `"${content.replace(badEscape, '$1\\\\').replace(control, escaped)}"`;
}

/** A backslash that starts no escape of JSON (RFC 8259 section 7). */
const badEscape = /(?<!\\)((?:\\\\)*)\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/g;

/** JSON strings must not contain these as they are. */
const control = /[\u0000-\u001f]/g;

const escaped = (character: string): string => JSON.stringify(character).slice(1, -1);

/** A word that is no JSON value, in the form of one. */
function literal(text: string, isName: boolean): string {
  const quoted = /^['\u2018\u2019\u201c\u201d`](.*?)['\u2018\u2019\u201c\u201d`]$/.exec(text)?.[1];
  if (quoted !== undefined) return JSON.stringify(quoted);
  if (isName) return JSON.stringify(text);
  const known = literals[text.toLowerCase()];
  if (known !== undefined) return known;
  const [, sign = '', digits] = /^([+-]?)0*(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (digits !== undefined) return `${sign === '-' ? '-' : ''}${digits}`;
  if (/^-?\d/.test(text) && !Number.isNaN(Number(text))) return isJson(text) ? text : String(Number(text));
  return JSON.stringify(text);
}
