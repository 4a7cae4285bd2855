import * as vscode from 'vscode';

const example = 'offload-request.dots.json';

/** Opens the example request: the one in the workspace, else a copy of the one that comes with the extension. */
export async function openExample(extension: vscode.ExtensionContext): Promise<void> {
  const [here] = await vscode.workspace.findFiles(`**/${example}`, undefined, 1);
  const document = here === undefined ? await copyOf(vscode.Uri.joinPath(extension.extensionUri, 'examples', example)) : await vscode.workspace.openTextDocument(here);
  await vscode.window.showTextDocument(document);
}

async function copyOf(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const content = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  return vscode.workspace.openTextDocument({ language: 'dots', content });
}
