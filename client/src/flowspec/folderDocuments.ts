import * as vscode from 'vscode';
import { documentTypeOf, type DocumentKind } from '#dots/model/documents';
import type { FlowspecInput } from '#dots/flowspec/translate';
import { fileName, jsonObject } from '../editor/document';

/** Files of one folder that are looked through for aliases and ACLs; more are left alone. */
const folderLimit = 200;

/** What a file held when it had this stamp. */
interface Known {
  stamp: string;
  input: FlowspecInput | undefined;
}

/** The documents beside others. A file is read and parsed again only when it has changed: previews ask at every pause of the typing. */
export class FolderDocuments {
  private readonly known = new Map<string, Known>();

  /** The documents in a folder that define the aliases and ACLs which a document there names; unsaved text counts before the file. */
  async namedIn(source: vscode.TextDocument): Promise<FlowspecInput[]> {
    const wanted = wantedKinds(source.getText());
    if (source.isUntitled || wanted.length === 0) return [];
    const folder = vscode.Uri.joinPath(source.uri, '..');
    const entries = await vscode.workspace.fs.readDirectory(folder).then(
      (found) => found,
      () => [],
    );
    const names = entries
      .map(([name]) => name)
      .filter((name) => /\.dots\.jsonc?$/.test(name) && name !== fileName(source.uri));
    const inputs = await Promise.all(
      names.slice(0, folderLimit).map((name) => this.inputAt(vscode.Uri.joinPath(folder, name))),
    );
    return inputs
      .filter((input) => input !== undefined)
      .filter(({ value }) => wanted.includes(documentTypeOf(value)?.kind));
  }

  clear(): void {
    this.known.clear();
  }

  private async inputAt(uri: vscode.Uri): Promise<FlowspecInput | undefined> {
    const key = uri.toString();
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === key);
    if (open !== undefined) return inputOf(uri, open.getText());
    const stamp = await fileStamp(uri);
    const known = this.known.get(key);
    if (known !== undefined && known.stamp === stamp) return known.input;
    const input = inputOf(uri, await textAt(uri));
    this.known.set(key, { stamp, input });
    return input;
  }
}

function inputOf(uri: vscode.Uri, text: string): FlowspecInput | undefined {
  const value = jsonObject(text);
  return value === undefined ? undefined : { file: fileName(uri), value };
}

function wantedKinds(text: string): (DocumentKind | undefined)[] {
  return [
    ...(text.includes('"alias-name"') ? ['aliases' as const] : []),
    ...(text.includes('"acl-name"') ? ['acls' as const] : []),
  ];
}

/** A file that is gone has a stamp of its own. */
async function fileStamp(uri: vscode.Uri): Promise<string> {
  return vscode.workspace.fs.stat(uri).then(
    ({ mtime, size }) => `${mtime} ${size}`,
    () => 'absent',
  );
}

async function textAt(uri: vscode.Uri): Promise<string> {
  return vscode.workspace.fs.readFile(uri).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
}
