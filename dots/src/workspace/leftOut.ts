import type { Fault } from '#dots/model/finding';
import { printable } from '#dots/model/text';

/** Why a workspace file is not used. */
export type IgnoredBecause =
  /** It belongs neither to the user nor to the owner of the document's folder. */
  | { kind: 'owner' }
  /** It is above the open folder or the repository of the document. */
  | { kind: 'outside'; folder: string }
  /** `reason`: the end of a sentence. */
  | { kind: 'unreadable'; reason: string };

/** A workspace file that would govern a document and is not used. */
export interface IgnoredWorkspaceFile {
  path: string;
  because: IgnoredBecause;
}

/** The code of what `ignoredWorkspaceFile` reports. */
export const ignoredFileCode = 'cross/ignored-workspace-file';

/** Reports, at the start of a document, a workspace file that is not used. */
export function ignoredWorkspaceFile(file: IgnoredWorkspaceFile): Fault {
  return {
    code: ignoredFileCode,
    class: 'cross',
    severity: file.because.kind === 'outside' ? 'information' : 'warning',
    pointer: '',
    rfc: '9132 11',
    message: ignoredSentence(file),
  };
}

/** Why a workspace file is not used, and what to do. */
export function ignoredSentence({ path, because }: IgnoredWorkspaceFile): string {
  const start = `The workspace file ${printable(path)} is not used`;
  switch (because.kind) {
    case 'owner':
      return `${start}: it belongs to another user than you and the owner of this folder. If it is meant for these documents, copy it into their folder.`;
    case 'outside':
      return `${start}: it is outside ${printable(because.folder)}. If it is meant for these documents, copy it into that folder.`;
    case 'unreadable':
      return `${start}: ${because.reason}.`;
  }
}

/** How many names of files a finding lists. */
const listed = 3;

/** Reports, at the start of a document, that files which may define what it names were not read. */
export function unreadDocuments(files: readonly string[]): Fault {
  const names = files.slice(0, listed).map(printable);
  const others = files.length > listed ? ` and ${files.length - listed} more` : '';
  const [verb, possessive] = files.length === 1 ? ['was', 'its'] : ['were', 'their'];
  return {
    code: 'cross/unread-documents',
    class: 'cross',
    severity: 'information',
    pointer: '',
    rfc: '9132 4.4.1.1',
    message: `${names.join(', ')}${others} ${verb} not read, because of ${possessive} size, number, name or permissions: names that only ${files.length === 1 ? 'it defines' : 'they define'} are unknown here. Open the file, or name it on the command line.`,
  };
}
