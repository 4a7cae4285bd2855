/**
 * Which documents belong together. With a workspace file: the documents below its folder that it governs. Without one:
 * those of the document's own folder, and those named on the command line. Validation, previews, `dots flowspec`, `dots
 * send` and completion all use this.
 */

/** Documents that belong together, by what they have in common. */
export interface DocumentGroup {
  /** Two documents are in one group exactly where these are equal. */
  key: string;
  /** The workspace file that governs them; undefined where there is none. */
  workspaceFile: string | undefined;
  /** Where they are; undefined for a document that is in no folder, such as one from standard input. */
  folder: string | undefined;
  /** The document that is in no folder. */
  alone?: string;
}

/** Access to files. Documents are identified as the caller does, by paths or URIs. */
export interface DocumentPlaces {
  /** The folder of a file; undefined where it is in none. */
  folderOf(file: string): string | undefined;
  /** The workspace file that governs a document. */
  workspaceFileOf(document: string): string | undefined;
  /** The documents in a folder; with `deep` also those in the folders below. */
  documentsIn(folder: string, deep: boolean): Iterable<string>;
  /** The documents that the command line names. */
  named: Iterable<string>;
}

/** The group that a document is in. */
export function groupOf(document: string, places: DocumentPlaces): DocumentGroup {
  const workspaceFile = places.workspaceFileOf(document);
  const folder = places.folderOf(workspaceFile ?? document);
  if (workspaceFile !== undefined) return { key: workspaceFile, workspaceFile, folder };
  return folder === undefined
    ? { key: document, workspaceFile, folder, alone: document }
    : { key: `${folder}/`, workspaceFile, folder };
}

/** The documents of a group, each once. */
export function documentsOf({ workspaceFile, folder, alone }: DocumentGroup, places: DocumentPlaces): string[] {
  const isGoverned = (document: string): boolean => places.workspaceFileOf(document) === workspaceFile;
  const found = folder === undefined ? [] : [...places.documentsIn(folder, workspaceFile !== undefined)];
  const named = [...places.named];
  return [
    ...new Set([
      ...(alone === undefined ? [] : [alone]),
      ...found.filter(isGoverned),
      ...(workspaceFile === undefined ? named : named.filter(isGoverned)),
    ]),
  ];
}

/** The documents that belong together with one, itself included. */
export const relatedDocuments = (document: string, places: DocumentPlaces): string[] =>
  documentsOf(groupOf(document, places), places);
