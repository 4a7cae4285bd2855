import { check, directionOf, type Direction } from '#dots/check/check';
import type { Fault } from '#dots/model/finding';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { at, tokens } from '#dots/model/pointer';
import { isRuledOut } from './conditions';

/**
 * How many entries of each list around a place are part of a trial: enough for rules between entries, and quick in a
 * list of thousands.
 */
const mostEntries = 8;

/** Findings that something is still missing: expected while a document is written. */
const incomplete = /(-missing|-member-missing|-empty)$|\/(missing-member|empty-value|call-home-target)$/;

/** Findings about how much is sent or when, which no choice of a single value or member causes. */
const planning = /^advice\//;

/** Puts a value, or nothing, at a place of a document. */
type Fill = (value: JsonValue | undefined) => JsonValue | undefined;

/**
 * Checks values at one place before they are offered there: a value is accepted if it adds no finding, other than that
 * something is still missing. Only a part of a long document is checked: the path to the place, and what is beside it.
 */
export class Trial {
  private readonly fill: Fill;
  private readonly present: JsonValue | undefined;
  private readonly before: JsonValue | undefined;
  private readonly known: ReadonlySet<string>;
  private readonly direction: Direction;

  /**
   * @param path the tokens of the pointer to the place
   * @param present the present value at the place
   * @param replaces the last token of the path names an entry that is replaced, not one that is inserted
   * @param direction that of the document; if absent, its members decide, and otherwise it is a request
   */
  constructor(
    document: JsonValue | undefined,
    path: readonly string[],
    present: JsonValue | undefined,
    replaces: boolean,
    direction?: Direction,
  ) {
    this.fill = around(document, path, replaces);
    this.direction = direction ?? directionOf(document) ?? 'request';
    this.present = present === undefined ? undefined : short(present);
    this.before = this.fill(this.present);
    this.known = new Set(this.faults(this.before).map(keyOf));
  }

  /** Whether the value may be written at the place. */
  accepts(value: JsonValue): boolean {
    const document = this.fill(short(value));
    return this.faults(document).every((fault) => this.known.has(keyOf(fault)) || this.isIncomplete(fault, document));
  }

  /**
   * Those of the values that may be written at the place. A member that is allowed only beside a certain value has its
   * finding without any value too; that finding counts against a value if another one, or the present one, avoids it.
   */
  accepted<T>(candidates: readonly T[], valueOf: (candidate: T) => JsonValue, own?: JsonValue): T[] {
    const tried = candidates
      .filter((candidate) => this.accepts(valueOf(candidate)))
      .map((candidate) => ({ candidate, conditions: this.conditions(valueOf(candidate)) }));
    const all = [
      ...tried.map(({ conditions }) => conditions),
      ...(own === undefined || isBlank(own) ? [] : [this.conditions(own)]),
    ];
    const isInAll = (key: string): boolean => all.every((conditions) => conditions.includes(key));
    return tried.filter(({ conditions }) => conditions.every(isInAll)).map(({ candidate }) => candidate);
  }

  /**
   * Whether a finding reports that something is missing: a member, a value that is blank, or the one that decides what
   * is allowed.
   */
  private isIncomplete({ code, pointer, atName }: Fault, document: JsonValue | undefined): boolean {
    if (incomplete.test(code) || (atName !== true && isBlank(at(document, pointer)))) return true;
    if (code !== 'yang/not-allowed-here' || at(this.before, pointer) !== undefined) return false;
    return !isRuledOut(document, tokens(pointer));
  }

  /** The findings of conditions that exist without the value. */
  private conditions(value: JsonValue): string[] {
    return this.faults(this.fill(short(value)))
      .filter(({ code }) => code === 'yang/not-allowed-here' || code === 'yang/must')
      .map(keyOf)
      .filter((key) => this.known.has(key));
  }

  /** Whether the value may be written below the place, in objects and lists that do not exist yet. */
  acceptsBelow(path: readonly string[], value: JsonValue): boolean {
    const [name, ...rest] = path;
    if (name === undefined) return this.accepts(value);
    const inner = nested(rest, value);
    if (/^\d+$/.test(name)) return this.accepts([inner]);
    return this.accepts({ ...(isObject(this.present) && this.present), [name]: inner });
  }

  private faults(document: JsonValue | undefined): Fault[] {
    return check(document, { direction: this.direction }).faults.filter(({ code }) => !planning.test(code));
  }
}

function nested(path: readonly string[], value: JsonValue): JsonValue {
  return path.reduceRight<JsonValue>((inner, token) => (/^\d+$/.test(token) ? [inner] : { [token]: inner }), value);
}

/**
 * A document with a gap at a path; the entry on the path becomes the last of its list, so that earlier entries keep
 * their indexes.
 */
function around(value: JsonValue | undefined, [token, ...rest]: readonly string[], replaces: boolean): Fill {
  if (token === undefined) return (inner) => inner;
  if (Array.isArray(value) || (value === undefined && /^\d+$/.test(token)))
    return aroundEntry(value ?? [], Number(token), rest, replaces);
  const { [token]: own, ...others } = isObject(value) ? value : {};
  const kept = shortMembers(others);
  const fill = around(own, rest, replaces);
  return (inner) => {
    const member = fill(inner);
    return member === undefined ? kept : { ...kept, [token]: member };
  };
}

function aroundEntry(list: JsonValue[], index: number, rest: readonly string[], replaces: boolean): Fill {
  const isThere = rest.length > 0 || replaces;
  const kept = list.slice(0, mostEntries + 1).filter((_, other) => !isThere || other !== index);
  const others = kept.slice(0, mostEntries).map(short);
  const fill = around(isThere ? list[index] : undefined, rest, replaces);
  return (inner) => {
    const entry = fill(inner);
    return entry === undefined ? others : [...others, entry];
  };
}

function short(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.slice(0, mostEntries).map(short);
  return isObject(value) ? shortMembers(value) : value;
}

function shortMembers(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, short(value)]));
}

/** What is to be filled in. */
function isBlank(value: JsonValue | undefined): boolean {
  if (value === undefined || value === '' || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const keyOf = ({ code, pointer }: Fault): string => `${code} ${pointer}`;
