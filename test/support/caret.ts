import { Lines } from '#service/documents/lines';
import { createLanguageService, type Completion, type Hover, type KnownNames, type Validation } from '#service/service';
import type { Position, Range } from '#dots/model/finding';

const service = createLanguageService();

/** A text whose caret is written as `|`: the text without it, and the position. */
export function withCaret(marked: string): { text: string; position: Position; offset: number } {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  return { text, offset, position: Lines.of(text).positionAt(offset) };
}

/** What completion offers at the caret, where other documents define these names. */
export function completeAt(marked: string, names?: KnownNames): Completion[] {
  const { text, position } = withCaret(marked);
  return service.complete(text, position, names);
}

/** What the editor shows at the caret. */
export function hoverAt(marked: string): Hover | undefined {
  const { text, position } = withCaret(marked);
  return service.hover(text, position);
}

/** All findings of a text, as of a file with this name. */
export function validate(text: string | Uint8Array, file?: string): Validation {
  return service.validate(service.parse(text, file));
}

/** The piece of a text that a range covers. */
export function textIn(text: string, range: Range): string {
  const lines = Lines.of(text);
  return text.slice(lines.offsetAt(range.start), lines.offsetAt(range.end));
}

/** The text after a completion is taken: the comma that was missing, and the inserted text without tab stops. */
export function accepted(marked: string, label: string): string {
  const { text, position } = withCaret(marked);
  const item = service.complete(text, position).find((one) => one.label === label);
  if (item === undefined) throw new Error(`no completion ${label}`);
  const lines = Lines.of(text);
  const [start, end] = [lines.offsetAt(item.range.start), lines.offsetAt(item.range.end)];
  const comma = item.comma === undefined ? undefined : lines.offsetAt(item.comma);
  const before = comma === undefined ? text.slice(0, start) : `${text.slice(0, comma)},${text.slice(comma, start)}`;
  return before + item.text + text.slice(end);
}
