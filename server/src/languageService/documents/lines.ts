import type { Position, Range } from '#dots/model/finding';

/** Where the lines of a text start, so that offsets (UTF-16 units) become LSP positions and back. */
export class Lines {
  private constructor(private readonly text: string, private readonly starts: number[]) {}

  /** Reads the line starts of a text in one pass; `\n`, `\r\n` and `\r` end a line, as in LSP. */
  static of(text: string): Lines {
    const starts = [0];
    const end = text.includes('\r') ? /\r\n?|\n/g : /\n/g;
    while (end.test(text)) starts.push(end.lastIndex);
    return new Lines(text, starts);
  }

  /** The position of an offset; offsets beyond the text are taken as its end. */
  positionAt(offset: number): Position {
    const inside = Math.min(Math.max(offset, 0), this.text.length);
    const line = this.lineOf(inside);
    return { line, character: inside - this.start(line) };
  }

  /** The offset of a position; characters beyond the line are taken as its end. */
  offsetAt({ line, character }: Position): number {
    if (line < 0) return 0;
    if (line >= this.starts.length) return this.text.length;
    return Math.min(this.start(line) + Math.max(character, 0), this.lineEnd(line));
  }

  /** The range between two offsets. */
  range(start: number, end: number): Range {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }

  /** The blanks that a line starts with. */
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

  private lineOf(offset: number): number {
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
