import { withoutZeros } from '#dots/model/numbers';
import { child } from '#dots/model/pointer';
import { maximumProblems, rfcOf, type Problem } from './problem';
import { stringContent, Tokens } from './tokens';

/** The deepest nesting of objects and arrays; no DOTS document needs half of it. */
export const maximumDepth = 64;

/** Objects with more members than this are searched for duplicates by a table rather than pair by pair. */
const fewMembers = 8;

/** What a linear pass over a text finds that `JSON.parse` does not report. */
export interface Inspection {
  problems: Problem[];
  /** The text is nested beyond `maximumDepth`: nothing may walk it. */
  tooDeep: boolean;
}

interface Frame {
  array: boolean;
  /** Array: the index of the current element. */
  index: number;
  /** Object: the index of its first name among all open names. */
  firstName: number;
  /** Object: one of its names contains an escape, so names must be compared decoded. */
  escapedNames: boolean;
}

/**
 * One pass over any text: duplicate members (both places), `__proto__`, numbers that JavaScript and most JSON readers
 * would silently change, lone surrogates, and nesting beyond the limit. Never recurses.
 * @param plain the text is JSON without backslashes and surrogates (`isPlain`)
 */
export function inspect(text: string, plain = false): Inspection {
  return new Inspector(text, plain).run();
}

class Inspector {
  private readonly tokens: Tokens;
  private readonly problems: Problem[] = [];
  private readonly frames: Frame[] = [];
  /** Start and end of every name of the open objects, two numbers each. */
  private readonly names: number[] = [];

  constructor(
    private readonly text: string,
    plain: boolean,
  ) {
    this.tokens = new Tokens(text, 0, plain);
  }

