import { tokens as pointerTokens } from '#dots/model/pointer';
import type { Span } from './problem';
import { Tokens } from './tokens';

/** The place of a value, and of the name of its member. */
export interface Place extends Span {
  name?: Span;
  /** An object or array whose closing bracket is missing. */
  unclosed?: true;
}

/** The requested pointers, as a tree by their tokens. */
interface Wanted {
  pointer?: string;
  children: Map<string, Wanted>;
}

interface Frame {
  /** undefined: nothing inside is needed. */
  wanted: Wanted | undefined;
  array: boolean;
  index: number;
  place: Place | undefined;
}

/**
 * Finds many JSON pointers in one pass over the text, whatever their number. Pointers without a value are absent from
 * the result. Of two members with one name the last is used, as in `JSON.parse`.
 * @param plain the text is JSON without backslashes (`isPlain`), so that unneeded values can be skipped by their
 * brackets
 */
export function locateAll(text: string, pointers: Iterable<string>, plain: boolean): Map<string, Place> {
  const wanted = wantedTree(pointers);
  return wanted.pointer === undefined && wanted.children.size === 0
    ? new Map()
    : new Locator(text, wanted, plain).run();
}

function wantedTree(pointers: Iterable<string>): Wanted {
  const root: Wanted = { children: new Map() };
  for (const pointer of pointers) {
    let here = root;
    for (const token of pointerTokens(pointer)) {
      let next = here.children.get(token);
      if (next === undefined) here.children.set(token, (next = { children: new Map() }));
      here = next;
    }
    here.pointer = pointer;
  }
  return root;
}

class Locator {
  private readonly tokens: Tokens;
  private readonly frames: Frame[] = [];
  private readonly places = new Map<string, Place>();
  /** The member name just read, and what is needed below it. */
  private name: Span | undefined;
  private named: Wanted | undefined;

  constructor(
    text: string,
    private readonly root: Wanted,
    private readonly plain: boolean,
  ) {
    this.tokens = new Tokens(text, 0, plain);
  }

  run(): Map<string, Place> {
    const { tokens } = this;
    for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
      if (kind === '{' || kind === '[') this.begin(kind === '[');
      else if (kind === '}' || kind === ']') this.close(kind === ']', tokens.end);
      else if (kind === 'string') this.string();
      else if (kind === 'literal') this.begun(this.next());
    }
    for (const { place } of this.frames)
      if (place !== undefined) Object.assign(place, { end: tokens.end, unclosed: true });
    return this.places;
  }

  private get top(): Frame | undefined {
    return this.frames[this.frames.length - 1];
  }

  private string(): void {
    const { tokens, top } = this;
    if (top === undefined || top.array || !tokens.isName()) return void this.begun(this.next());
    this.name = { start: tokens.start, end: tokens.end };
    this.named = top.wanted?.children.get(tokens.stringValue());
  }

  /** What is needed of the value that starts at the current token. */
  private next(): Wanted | undefined {
    const { top } = this;
    if (top === undefined) return this.root;
    if (!top.array) {
      const { named } = this;
      this.named = undefined;
      return named;
    }
    top.index += 1;
    return top.wanted === undefined || top.wanted.children.size === 0
      ? undefined
      : top.wanted.children.get(String(top.index));
  }

  private begun(wanted: Wanted | undefined): Place | undefined {
    if (wanted?.pointer === undefined) return undefined;
    const { start, end } = this.tokens;
    const place: Place = {
      start,
      end,
      ...(this.top?.array === false && this.name !== undefined && { name: this.name }),
    };
    this.places.set(wanted.pointer, place);
    return place;
  }

  private begin(array: boolean): void {
    const wanted = this.next();
    const place = this.begun(wanted);
    if (this.plain && (wanted === undefined || wanted.children.size === 0)) this.tokens.skipInside();
    this.frames.push({ wanted, array, index: -1, place });
  }

  private close(array: boolean, end: number): void {
    const { top } = this;
    if (top === undefined || top.array !== array) return;
    if (top.place !== undefined) top.place.end = end;
    this.frames.pop();
  }
}
