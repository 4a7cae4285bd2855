import type { Finding, Position, Range } from '#dots/model/finding';
import type { JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { pathAt } from './cursor';
import { decodeText } from './encoding';
import { looksDeep } from './deep';
import { inspect, type Inspection } from './inspect';
import { Lines } from './lines';
import { locateAll, type Place } from './locate';
import { rfcOf, type Problem, type Span } from './problem';
import { isPlain } from './tokens';
import { readTolerantly, type TolerantReading } from './tolerant';
import { readEdited } from './edited';
import { isUnremarkable } from './fastPath';
import type { DocumentForm } from '#dots/workspace/fileNames';

/** The longest text that is read, in UTF-16 units; an ACL of 50,000 entries is 43 million. */
export const maximumLength = 64 * 1024 * 1024;

export interface ParseOptions {
  /** Comments and trailing commas are allowed (`.jsonc`). */
  relaxed?: boolean;
  /** The content of the text; default a DOTS document. */
  form?: DocumentForm;
  /** The text before an edit: of a long text that the edit has broken, only the edited object is read tolerantly. */
  before?: string;
}

/** A finding for the editor: each related place has its range beside its pointer, and its file if it is another one. */
export interface LocatedFinding extends Finding {
  related?: { pointer: string; message: string; file?: string; range: Range }[];
}

/** A text, read once, and its queries. */
export class ParsedDocument {
  private linesRead: Lines | undefined;

  constructor(
    readonly text: string,
    /** The JSON value, as far as it could be read; undefined if nothing could. */
    readonly value: JsonValue | undefined,
    /** Faults of the JSON itself, in text order. */
    readonly problems: readonly Problem[],
    /** From this offset on, after a syntax error, the structure is uncertain. */
    readonly certainUntil: number,
    /** The text is beyond the limits of length or depth: nothing else may walk it. */
    readonly beyondLimits: boolean,
    /** The content of the text: a DOTS document, or one of the product's own files. */
    readonly form: DocumentForm = 'dots',
    /** The text is JSON, and its strings contain neither backslash nor surrogate. */
    private readonly plain = false,
  ) {}

  get lines(): Lines {
    return (this.linesRead ??= Lines.of(this.text));
  }

  range({ start, end }: Span): Range {
    return this.lines.range(start, end);
  }

  /** The places of the values at these pointers; one pass over the text for all of them. */
  places(pointers: Iterable<string>): Map<string, Place> {
    return this.beyondLimits ? new Map() : locateAll(this.text, pointers, this.plain);
  }

  /** The range of the value at a pointer, or of its member's name; undefined if there is no such value. */
  locate(pointer: string, atName = false): Range | undefined {
    const place = this.places([pointer]).get(pointer);
    return place === undefined ? undefined : this.range(this.smallest(place, atName));
  }

  /**
   * The part of a place that a fault is shown at: the name if the name is at fault; the whole of a value on one line;
   * of an object or array on several lines its name, or its opening bracket if it has none.
   */
  smallest(place: Place, atName: boolean): Span {
    if (atName && place.name !== undefined) return place.name;
    if (this.lines.positionAt(place.start).line === this.lines.positionAt(place.end).line) return place;
    return place.name ?? { start: place.start, end: place.start + 1 };
  }

  /** The JSON pointer of the innermost value, or member by its name, at an offset. */
  pointerAt(offset: number): string {
    return this.beyondLimits ? '' : pathAt(this.text, offset).reduce(child, '');
  }

  /** The offset of an LSP position. */
  offsetAt(position: Position): number {
    return this.lines.offsetAt(position);
  }

  /** The problems as findings of class `json`. */
  findings(): LocatedFinding[] {
    return this.problems.map((problem) => this.finding(problem));
  }

  /** One problem as a finding. */
  finding({ code, severity, message, rfc, pointer, related, ...span }: Problem): LocatedFinding {
    return {
      code,
      class: 'json',
      severity,
      message,
      rfc,
      pointer,
      range: this.range(span),
      ...(related !== undefined && { related: [{ pointer, message: related.message, range: this.range(related) }] }),
    };
  }
}

/**
 * Reads a file's bytes; if they are not UTF-8, the text ends before the first invalid byte, and it is not validated.
 */
export function parseBytes(bytes: Uint8Array, options: ParseOptions = {}): ParsedDocument {
  // A UTF-16 unit takes at most three bytes of UTF-8; what is beyond the limit anyway is not even decoded.
  if (bytes.length > 3 * maximumLength) return unread('', [tooLong(bytes.length, 'bytes')], true, options);
  const { text, problem } = decodeText(bytes);
  return problem === undefined ? parseDocument(text, options) : unread(text, [problem], false, options);
}

/** Reads any text: its value as far as it can be read, and every fault of its JSON. Never throws. */
export function parseDocument(text: string, options: ParseOptions = {}): ParsedDocument {
  if (text.length > maximumLength) return unread(text, [tooLong(text.length, 'characters')], true, options);
  if (looksDeep(text)) {
    const { problems, tooDeep } = inspect(text);
    if (tooDeep) return unread(text, [...byteOrderMark(text), ...problems], true, options);
  }
  const body = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
  const value = parsed(body);
  const edited = value === undefined ? editedObject(text, options) : undefined;
  if (edited !== undefined) return broken(text, [], edited, options);
  const plain = value !== undefined && isPlain(text);
  const { problems, tooDeep } = plain && isUnremarkable(text, value) ? nothing : inspect(text, plain);
  const all = [...byteOrderMark(text), ...problems];
  if (tooDeep) return unread(text, all, true, options);
  if (text.trim() === '') return unread(text, [...all, emptyText(options)], false, options);
  const forbidden = problems.some(({ code }) => code === 'json/forbidden-name');
  if (value !== undefined && !forbidden)
    return new ParsedDocument(text, value, inOrder(all), text.length, false, options.form, plain);
  return readBroken(text, body, all, options);
}

const nothing: Inspection = { problems: [], tooDeep: false };

/** The least length of a text of which the edited object is read by itself, in UTF-16 units. */
const longText = 1 << 16;

function editedObject(text: string, { before, relaxed = false }: ParseOptions): Reading | undefined {
  return before === undefined || text.length < longText ? undefined : readEdited(text, before, relaxed);
}

type Reading = Omit<TolerantReading, 'endsWithValue'>;

/** Reads text that `JSON.parse` refuses, or whose value must not be walked unchecked. */
function readBroken(text: string, body: string, problems: Problem[], options: ParseOptions): ParsedDocument {
  return broken(text, problems, readTolerantly(body, options.relaxed ?? false), options);
}

/** A text with its tolerant reading, and what a full check has found in it. */
function broken(text: string, problems: readonly Problem[], reading: Reading, { form }: ParseOptions): ParsedDocument {
  const certain = problems.filter(({ start }) => start < reading.certainUntil);
  return new ParsedDocument(
    text,
    reading.value,
    inOrder([...certain, ...reading.problems]),
    reading.certainUntil,
    false,
    form,
  );
}

/** The value of a JSON text, or undefined where it is not JSON. */
function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

const unread = (text: string, problems: Problem[], beyondLimits: boolean, { form }: ParseOptions): ParsedDocument =>
  new ParsedDocument(text, undefined, problems, 0, beyondLimits, form);

const inOrder = (problems: Problem[]): Problem[] => problems.sort((one, other) => one.start - other.start);

const tooLong = (length: number, unit: 'bytes' | 'characters'): Problem => ({
  code: 'json/too-long',
  severity: 'error',
  rfc: rfcOf.limits,
  pointer: '',
  start: 0,
  end: 0,
  message: `This document is ${length} ${unit} long; more than ${maximumLength} characters are not read. Split it.`,
});

const emptyText = ({ form = 'dots' }: ParseOptions): Problem => ({
  code: 'json/empty',
  severity: 'error',
  rfc: rfcOf.grammar,
  pointer: '',
  start: 0,
  end: 0,
  message:
    form === 'dots'
      ? 'This document is empty; a DOTS document is a JSON object with one top-level member.'
      : 'This file is empty; it must contain a JSON object, at least {}.',
});

function byteOrderMark(text: string): Problem[] {
  if (!text.startsWith('\ufeff')) return [];
  const message =
    'This file starts with a byte order mark, which JSON must not have and some parsers refuse; save it as UTF-8 without it.';
  return [
    { code: 'json/byte-order-mark', severity: 'warning', message, rfc: rfcOf.encoding, pointer: '', start: 0, end: 1 },
  ];
}