  run(): Inspection {
    const { tokens } = this;
    for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
      if (kind === 'string') this.string();
      else if (kind === 'literal') this.literal();
      else if (kind === '{' || kind === '[') {
        if (this.frames.length === maximumDepth) return this.tooDeep();
        this.value();
        this.frames.push({ array: kind === '[', index: -1, firstName: this.names.length, escapedNames: false });
      } else if (kind === '}' || kind === ']') this.close(kind === ']');
    }
    while (this.frames.length > 0) this.close(this.frames[this.frames.length - 1]?.array === true);
    return { problems: this.problems, tooDeep: false };
  }

  private tooDeep(): Inspection {
    const message = `Objects and arrays are nested more than ${maximumDepth} levels deep from here; a DOTS document needs far fewer.`;
    this.report({
      code: 'json/too-deep',
      severity: 'error',
      message,
      rfc: rfcOf.limits,
      start: this.tokens.start,
      end: this.tokens.end,
      pointer: '',
    });
    return { problems: this.problems, tooDeep: true };
  }

  private string(): void {
    const { tokens, frames } = this;
    const frame = frames[frames.length - 1];
    if (frame !== undefined && !frame.array && tokens.isName()) this.name(frame);
    else this.value();
    if (tokens.escaped || tokens.surrogates) this.surrogates();
  }

  private name(frame: Frame): void {
    const { start, end, escaped } = this.tokens;
    this.names.push(start, end);
    frame.escapedNames ||= escaped;
    if ((escaped || this.text.startsWith('__proto__', start + 1)) && this.tokens.stringValue() === '__proto__') {
      const message = 'No DOTS member is called "__proto__", and many programs break on that name; remove it.';
      this.report({
        code: 'json/forbidden-name',
        severity: 'error',
        message,
        rfc: rfcOf.names,
        start,
        end,
        pointer: this.pointer(),
      });
    }
  }

  private value(): void {
    const frame = this.frames[this.frames.length - 1];
    if (frame?.array === true) frame.index += 1;
  }

  private literal(): void {
    const { start, end } = this.tokens;
    this.value();
    // A single number is not a document, and may be a key: it is not quoted.
    if (this.frames.length === 0) return;
    const message =
      end - start > 15 || /[eE]/.test(this.text.slice(start, end))
        ? numberFault(this.text.slice(start, end))
        : undefined;
    if (message !== undefined) {
      this.report({
        code: 'json/number-too-large',
        severity: 'error',
        message,
        rfc: rfcOf.longNumbers,
        start,
        end,
        pointer: this.pointer(),
      });
    }
  }

  /** Half a character, escaped or not, cannot be encoded in UTF-8 or CBOR. */
  private surrogates(): void {
    const { start, end } = this.tokens;
    if (!hasLoneSurrogate(this.tokens.stringValue())) return;
    const message =
      'This string contains half of a character (a lone surrogate), which cannot be written in UTF-8 or CBOR; write the whole character.';
    this.report({
      code: 'json/lone-surrogate',
      severity: 'error',
      message,
      rfc: rfcOf.surrogates,
      start,
      end,
      pointer: this.pointer(),
    });
  }

  /**
   * Ends the innermost object or array; a bracket of the other kind is ignored, so the depth is never counted too low.
   */
  private close(array: boolean): void {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined || frame.array !== array) return;
    if (!array) this.duplicates(frame);
    this.frames.pop();
    this.names.length = frame.firstName;
  }

  private duplicates(frame: Frame): void {
    const count = (this.names.length - frame.firstName) / 2;
    if (count > fewMembers || frame.escapedNames) this.duplicatesByTable(frame);
    else for (let at = frame.firstName + 2; at < this.names.length; at += 2) this.duplicateOf(frame.firstName, at);
  }

  private duplicatesByTable(frame: Frame): void {
    const seen = new Map<string, number>();
    for (let at = frame.firstName; at < this.names.length && !this.full; at += 2) {
      const name = this.nameAt(at);
      const before = seen.get(name);
      if (before === undefined) seen.set(name, at);
      else this.duplicate(before, at);
    }
  }

  private duplicateOf(first: number, at: number): void {
    for (let before = first; before < at; before += 2) {
      if (this.sameName(before, at)) return this.duplicate(before, at);
    }
  }

  private sameName(one: number, other: number): boolean {
    const { text, names } = this;
    const start = names[one] ?? 0;
    const otherStart = names[other] ?? 0;
    const length = (names[one + 1] ?? 0) - start;
    if ((names[other + 1] ?? 0) - otherStart !== length) return false;
    for (let offset = 1; offset < length; offset += 1) {
      if (text.charCodeAt(start + offset) !== text.charCodeAt(otherStart + offset)) return false;
    }
    return true;
  }

  private duplicate(before: number, at: number): void {
    const name = this.nameAt(at);
    this.report({
      code: 'json/duplicate-member',
      severity: 'error',
      rfc: rfcOf.objects,
      message: `Duplicate member "${name}": parsers differ in which one they use; remove one.`,
      start: this.names[at] ?? 0,
      end: this.names[at + 1] ?? 0,
      pointer: child(this.pointer(this.frames.length - 1), name),
      related: {
        start: this.names[before] ?? 0,
        end: this.names[before + 1] ?? 0,
        message: `First "${name}".`,
      },
    });
  }

  private nameAt(at: number): string {
    return stringContent(this.text, this.names[at] ?? 0, this.names[at + 1] ?? 0);
  }

  /** The pointer of the current member or element, of the innermost `depth` frames counted from outside. */
  private pointer(depth = this.frames.length): string {
    let pointer = '';
    for (let level = 0; level < depth; level += 1) {
      const frame = this.frames[level];
      if (frame === undefined) break;
      if (frame.array) pointer = child(pointer, Math.max(frame.index, 0));
      else {
        const last = (this.frames[level + 1]?.firstName ?? this.names.length) - 2;
        if (last >= frame.firstName) pointer = child(pointer, this.nameAt(last));
      }
    }
    return pointer;
  }

  private get full(): boolean {
    return this.problems.length >= maximumProblems;
  }

  private report(problem: Problem): void {
    if (!this.full) this.problems.push(problem);
  }
}

const largest = 2n ** 64n;

/** Why a number literal is not read as written, or undefined if it is, or is not a number. */
function numberFault(literal: string): string | undefined {
  const parts = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal);
  if (parts === null) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = parts;
  const value = Number(literal);
  const shown = literal.length > 40 ? `${literal.slice(0, 37)}...` : literal;
  const tooLarge = `${shown} exceeds 64 bits; no DOTS value is that large.`;
  if (Math.abs(value) > Number(largest) || whole.length > 400) return tooLarge;
  if (!Number.isInteger(value)) return undefined;
  const exact = wholeNumber(whole + fraction, Number(exponent) - fraction.length);
  if (exact === undefined)
    return `${shown} is not a whole number, but is read as ${value}: write the number that is meant.`;
  if (exact >= largest || (value < 0 && exact > largest / 2n)) return tooLarge;
  if (exact === BigInt(Math.abs(value))) return undefined;
  return `${shown} loses its last digits when read as a JSON number; 64-bit values are written as strings: "${shown}".`;
}

/** `digits * 10 ** exponent`, which is no larger than 64 bits; undefined where it has a fraction. */
function wholeNumber(digits: string, exponent: number): bigint | undefined {
  const significant = withoutZeros(digits);
  if (significant === '') return 0n;
  const zeros = exponent + digits.length - significant.length;
  return zeros < 0 ? undefined : BigInt(significant) * 10n ** BigInt(zeros);
}

function hasLoneSurrogate(value: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value);
}
