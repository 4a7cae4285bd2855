import type { Edit } from '#dots/model/fix';
import { isObject, type JsonObject } from '#dots/model/json';
import type { ParsedDocument } from '../documents/document';
import { textEdits } from './edits';
import type { TextEdit } from './formatting';

/** An entry of `suppressions` in the workspace file. */
export interface Suppression {
  code: string;
  /** Relative to the folder of the workspace file. */
  path: string;
  reason: string;
}

/** The edits that add an entry to the suppressions of a workspace file; undefined where the text cannot be edited. */
export function suppressionEdits(workspaceFile: ParsedDocument, entry: Suppression): TextEdit[] | undefined {
  const { value, text, certainUntil } = workspaceFile;
  if (!isObject(value) || certainUntil < text.length) return undefined;
  const added = { ...entry } satisfies JsonObject;
  const edit: Edit = Array.isArray(value.suppressions)
    ? { op: 'append', pointer: '/suppressions', value: added }
    : { op: 'add', pointer: '', name: 'suppressions', value: [added] };
  return textEdits(workspaceFile, [[edit]])[0];
}
