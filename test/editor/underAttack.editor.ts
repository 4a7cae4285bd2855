import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import type { TreeNode } from '../../client/src/ui/treeNode';
import { closeAll, lenses, open, until, workbench } from '../support/editor';

let api: WorkbenchApi;
const flat = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap((node) => [node, ...flat(node.children)]);
const rows = (): TreeNode[] => flat(api.sessionTree());
const [folder] = vscode.workspace.workspaceFolders ?? [];

/** The requests that the command has written. */
const written = (): Thenable<vscode.Uri[]> => vscode.workspace.findFiles('attack-*.dots.json');

/** Accepts the proposal at an index, as soon as the pick is there, until `done` answers. */
async function choose<T>(index: number, done: () => T | undefined | Promise<T | undefined>): Promise<T> {
  let chosen = false;
  return until(async () => {
    if (!chosen) {
      await new Promise((shown) => setTimeout(shown, 1000));
      for (let step = 0; step < index; step++)
        await vscode.commands.executeCommand('workbench.action.quickOpenSelectNext');
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      chosen = (await written()).length > 0;
    }
    return done();
  });
}

const mitigation = (): TreeNode | undefined => rows().find(({ role }) => role === 'mitigation');
const acl = (): TreeNode | undefined => rows().find(({ label }) => label === 'amplification-drop');

suite('I am under attack', () => {
  suiteSetup(async () => {
    api = await workbench();
    assert.ok(folder !== undefined);
  });
  suiteTeardown(async () => {
    await closeAll();
    for (const uri of await written()) await vscode.workspace.fs.delete(uri);
    await vscode.commands.executeCommand('dots.stopOrchestrator');
  });

  test('from addresses to a mitigation and an ACL that is switched on, with one choice', async () => {
    const { document } = await open('amplification-acl.dots.json');
    await lenses(document.uri, ([title]) => title === 'Install on mock');
    await vscode.commands.executeCommand('dots.install', document.uri);
    await until(acl);
    void vscode.commands.executeCommand('dots.underAttack', 'udp 198.51.100.7:53 -> 192.0.2.77:4000; what?');
    await choose(2, () => rows().find(({ role, label }) => role === 'mitigation' && label === '192.0.2.77/32'));
    const [request] = await written();
    assert.ok(request !== undefined);
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(request));
    assert.match(text, /"target-protocol": \[\s*17\s*\]/);
    await until(() => acl()?.tooltip.includes('immediate') || undefined);
    await vscode.commands.executeCommand('dots.withdraw', mitigation());
    await until(() => mitigation() === undefined || undefined);
    await vscode.commands.executeCommand('dots.removeEntry', acl());
    await until(() => acl() === undefined || undefined);
  });
});
