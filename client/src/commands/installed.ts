import * as vscode from 'vscode';
import type { JsonObject } from '#dots/model/json';
import { documentTypeOf } from '#dots/model/documents';
import { isObject, itemsOf } from '#dots/model/json';
import { DotsError } from '#dots/model/errors';
import { printable, safeJson } from '#dots/model/text';
import { jsonObject } from '../editor/jsonObject';
import { showFailure } from '../editor/problems';
import type { InstalledEntries } from '../sessions/installedEntries';
import { entryQuestion } from '../ui/confirmation';
import { fileName } from '../editor/document';
import { labelText } from '../ui/textLayout';
import type { EntryRef, TreeNode } from '../ui/treeNode';
import { VirtualDocuments } from '../ui/virtualDocuments';

/** The commands of aliases and ACLs that servers have. */
export function registerInstalled(installed: InstalledEntries, log: vscode.LogOutputChannel): vscode.Disposable {
  const texts = new VirtualDocuments('dots-installed', () => 'Open it again from the DOTS view.\n');
  const on =
    (act: (ref: EntryRef) => Promise<void>, done: string) =>
    async (node?: Pick<TreeNode, 'entry'>): Promise<void> => {
      if (node?.entry === undefined) return;
      await act(node.entry).catch((error: unknown) => showFailure(log, `${node.entry?.name} was not ${done}.`, error));
    };
  const open = (ref: EntryRef): Promise<void> => show(installed, texts, ref);
  const compare = (ref: EntryRef): Promise<void> => compareWithDocument(installed, texts, ref);
  const activate = changing(installed, 'Activate', (ref) => installed.activate(ref, 'immediate'));
  const deactivate = changing(installed, 'Deactivate', (ref) => installed.activate(ref, 'deactivate'));
  const remove = changing(installed, 'Remove', (ref) => installed.remove(ref));
  return vscode.Disposable.from(
    texts,
    vscode.commands.registerCommand('dots.openEntry', on(open, 'opened')),
    vscode.commands.registerCommand('dots.compareEntry', on(compare, 'compared')),
    vscode.commands.registerCommand('dots.activateAcl', on(activate, 'activated')),
    vscode.commands.registerCommand('dots.deactivateAcl', on(deactivate, 'deactivated')),
    vscode.commands.registerCommand('dots.removeEntry', on(remove, 'removed')),
  );
}

/** A change, which is made at a production server only after confirmation. */
const changing =
  (installed: InstalledEntries, verb: string, change: (ref: EntryRef) => Promise<void>) =>
  async (ref: EntryRef): Promise<void> => {
    const target = await installed.target(ref);
    const { message, detail, action } = entryQuestion(verb, target, ref);
    const isMeant =
      target.production === undefined ||
      (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
    if (!isMeant) return;
    await change(ref);
    vscode.window.setStatusBarMessage(`$(check) DOTS: ${verb.toLowerCase()}d ${labelText(ref.name)}`, 5000);
  };

async function show(installed: InstalledEntries, texts: VirtualDocuments, ref: EntryRef): Promise<void> {
  const uri = texts.uri(`${ref.name} on ${ref.session}.dots.json`, ref.container);
  texts.set(uri, await documentText(ref, await installed.entry(ref)));
  await vscode.window.showTextDocument(uri);
}

async function documentText({ container }: EntryRef, entry: JsonObject): Promise<string> {
  const { documentWith } = await import('#lazy/protocol');
  return `${safeJson(documentWith(container, [entry]), 2)}\n`;
}

/** Shows the difference between what the server has and the document of the workspace that defines it. */
async function compareWithDocument(installed: InstalledEntries, texts: VirtualDocuments, ref: EntryRef): Promise<void> {
  const file = await definingFile(ref);
  const { withoutState } = await import('#lazy/protocol');
  const uri = texts.uri(`${ref.name} on ${ref.session}, to compare.dots.json`, ref.container);
  texts.set(uri, await documentText(ref, withoutState(await installed.entry(ref))));
  const title = `${ref.name} on ${ref.session} ↔ ${fileName(file)}`;
  await vscode.commands.executeCommand('vscode.diff', uri, file, printable(title));
}

/** The most documents that are searched. */
const mostSearched = 500;

/** The document of the workspace with an alias or an ACL of this name. Throws a DotsError where there is none. */
async function definingFile({ container, name }: EntryRef): Promise<vscode.Uri> {
  for (const uri of await vscode.workspace.findFiles('**/*.dots.{json,jsonc}', '**/node_modules/**', mostSearched)) {
    const value = jsonObject(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
    const type = documentTypeOf(value);
    const body = type?.kind === container ? value?.[type.topMember] : undefined;
    const list = isObject(body) ? itemsOf(body[container === 'acls' ? 'acl' : 'alias']) : [];
    if (list.some((entry) => isObject(entry) && entry.name === name)) return uri;
  }
  throw new DotsError(
    'usage',
    'editor/no-document',
    `No document of this workspace defines "${name}".`,
    'Open what the server has instead.',
  );
}
