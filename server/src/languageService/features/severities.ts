import type { Workspace } from '#dots/workspace/workspaceFile';
import type { LocatedFinding } from '../documents/document';
import { inTextOrder } from './validation';

/**
 * The findings of a document with the severities that the workspace file sets, without hidden ones. `path` is relative
 * to the workspace file's folder.
 */
export function adjusted(findings: readonly LocatedFinding[], workspace: Workspace, path: string): LocatedFinding[] {
  return inTextOrder(
    findings.flatMap((finding) => {
      const severity = workspace.severityOf(path, finding.code, finding.severity);
      return severity === undefined ? [] : [severity === finding.severity ? finding : { ...finding, severity }];
    }),
  );
}
