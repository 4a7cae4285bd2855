import * as vscode from 'vscode';
import { DotsError, describeError } from '#dots/model/errors';
import { isObject, type JsonValue } from '#dots/model/json';
import type { ReadPolicy } from '#dots/orchestrator/policyFile';
import { workspaceFileName } from '#dots/workspace/fileNames';

/**
 * The policy that applies to the active document: its workspace file names it, or without one the file of an open
 * folder. Undefined where none is named.
 */
export async function policyOfWorkspace(): Promise<vscode.Uri | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const above = active?.scheme === 'file' ? foldersAbove(active) : [];
  const roots = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  for (const folder of [...above, ...roots]) {
    const workspace = await valueOf(vscode.Uri.joinPath(folder, workspaceFileName)).catch(() => undefined);
    if (isObject(workspace) && typeof workspace.policy === 'string')
      return vscode.Uri.joinPath(folder, workspace.policy);
  }
  return undefined;
}

/** The folders from that of a document up to its open folder. */
function foldersAbove(document: vscode.Uri): vscode.Uri[] {
  const root = vscode.workspace.getWorkspaceFolder(document)?.uri;
  if (root === undefined) return [];
  const folders: vscode.Uri[] = [];
  for (let folder = parentOf(document); folder.path.length > root.path.length; folder = parentOf(folder))
    folders.push(folder);
  return folders;
}

const parentOf = (uri: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(uri, '..');

/** Reads a policy. Throws a DotsError `editor/policy-errors` where it cannot be read or has errors. */
export async function readPolicyFile(file: vscode.Uri): Promise<ReadPolicy> {
  const { policyErrors, readPolicyValue } = await import('#lazy/protocol');
  const name = vscode.workspace.asRelativePath(file);
  const value = await valueOf(file).catch((error: unknown) => refuse(name, describeError(error)));
  const [first] = policyErrors(value);
  if (first !== undefined) return refuse(name, `${first.pointer || 'The file'}: ${first.message}`);
  return readPolicyValue(value, file.fsPath);
}

function refuse(name: string, reason: string): never {
  throw new DotsError('usage', 'editor/policy-errors', `The policy ${name} has errors. ${reason}`);
}

async function valueOf(file: vscode.Uri): Promise<JsonValue> {
  const bytes = await vscode.workspace.fs.readFile(file);
  return JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
}
