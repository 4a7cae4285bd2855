import type { Span } from './problem';
import { tokenList, type TokenList } from './tokenList';

/** A replacement of a part of a text, by offsets. */
export type Repair = Span & { newText: string };

/**
 * The repairs that make JSON of a text: brackets, commas, colons and quotes that are missing or too many, and values in
 * the spelling of other languages. undefined if the result would not be JSON.
 */
export function repairs(text: string): Repair[] | undefined {
  const found = new Repairer(tokenList(text)).run();
  try {
    JSON.parse(repaired(text, found));
    return found;
  } catch {
    return undefined;
  }
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
        this.frames.push({ array: this.tokens.kinds[index] === '[', state: 'item' });
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
    // A member in a list belongs to the object around it.
    if (top.array && isMember && this.frames[this.frames.length - 2]?.array === false) {
      this.insert(this.before(index), ']');
      this.frames.pop();
      this.top!.state = 'comma';
    }
    this.continue(index);
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
    top.state = top.array || top.state === 'value' ? 'comma' : 'colon';
  }

  private close(index: number): void {
    const array = this.tokens.kinds[index] === ']';
    this.dropComma();
    if (!this.frames.some((frame) => frame.array === array)) return this.replace(this.span(index), '');
    for (let frame = this.frames.pop(); frame !== undefined && frame.array !== array; frame = this.frames.pop())
      this.insert(this.before(index), frame.array ? ']' : '}');
  }

  private comma(index: number): void {
    const { top } = this;
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
  if (text.length > 1 && text.endsWith('"') && !/(?<!\\)(?:\\\\)*\\"$/.test(text)) return text;
  return `"${text.slice(1).replace(/[\s,\]}]+$/, '')}"`;
}

/** A word that is no JSON value, in the form of one. */
function literal(text: string, isName: boolean): string {
  const quoted = /^['\u2018\u2019\u201c\u201d`](.*?)['\u2018\u2019\u201c\u201d`]$/.exec(text)?.[1];
  if (quoted !== undefined) return JSON.stringify(quoted);
  if (isName) return JSON.stringify(text);
  const known = literals[text.toLowerCase()];
  if (known !== undefined) return known;
  const [, sign = '', digits] = /^([+-]?)0*(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (digits !== undefined) return `${sign === '-' ? '-' : ''}${digits}`;
  return /^-?\d/.test(text) && !Number.isNaN(Number(text)) ? text : JSON.stringify(text);
}
