/** What a file contains: a DOTS document, or one of the product's own files. */
export type DocumentForm = 'dots' | 'workspace' | 'profiles' | 'clients' | 'policy';

/** The name of the workspace file; the nearest one in the folders above a document is used. */
export const workspaceFileName = 'dots.workspace.json';

/** The usual name of the user's file of server profiles. */
export const profilesFileName = 'dots.profiles.json';

/** The usual name of a file of the clients of `dots mock`. */
export const clientsFileName = 'dots.clients.json';

/** How the name of a policy of an orchestrator ends. */
const policyEnding = '.orchestrator.json';

const ownNames: Readonly<Record<string, DocumentForm>> = {
  [workspaceFileName]: 'workspace',
  [profilesFileName]: 'profiles',
  [clientsFileName]: 'clients',
};

/** What a file contains, by its name; a path or a URI. */
export function formOf(file: string): DocumentForm {
  const name = /[^/\\]*$/.exec(file)?.[0] ?? '';
  if (name.endsWith(policyEnding)) return 'policy';
  return (Object.hasOwn(ownNames, name) ? ownNames[name] : undefined) ?? 'dots';
}

/** Whether a file's name marks it as a DOTS document. */
export const isDocumentName = (file: string): boolean => /\.dots\.jsonc?$/.test(file);

/** Whether a file may contain a document: JSON by its name, and not one of the product's own files. */
export const mayHoldDocument = (file: string): boolean => /\.jsonc?$/.test(file) && formOf(file) === 'dots';

/** Folders without documents of the user. */
export const skippedFolders: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** What the editor calls its own orchestrator among the servers; no profile has this name. */
export const mockName = 'mock';
