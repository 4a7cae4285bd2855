import { rulesOut, type Frame } from '#dots/check/expressions';
import { documentTypes, type DocumentKind } from '#dots/model/documents';
import { isObject, type JsonValue } from '#dots/model/json';
import { at, child } from '#dots/model/pointer';
import { schemaAt } from '#dots/model/schema';

/** The kind of document that has a path, by its first token; undefined where that is no member of one. */
export function kindOf(path: readonly string[]): DocumentKind | undefined {
  return documentTypes.find(({ topMember }) => topMember === path[0])?.kind;
}

/**
 * Whether what a document contains rules out the member at a path, by its `when` (RFC 7950 section 7.21.5). What is not
 * written yet rules out nothing.
 */
export function isRuledOut(document: JsonValue | undefined, path: readonly string[]): boolean {
  const kind = kindOf(path);
  const when = kind === undefined ? undefined : schemaAt(kind, path)?.['x-yang']?.when;
  if (kind === undefined || when === undefined) return false;
  const frames = framesAt(kind, document, path.slice(0, -1));
  return frames !== undefined && rulesOut(when, frames);
}

/**
 * The objects on the way to the one at a path, with their schemas; undefined if the document cannot be read that far.
 */
function framesAt(kind: DocumentKind, document: JsonValue | undefined, path: readonly string[]): Frame[] | undefined {
  const frames: Frame[] = [];
  let value = document;
  for (let depth = 0; depth <= path.length; depth++) {
    const schema = schemaAt(kind, path.slice(0, depth));
    if (isObject(value) && schema !== undefined) frames.push({ value, schema });
    else if (!Array.isArray(value)) return undefined;
    value = at(value, child('', path[depth] ?? ''));
  }
  return frames;
}
