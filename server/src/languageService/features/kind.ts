import { closest } from '#dots/check/suggestions';
import { documentTypeOf, documentTypes } from '#dots/model/documents';
import { isObject, type JsonObject } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import type { ParsedDocument } from '../documents/document';
import { rfcOf, type Problem } from '../documents/problem';

/** How many top-level members are compared with known names; a DOTS document has one. */
const likelyNames = 20;

const known = documentTypes.map(({ topMember }) => topMember);

/**
 * Why a document is not a DOTS document: its value is not an object, or no top-level member is known. Undefined if it
 * is one, or if a syntax error precedes its first member.
 */
export function kindProblem(document: ParsedDocument): Problem | undefined {
  const { value } = document;
  if (value === undefined || documentTypeOf(value) !== undefined) return undefined;
  return isObject(value) ? unknownKind(document, value) : notAnObject(document);
}

function notAnObject(document: ParsedDocument): Problem {
  const place = document.places(['']).get('') ?? { start: 0, end: 0 };
  return {
    ...document.smallest(place, false),
    code: 'json/not-an-object',
    severity: 'error',
    rfc: rfcOf.names,
    pointer: '',
    message: 'A DOTS document is a JSON object, in braces, with one top-level member.',
  };
}

function unknownKind(document: ParsedDocument, value: JsonObject): Problem | undefined {
  const names = Object.keys(value).slice(0, likelyNames);
  const [wrong, meant] = nearMiss(names) ?? [names[0], undefined];
  const pointer = wrong === undefined ? '' : child('', wrong);
  const place = document.places([pointer]).get(pointer) ?? { start: 0, end: 0 };
  if ((place.name?.end ?? place.end) > document.certainUntil || (wrong === undefined && place.unclosed))
    return undefined;
  const advice =
    meant === undefined ? `it needs one of the top-level members ${known.join(', ')}` : `did you mean "${meant}"?`;
  const subject =
    wrong === undefined ? 'This object is empty' : `"${wrong}" is not the top-level member of a DOTS document`;
  return {
    ...document.smallest(place, true),
    code: 'json/unknown-document',
    severity: 'error',
    rfc: rfcOf.names,
    pointer,
    message: `${subject}: ${advice}${meant === undefined ? '.' : ''}`,
  };
}

/** The first name that resembles a known top-level member, and that member. */
function nearMiss(names: readonly string[]): [string, string] | undefined {
  for (const name of names) {
    const meant = known.find((member) => bare(member) === bare(name)) ?? closest(name, known) ?? closestBare(name);
    if (meant !== undefined) return [name, meant];
  }
  return undefined;
}

function closestBare(name: string): string | undefined {
  const near = closest(bare(name), known.map(bare));
  return known.find((member) => bare(member) === near);
}

const bare = (name: string): string => name.slice(name.indexOf(':') + 1);
