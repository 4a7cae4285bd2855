import type { Edit } from '#dots/model/fix';
import { isObject, type JsonValue } from '#dots/model/json';
import { at, child } from '#dots/model/pointer';
import type { ParsedDocument } from '../documents/document';
import type { Place } from '../documents/locate';
import type { Span } from '../documents/problem';
import { repaired } from '../documents/repair';
import { Tokens } from '../documents/tokens';
import type { TextEdit } from './formatting';

/** A fix of a finding as edits of the text. */
export interface TextFix {
  title: string;
  edits: TextEdit[];
  /** `Fix all` applies it: the document means the same afterwards. */
  keepsMeaning: boolean;
  /** Documents to add beside this one. */
  documents: readonly JsonValue[];
}

/**
 * The text edits for each of several lists of changes of a document's value; undefined where the text lacks a place.
 * One pass over the text finds the places of all.
 */
export function textEdits(document: ParsedDocument, lists: readonly (readonly Edit[])[]): (TextEdit[] | undefined)[] {
  const all = lists.flat();
  const writer = new Writer(
    document,
    document.places(all.flatMap((edit) => [edit.pointer, ...lastMember(document, edit)])),
  );
  return lists.map((edits) => {
    const changes = edits.map((edit) => writer.change(edit));
    return changes.some((change) => change === undefined) ? undefined : changes.flatMap((change) => change ?? []);
  });
}

/** A text after edits that do not overlap. */
export function applied(document: ParsedDocument, edits: readonly TextEdit[]): string {
  const spans = edits
    .map(({ range, newText }) => ({
      start: document.offsetAt(range.start),
      end: document.offsetAt(range.end),
      newText,
    }))
    .sort((one, other) => one.start - other.start);
  return repaired(document.text, spans);
}

/** The member or entry after which another one is added. */
function lastMember({ value }: ParsedDocument, edit: Edit): string[] {
  if (edit.op !== 'add' && edit.op !== 'append') return [];
  const owner = at(value, edit.pointer);
  const last = isObject(owner) || Array.isArray(owner) ? Object.keys(owner).at(-1) : undefined;
  return last === undefined ? [] : [child(edit.pointer, last)];
}

class Writer {
  private readonly text: string;

  constructor(
    private readonly document: ParsedDocument,
    private readonly places: ReadonlyMap<string, Place>,
  ) {
    this.text = document.text;
  }

  change(edit: Edit): TextEdit | undefined {
    const place = this.places.get(edit.pointer);
    if (place === undefined || place.unclosed === true) return undefined;
    switch (edit.op) {
      case 'replace':
        return this.edit(place, this.written(edit.value, this.document.lines.indentAt(place.start)));
      case 'rename':
        return place.name === undefined ? undefined : this.edit(place.name, JSON.stringify(edit.name));
      case 'remove':
        return this.edit(withComma(this.text, { start: (place.name ?? place).start, end: place.end }), '');
      case 'add':
        return this.add(place, edit, `${JSON.stringify(edit.name)}: `);
      case 'append':
        return this.add(place, edit, '');
    }
  }

  private edit(span: Span, newText: string): TextEdit {
    return { range: this.document.range(span), newText };
  }

  /** Adds a member or an entry, which starts with its label. */
  private add(place: Place, edit: Extract<Edit, { op: 'add' | 'append' }>, label: string): TextEdit {
    const [last] = lastMember(this.document, edit);
    const after = last === undefined ? undefined : this.places.get(last);
    const outer = this.document.lines.indentAt(place.start);
    if (after === undefined) {
      const inside = { start: place.start + 1, end: place.end - 1 };
      return this.edit(inside, `\n${outer}  ${label}${this.written(edit.value, `${outer}  `)}\n${outer}`);
    }
    const start = after.name?.start ?? after.start;
    const inner = this.document.lines.indentAt(start);
    const added = `${label}${this.written(edit.value, inner)}`;
    const isOnLine = !/[\r\n]/.test(this.text.slice(place.start, start));
    return this.edit({ start: after.end, end: after.end }, isOnLine ? `, ${added}` : `,\n${inner}${added}`);
  }

  /** A value as text; lists and objects within a line where they are short. */
  private written(value: JsonValue, indent: string): string {
    const line = JSON.stringify(value);
    if (typeof value !== 'object' || value === null || line.length < 60)
      return line.replace(/(?<=[,:])(?=["[{\d])/g, ' ');
    return JSON.stringify(value, null, 2).replace(/\n/g, `\n${indent}`);
  }
}

/** A member or entry with the comma after it, or before it if it is the last one, and the blanks between. */
export function withComma(text: string, { start, end }: Span): Span {
  const tokens = new Tokens(text, end);
  if (tokens.next() === ',') {
    const comma = tokens.end;
    tokens.next();
    const hasComment = text.slice(comma, tokens.start).includes('/');
    return { start, end: hasComment ? comma : tokens.start };
  }
  const before = text.slice(0, start).trimEnd();
  return { start: before.endsWith(',') ? before.length - 1 : before.length, end };
}
