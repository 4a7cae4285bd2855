import { read, timed } from './started';
import type * as vscode from 'vscode';
import { Workbench, type WorkbenchApi } from './context';

let workbench: Workbench | undefined;

/** Called by the editor once, when a DOTS document, view or command is first used. */
export function activate(extension: vscode.ExtensionContext): WorkbenchApi {
  workbench = timed(() => new Workbench(extension));
  return workbench.api;
}

/** Called by the editor before it exits; it waits for the promise. */
export async function deactivate(): Promise<void> {
  await workbench?.close();
  workbench = undefined;
}

read();
