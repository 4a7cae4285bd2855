/** What a file holds: a DOTS document, or one of the product's own files. */
export type DocumentForm = 'dots' | 'workspace' | 'profiles' | 'clients';

/** What the workspace file is called; the nearest one upwards of a document counts. */
export const workspaceFileName = 'dots.workspace.json';

/** What the user's file of server profiles is called where it has its usual name. */
export const profilesFileName = 'dots.profiles.json';

/** What a file of the clients of `dots mock` is called where it has its usual name. */
export const clientsFileName = 'dots.clients.json';

const ownNames: Readonly<Record<string, DocumentForm>> = {
  [workspaceFileName]: 'workspace',
  [profilesFileName]: 'profiles',
  [clientsFileName]: 'clients',
};

/** What a file holds, by its name; a path or a URI. */
export function formOf(file: string): DocumentForm {
  const name = /[^/\\]*$/.exec(file)?.[0] ?? '';
  return (Object.hasOwn(ownNames, name) ? ownNames[name] : undefined) ?? 'dots';
}

/** Whether a file's name claims it for DOTS. */
export const isDocumentName = (file: string): boolean => /\.dots\.jsonc?$/.test(file);

/** Whether a file may hold a document: JSON by its name, and none of the product's own files. */
export const mayHoldDocument = (file: string): boolean => /\.jsonc?$/.test(file) && formOf(file) === 'dots';

/** Folders that hold no documents of one's own. */
export const skippedFolders: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** What the editor calls its own orchestrator among the servers; no profile has this name. */
export const mockName = 'mock';
