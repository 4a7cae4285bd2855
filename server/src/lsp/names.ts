import {
  ErrorCodes,
  ResponseError,
  type Connection,
  type Location,
  type ServerCapabilities,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { NamedPlace, NameSearch } from '#host/nameSearch';

export const nameCapabilities: Partial<ServerCapabilities> = {
  definitionProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
};

/** The parts of the server that these features use. */
export interface NamesHost {
  search: NameSearch;
  /** An open document, or undefined. */
  document(uri: string): TextDocument | undefined;
}

/** Registers definition, references and rename of names. */
export function registerNames(connection: Connection, { search, document }: NamesHost): void {
  const placeAt = (uri: string, position: Parameters<NameSearch['at']>[1]): NamedPlace | undefined => {
    const source = document(uri);
    return source === undefined ? undefined : search.at(source, position);
  };
  connection.onDefinition(async ({ textDocument: { uri }, position }) => {
    const place = placeAt(uri, position);
    if (place === undefined) return [];
    return (await search.same(place)).filter(({ at }) => at.role === 'definition').map(locationOf);
  });
  connection.onReferences(async ({ textDocument: { uri }, position, context }) => {
    const place = placeAt(uri, position);
    if (place === undefined) return [];
    const all = await search.same(place);
    return all.filter(({ at }) => context.includeDeclaration || at.role === 'use').map(locationOf);
  });
  connection.onPrepareRename(({ textDocument: { uri }, position }) => {
    const place = placeAt(uri, position);
    return place === undefined ? null : { range: place.range, placeholder: place.at.name };
  });
  connection.onRenameRequest(async ({ textDocument: { uri }, position, newName }) => {
    const place = placeAt(uri, position);
    if (place === undefined) return null;
    if (newName.trim() === '')
      return new ResponseError(ErrorCodes.InvalidParams, `The name of the ${place.at.of.noun} is empty; enter one.`);
    return renaming(await search.same(place), newName);
  });
}

const locationOf = ({ uri, range }: NamedPlace): Location => ({ uri, range });

function renaming(places: readonly NamedPlace[], name: string): WorkspaceEdit {
  const changes: Record<string, TextEdit[]> = {};
  const newText = JSON.stringify(name).slice(1, -1);
  for (const { uri, range } of places) (changes[uri] ??= []).push({ range, newText });
  return { changes };
}
