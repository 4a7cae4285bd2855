import { dirname, join, resolve } from 'node:path';
import { workspaceFileName } from '#dots/workspace/fileNames';
import type { IgnoredWorkspaceFile } from '#dots/workspace/leftOut';
import { exists, isFile } from './files';
import { mayGovern, type Owners } from './ownership';

/** The workspace file of the documents of a folder, and nearer or higher ones that are not used. */
export interface FoundWorkspaceFile {
  path: string | undefined;
  ignored: readonly IgnoredWorkspaceFile[];
}

/** A workspace file above a folder, and the nearest boundary in between. */
interface Candidate {
  path: string;
  outside: string | undefined;
}

/**
 * Finds the workspace file of documents: the nearest one in the parent folders that the user or the owner of the
 * documents' folder owns. The search ends at a folder that is open in the editor, and at the root of a repository.
 */
export class WorkspaceSearch {
  private readonly found = new Map<string, FoundWorkspaceFile>();
  private readonly candidates = new Map<string, readonly Candidate[]>();

  constructor(
    private readonly owners: Owners,
    private readonly openFolders: () => readonly string[],
  ) {}

  /** The workspace file of the documents in a folder. It is searched for once, until `forget`. */
  from(folder: string): FoundWorkspaceFile {
    const known = this.found.get(folder) ?? this.search(folder);
    this.found.set(folder, known);
    return known;
  }

  /** Clears the results: a file may have been added or removed. */
  forget(): void {
    this.found.clear();
    this.candidates.clear();
  }

  private search(folder: string): FoundWorkspaceFile {
    const ignored: IgnoredWorkspaceFile[] = [];
    for (const { path, outside } of this.above(folder)) {
      if (outside !== undefined)
        return { path: undefined, ignored: [...ignored, { path, because: { kind: 'outside', folder: outside } }] };
      if (mayGovern(path, folder, this.owners)) return { path, ignored };
      ignored.push({ path, because: { kind: 'owner' } });
    }
    return { path: undefined, ignored };
  }

  /** The workspace files in a folder and above, the nearest first. */
  private above(folder: string): readonly Candidate[] {
    const known = this.candidates.get(folder);
    if (known !== undefined) return known;
    const path = join(folder, workspaceFileName);
    const own = isFile(path) ? [{ path, outside: undefined }] : [];
    const further = dirname(folder) === folder ? [] : this.above(dirname(folder));
    const outer = this.isBoundary(folder) ? further.map((each) => ({ ...each, outside: folder })) : further;
    const all = [...own, ...outer];
    this.candidates.set(folder, all);
    return all;
  }

  private isBoundary(folder: string): boolean {
    return this.openFolders().some((open) => resolve(open) === folder) || exists(join(folder, '.git'));
  }
}
