import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import type { TreeNode } from '../../client/src/ui/treeNode';
import { closeAll, lenses, open, until, workbench } from '../support/editor';

let api: WorkbenchApi;
/** Its targets are in no other document: another client's mitigation would be in conflict with it. */
const request = 'board-request.dots.json';
const content = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['203.0.113.0/28'], lifetime: 3600 }] },
};
const config = join(process.env.XDG_CONFIG_HOME ?? '', 'dots');
const fileNamed = (name: string): vscode.Uri =>
  vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/'), name);
const write = (name: string, value: object): Thenable<void> =>
  vscode.workspace.fs.writeFile(fileNamed(name), new TextEncoder().encode(JSON.stringify(value)));

/** The row of its mitigation in the session with `board`. */
const mitigation = (): TreeNode | undefined =>
  api
    .sessionTree()
    .find(({ label }) => label === 'board')
    ?.children.find(({ label }) => label === '203.0.113.0/28');
const detail = (label: string): string | undefined =>
  mitigation()?.children.find((child) => child.label === label)?.description;

/** Sends the example to the profile `board`. */
async function send(): Promise<void> {
  const { document } = await open(request);
  await lenses(document.uri, ([title]) => title === 'Send to board');
  await vscode.commands.executeCommand('dots.sendRequest', document.uri);
  await until(() => (mitigation()?.role === 'mitigation' ? true : undefined));
}

suite('followed mitigations', () => {
  suiteSetup(async () => {
    api = await workbench();
    await vscode.commands.executeCommand('dots.startOrchestrator');
    const lab = api.lab();
    assert.ok(lab !== undefined);
    const proof = { ca: lab.ca, certificate: lab.cert, key: lab.key };
    await mkdir(config, { recursive: true });
    await writeFile(
      join(config, 'dots.profiles.json'),
      JSON.stringify({ profiles: { board: { signal: lab.coaps, cuid: 'board', ...proof } } }),
    );
    assert.equal(await api.profiles(), 'read');
    await write(request, content);
    await write('dots.workspace.json', { files: [{ path: request, profile: 'board' }] });
    await vscode.workspace.openTextDocument(fileNamed('dots.workspace.json'));
  });
  teardown(closeAll);
  suiteTeardown(async () => {
    await vscode.workspace.fs.delete(fileNamed('dots.workspace.json'));
    await vscode.workspace.fs.delete(fileNamed(request));
    await rm(config, { recursive: true, force: true });
    await api.profiles();
    await vscode.commands.executeCommand('dots.closeSession');
    await vscode.commands.executeCommand('dots.stopOrchestrator');
  });

  reloadTests();
  actionTests();
});

/** What the window has forgotten comes from the server. */
function reloadTests(): void {
  test('what the window has forgotten is asked of the server by the ledger, with its document', async () => {
    await send();
    await vscode.commands.executeCommand('dots.closeSession');
    assert.equal(mitigation(), undefined);
    await vscode.commands.executeCommand('dots.refreshStatus');
    await until(() => (mitigation()?.spoken?.includes('mitigating') ? true : undefined));
    assert.equal(mitigation()?.role, 'mitigation');
    assert.equal(detail('Document'), request);
    assert.match(mitigation()?.description ?? '', / left/);
    await closeAll();
    await vscode.commands.executeCommand('dots.openDocument', mitigation());
    assert.ok(vscode.window.activeTextEditor?.document.uri.path.endsWith(request));
  });
}

/** What can be done to a mitigation. */
function actionTests(): void {
  test('renewing keeps the mid, and the lifetime starts again', async () => {
    const mid = mitigation()?.mid;
    await vscode.commands.executeCommand('dots.renew', mitigation());
    assert.equal(mitigation()?.mid, mid);
    assert.match(detail('Lifetime') ?? '', /^(59 min|1 h)/);
  });

  test('Show Flowspec opens the document with its rules', async () => {
    await vscode.commands.executeCommand('dots.mitigationFlowspec', mitigation());
    await until(() => vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'dots-flowspec'));
  });

  test('a withdrawn mitigation stays as long as the server has it', async () => {
    await vscode.commands.executeCommand('dots.withdraw', mitigation());
    await until(() => (mitigation()?.role === 'ending' ? true : undefined));
    assert.match(mitigation()?.description ?? '', /^ending/);
  });
}
