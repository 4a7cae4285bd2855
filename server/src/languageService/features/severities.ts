import type { SeveritySettings } from '#dots/workspace/severitySettings';
import type { Workspace } from '#dots/workspace/workspaceFile';
import type { LocatedFinding } from '../documents/document';
import { inTextOrder } from './validation';

/**
 * The findings of a document with the severities that the workspace file sets, or else the settings of the user,
 * without hidden ones. `path` is relative to the workspace file's folder.
 */
export function adjusted(
  findings: readonly LocatedFinding[],
  workspace: Workspace,
  path: string,
  settings: SeveritySettings = new Map(),
): LocatedFinding[] {
  return inTextOrder(
    findings.flatMap((finding) => {
      const severity = workspace.severityOf(path, finding.code, settings.get(finding.code) ?? finding.severity);
      if (severity === undefined || severity === 'off') return [];
      return [severity === finding.severity ? finding : { ...finding, severity }];
    }),
  );
}
