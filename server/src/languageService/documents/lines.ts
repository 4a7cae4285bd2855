import type { Position, Range } from '#dots/model/finding';

/**
 * Where the lines of a text start, so that offsets (UTF-16 units) become LSP positions and back. `\n`, `\r\n` and `\r`
 * end a line, as in LSP. The text is read as far as needed, and no part of it twice.
 */
export class Lines {
  private readonly starts = [0];
  /** Set where carriage returns end lines too, which a search for one character does not find. */
  private readonly anyEnd: RegExp | undefined;
  private complete = false;

  private constructor(private readonly text: string) {
    this.anyEnd = text.includes('\r') ? /\r\n?|\n/g : undefined;
  }

  static of(text: string): Lines {
    return new Lines(text);
  }

  /** The position of an offset; offsets beyond the text count as its end. */
  positionAt(offset: number): Position {
    const inside = Math.min(Math.max(offset, 0), this.text.length);
    const line = this.lineOf(inside);
    return { line, character: inside - this.start(line) };
  }

  /** The offset of a position; characters beyond the line count as its end. */
  offsetAt({ line, character }: Position): number {
    if (line < 0) return 0;
    // The start of the next line is needed as well, for its end.
    while (this.starts.length <= line + 1 && !this.complete) this.readLine();
    if (line >= this.starts.length) return this.text.length;
    return Math.min(this.start(line) + Math.max(character, 0), this.lineEnd(line));
  }

  /** The range between two offsets. */
  range(start: number, end: number): Range {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }

  /** The indentation of a line. */
  indentAt(offset: number): string {
    const start = this.start(this.lineOf(offset));
    return /^[ \t]*/.exec(this.text.slice(start, offset))?.[0] ?? '';
  }

  private start(line: number): number {
    return this.starts[line] ?? this.text.length;
  }

  private lineEnd(line: number): number {
    let end = this.starts[line + 1] ?? this.text.length;
    while (end > this.start(line) && /[\r\n]/.test(this.text.charAt(end - 1))) end -= 1;
    return end;
  }

  private readLine(): void {
    const start = this.nextStart(this.starts[this.starts.length - 1] as number);
    if (start === undefined) this.complete = true;
    else this.starts.push(start);
  }

  private nextStart(from: number): number | undefined {
    if (this.anyEnd === undefined) {
      const end = this.text.indexOf('\n', from);
      return end < 0 ? undefined : end + 1;
    }
    this.anyEnd.lastIndex = from;
    return this.anyEnd.test(this.text) ? this.anyEnd.lastIndex : undefined;
  }

  private lineOf(offset: number): number {
    while (!this.complete && (this.starts[this.starts.length - 1] as number) <= offset) this.readLine();
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.start(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
