import { Lines } from '#service/documents/lines';
import type { Range } from '#dots/model/finding';

/** A text after edits, as an editor applies them: all ranges are of the text before. */
export function applied(text: string, edits: readonly { range: Range; newText: string }[]): string {
  const lines = Lines.of(text);
  const spans = edits
    .map(({ range, newText }, index) => ({
      start: lines.offsetAt(range.start),
      end: lines.offsetAt(range.end),
      newText,
      index,
    }))
    .sort((one, other) => one.start - other.start || one.end - other.end || one.index - other.index);
  let result = '';
  let end = 0;
  for (const span of spans) {
    if (span.start < end) throw new Error(`overlapping edits at ${span.start}`);
    result += text.slice(end, span.start) + span.newText;
    end = span.end;
  }
  return result + text.slice(end);
}
