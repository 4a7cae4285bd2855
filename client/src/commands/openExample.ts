import * as vscode from 'vscode';

/** The example request, and the draft with the usual mistakes. */
export const examples = { request: 'offload-request.dots.json', draft: 'first-draft.dots.json' } as const;

/** Opens an example: the one in the workspace, else a copy of the one that comes with the extension. */
export async function openExample(extension: vscode.ExtensionContext, example: string): Promise<void> {
  const [here] = await vscode.workspace.findFiles(`**/${example}`, undefined, 1);
  const document =
    here === undefined
      ? await copyOf(vscode.Uri.joinPath(extension.extensionUri, 'examples', example))
      : await vscode.workspace.openTextDocument(here);
  await vscode.window.showTextDocument(document);
}

async function copyOf(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const content = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  return vscode.workspace.openTextDocument({ language: 'dots', content });
}

/** Opens an empty document, with the completion that offers what to write. */
export async function newDocument(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'dots', content: '' });
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand('editor.action.triggerSuggest');
}
