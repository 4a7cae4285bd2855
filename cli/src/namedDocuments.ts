import { isAscii } from 'node:buffer';
import type { Level } from '#dots/check/check';
import { isObject, type JsonValue } from '#dots/model/json';
import { isDocumentName, type DocumentForm } from '#dots/workspace/fileNames';
import { DocumentCache, type SourceDocument } from '#host/documentCache';
import { FolderIndex } from '#host/folderIndex';
import { Validator } from '#host/validator';
import { validationService as service } from '#service/validationService';
import { nameOfPath } from './caller';
import { pathOfFile, type CommandWorkspaces } from './workspace';

/** The documents that a command line names, and their validator. */
export interface NamedDocuments {
  validator: Validator;
  documents: DocumentCache;
  /** The documents, in the order in which they were added. */
  sources: readonly SourceDocument[];
  add(file: string, bytes: Uint8Array): SourceDocument;
  /** Validates a document with another text from now on. */
  replace(source: SourceDocument, text: string): void;
}

/** Documents that a command line will name. `level` overrides that of the workspace file. */
export function namedDocuments(workspaces: CommandWorkspaces, level?: Level): NamedDocuments {
  const sources: SourceDocument[] = [];
  const paths = new Set<string | undefined>();
  const documents = new DocumentCache(service, ({ uri }, { form, value }) =>
    form !== 'dots' || isDocumentName(uri) ? form : (workspaces.formNamed(uri) ?? formByMembers(value)),
  );
  const validator = new Validator({
    service,
    documents,
    workspaces: workspaces.files,
    index: new FolderIndex({ service, isOpen: (path) => paths.has(path) }),
    naming: { pathOf: pathOfFile, nameOf: nameOfPath },
    sources: () => sources,
    areNamed: true,
    level: (_, ofWorkspace) => level ?? ofWorkspace,
    profiles: () => workspaces.knownProfiles,
  });
  const add = (file: string, bytes: Uint8Array): SourceDocument => {
    const source = sourceOf(file, bytes);
    sources.push(source);
    paths.add(pathOfFile(file));
    return source;
  };
  const replace = ({ uri, version }: SourceDocument, text: string): void => {
    sources[sources.findIndex((source) => source.uri === uri)] = { uri, version: version + 1, getText: () => text };
  };
  return { validator, documents, sources, add, replace };
}

/** ASCII bytes are decoded in a fraction of the time of UTF-8; others are left to the language service. */
function sourceOf(uri: string, bytes: Uint8Array): SourceDocument {
  const text = isAscii(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') : bytes;
  return { uri, version: 0, getText: () => text };
}

const workspaceMembers = ['files', 'own-prefixes', 'severities', 'suppressions', 'target-router', 'policy', 'level'];

/** Which of the product's own files a value is, by its members. */
function formByMembers(value: JsonValue | undefined): DocumentForm | undefined {
  if (!isObject(value) || Object.keys(value).some((name) => name.includes(':'))) return undefined;
  if (isObject(value.profiles)) return 'profiles';
  if (Array.isArray(value.strategies)) return 'policy';
  if (Array.isArray(value.clients)) return 'clients';
  return workspaceMembers.some((name) => Object.hasOwn(value, name)) ? 'workspace' : undefined;
}
