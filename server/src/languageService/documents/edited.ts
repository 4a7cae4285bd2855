import { isObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { isUnremarkable } from './fastPath';
import { inspect } from './inspect';
import type { Problem } from './problem';
import { isPlain, Tokens } from './tokens';
import { readTolerantly, type TolerantReading } from './tolerant';

/** The member of the object that replaces the edited one while the rest of the text is read. */
const placeholder = '"$edited"';
const placeholderName = '$edited';

/** How far outwards from an edit a readable rest is looked for, and how deep what is read by itself may be nested. */
const mostAttempts = 3;
const mostCandidates = 24;
const mostBrackets = 200;
const deepest = 24;

/** The readable part of a text, and all of its problems. */
type EditedReading = Omit<TolerantReading, 'endsWithValue'>;

/** From one offset of a text to another. */
interface Part {
  start: number;
  end: number;
}

/**
 * Reads a text that is not JSON because of an edit in one of its objects: the object is read tolerantly, and the rest,
 * which is JSON, by `JSON.parse`. The result is that of reading the whole text tolerantly (`inspect` and
 * `readTolerantly`); undefined where that is not certain, because the fault may reach beyond the object.
 * @param before the text before the edit; it shows where the edit is
 */
export function readEdited(text: string, before: string, relaxed: boolean): EditedReading | undefined {
  if (text.startsWith('\ufeff') || text.includes(placeholder)) return undefined;
  let attempts = 0;
  for (const part of objectsAround(text, editIn(text, before))) {
    const inside = readInside(text, part, relaxed);
    if (inside === undefined) continue;
    if (++attempts > mostAttempts) return undefined;
    const around = readAround(text, part);
    if (around !== undefined) return together(text, part, around, inside);
  }
  return undefined;
}

/** What two texts do not have in common, in the first of them. */
function editIn(text: string, before: string): Part {
  const shorter = Math.min(text.length, before.length);
  const start = agreeing(shorter, (from, to) => text.slice(from, to) === before.slice(from, to));
  const [end, endBefore] = [text.length, before.length];
  const same = (from: number, to: number): boolean =>
    text.slice(end - to, end - from) === before.slice(endBefore - to, endBefore - from);
  return { start, end: end - agreeing(shorter - start, same) };
}

/** Up to where two texts agree, by comparing ever smaller parts of them. */
function agreeing(length: number, agree: (from: number, to: number) => boolean): number {
  let from = 0;
  for (let size = 1 << 16; size >= 1; size >>= 4)
    while (from + size <= length && agree(from, from + size)) from += size;
  return from;
}

/** The objects around an edit that may be all of what it concerns, from the inside outwards. */
function* objectsAround(text: string, edit: Part): Generator<Part> {
  let start = edit.start;
  for (let count = 0; count < mostCandidates; count++) {
    start = text.lastIndexOf('{', start - 1);
    if (start <= 0) return;
    const end = endOfObject(text, start);
    if (end !== undefined && end >= edit.end) yield { start, end };
  }
}

/** The end of the object that starts at an offset, by its brackets; undefined where it has too many, or no end. */
function endOfObject(text: string, start: number): number | undefined {
  const tokens = new Tokens(text, start);
  const open: ('{' | '[')[] = [];
  let brackets = 0;
  for (let kind = tokens.next(); kind !== 'end' && brackets <= mostBrackets; kind = tokens.next()) {
    if (kind === '{' || kind === '[') open.push(kind);
    else if (kind === (open.at(-1) === '[' ? ']' : '}')) open.pop();
    else if (kind !== ']' && kind !== '}') continue;
    brackets += 1;
    if (open.length === 0) return tokens.end;
    if (open.length > deepest) return undefined;
  }
  return undefined;
}

/** A value, and the way to the placeholder in it. */
interface Around {
  value: JsonValue;
  path: (string | number)[];
}

/** The text around a part, if it is JSON of which nothing is to be reported. */
function readAround(text: string, { start, end }: Part): Around | undefined {
  const rest = `${text.slice(0, start)}{${placeholder}:0}${text.slice(end)}`;
  try {
    const value = JSON.parse(rest) as JsonValue;
    const path = isPlain(rest) && isUnremarkable(rest, value) ? pathTo(value) : undefined;
    return path === undefined || path.length === 0 || path.length > deepest ? undefined : { value, path };
  } catch {
    return undefined;
  }
}

/** The way to the placeholder, the last step first found; undefined where it is not in the value, but in a string. */
function pathTo(value: JsonValue): (string | number)[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value) && isObject(value) && Object.hasOwn(value, placeholderName)) return [];
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, item] of entries) {
    const path = pathTo(item as JsonValue);
    if (path !== undefined) return [key, ...path];
  }
  return undefined;
}

/** What is read of an object by itself, with offsets and pointers from its start. */
interface Inside extends TolerantReading {
  /** Problems of a full check. */
  checked: readonly Problem[];
}

/** Reads an object by itself; undefined where the reading of it would not end with it. */
function readInside(text: string, { start, end }: Part, relaxed: boolean): Inside | undefined {
  const part = text.slice(start, end);
  const { problems: checked, tooDeep } = inspect(part);
  if (tooDeep) return undefined;
  const reading = readTolerantly(part, relaxed);
  return reading.endsWithValue ? { ...reading, checked } : undefined;
}

function together(text: string, { start, end }: Part, around: Around, inside: Inside): EditedReading {
  const pointer = around.path.reduce<string>((whole, key) => child(whole, key), '');
  const certain = inside.checked.filter((problem) => problem.start < inside.certainUntil);
  return {
    value: replaced(around, inside.value),
    problems: [
      ...certain.map((problem) => moved(problem, start, pointer + problem.pointer)),
      ...inside.problems.map((problem) => moved(problem, start, problem.pointer)),
    ],
    certainUntil: inside.certainUntil >= end - start ? text.length : inside.certainUntil + start,
  };
}

/** A problem of a part that starts at an offset, as one of the whole text. */
function moved(problem: Problem, by: number, pointer: string): Problem {
  const { start, end, related } = problem;
  return {
    ...problem,
    pointer,
    start: start + by,
    end: end + by,
    ...(related && { related: { ...related, start: related.start + by, end: related.end + by } }),
  };
}

/** The value with what was read in the place of the placeholder. */
function replaced({ value, path }: Around, inside: JsonValue | undefined): JsonValue {
  let owner = value as Record<string | number, JsonValue>;
  for (const key of path.slice(0, -1)) owner = owner[key] as Record<string | number, JsonValue>;
  owner[path.at(-1) as string | number] = inside ?? null;
  return value;
}
