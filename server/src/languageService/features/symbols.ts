import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import type { Range } from '#dots/model/finding';
import { oneLine } from '#dots/model/text';
import { child } from '#dots/model/pointer';
import type { ParsedDocument } from '../documents/document';
import { entryLabel, shown } from './labels';

/** An object, list or value of a document, as an outline shows it. */
export interface DocumentSymbol {
  name: string;
  detail: string;
  kind: 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null';
  /** The value with its member's name. */
  range: Range;
  /** The part to show. */
  selectionRange: Range;
  children: DocumentSymbol[];
}

/** More symbols of one document are not shown. */
const mostSymbols = 20_000;

/** The outline of a document: members by name, entries of lists by what they say. */
export function symbols(document: ParsedDocument): DocumentSymbol[] {
  if (document.beyondLimits || document.value === undefined) return [];
  const outline = new Outline();
  const roots = outline.below(document.value, '', '');
  return located(document, roots);
}

/** A symbol without its place. */
interface Draft extends Pick<DocumentSymbol, 'name' | 'detail' | 'kind'> {
  pointer: string;
  children: Draft[];
}

class Outline {
  private count = 0;
  private isCut = false;

  /** The symbols of the members or entries of a value; `list` is the name of the list that it is in or is. */
  below(value: JsonValue, pointer: string, list: string): Draft[] {
    if (Array.isArray(value)) {
      const isOfObjects = value.some(isObject);
      return isOfObjects ? this.entries(value, pointer, list) : [];
    }
    return isObject(value) ? this.members(value, pointer) : [];
  }

  private entries(entries: readonly JsonValue[], pointer: string, list: string): Draft[] {
    return entries.flatMap((entry, index) =>
      this.draft(entryLabel(list, entry, index), '', entry, child(pointer, index), list),
    );
  }

  private members(object: JsonObject, pointer: string): Draft[] {
    return Object.entries(object).flatMap(([name, value]) =>
      this.draft(oneLine(name), shown(value), value, child(pointer, name), name),
    );
  }

  private draft(name: string, detail: string, value: JsonValue, pointer: string, list: string): Draft[] {
    if (this.isCut) return [];
    this.count += 1;
    this.isCut = this.count > mostSymbols;
    if (this.isCut) return [{ name: 'More is not shown.', detail: '', kind: 'null', pointer, children: [] }];
    // An entry of an ACL is one line in words; its members add nothing to it.
    const children = list === 'ace' && !Array.isArray(value) ? [] : this.below(value, pointer, list);
    return [{ name: name === '' ? '""' : name, detail, kind: kindOf(value), pointer, children }];
  }
}

function kindOf(value: JsonValue): DocumentSymbol['kind'] {
  if (Array.isArray(value)) return 'list';
  if (value === null) return 'null';
  const kinds = { object: 'object', string: 'text', number: 'number', boolean: 'boolean' } as const;
  return kinds[typeof value as keyof typeof kinds];
}

function located(document: ParsedDocument, drafts: readonly Draft[]): DocumentSymbol[] {
  const places = document.places(pointersOf(drafts));
  const symbol = ({ pointer, children, ...facts }: Draft): DocumentSymbol[] => {
    const place = places.get(pointer);
    if (place === undefined) return [];
    const range = document.range({ start: place.name?.start ?? place.start, end: place.end });
    const selectionRange = document.range(place.name ?? { start: place.start, end: place.start + 1 });
    return [{ ...facts, range, selectionRange, children: children.flatMap(symbol) }];
  };
  return drafts.flatMap(symbol);
}

const pointersOf = (drafts: readonly Draft[]): string[] =>
  drafts.flatMap(({ pointer, children }) => [pointer, ...pointersOf(children)]);
