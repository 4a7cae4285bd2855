import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import type { TreeNode } from '../../client/src/ui/treeNode';
import { closeAll, lenses, open, titles, until, virtualText, workbench } from '../support/editor';

let api: WorkbenchApi;
const name = 'in-force.dots.json';
const request = (...prefixes: string[]): object => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': prefixes, lifetime: 3600 }] },
});
const fileNamed = (file: string): vscode.Uri =>
  vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/'), file);
const write = (file: string, value: object): Thenable<void> =>
  vscode.workspace.fs.writeFile(fileNamed(file), new TextEncoder().encode(JSON.stringify(value, null, 2)));
const rows = (): TreeNode[] => api.sessionTree().flatMap(({ children }) => children);
const mitigation = (): TreeNode | undefined => rows().find(({ role }) => role === 'mitigation');

/** Presses a link over a document, found by the start of its title. */
async function press(uri: vscode.Uri, start: string): Promise<void> {
  const isMeant = (title: string): boolean => title.startsWith(start);
  const found = await lenses(uri, (all) => all.some(isMeant));
  const { command } = found.find(({ command: each }) => isMeant(each?.title ?? '')) ?? {};
  assert.ok(command);
  await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
}

async function replaceText(document: vscode.TextDocument, value: object): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), JSON.stringify(value, null, 2));
  await vscode.workspace.applyEdit(edit);
}

suite('a request in force', () => {
  suiteSetup(async () => {
    api = await workbench();
    await write(name, request('203.0.113.64/28'));
  });
  suiteTeardown(async () => {
    await closeAll();
    await vscode.workspace.fs.delete(fileNamed(name));
    await vscode.commands.executeCommand('dots.stopOrchestrator');
  });

  test('the dry run says what would be sent, and sends nothing', async () => {
    const { document } = await open(name);
    await press(document.uri, 'Dry run');
    const text = await virtualText('dots-plan', (each) => each.includes('target-prefix'));
    assert.match(text, /^# Dry run: nothing was sent/);
    assert.match(text, /NON PUT \S*mitigate\S*mid=\d+/);
    assert.equal(mitigation(), undefined);
  });

  test('once it is sent, the links over it are its state, Renew and Withdraw', async () => {
    const { document } = await open(name);
    await press(document.uri, 'Send to mock');
    const found = await lenses(document.uri, ([first]) => first?.includes(' on mock, ') === true);
    assert.match(
      titles(found).join(' | '),
      /^.* on mock, (59 min|1 h) left \| Renew \| Withdraw \| Dry run \| Preview/,
    );
  });

  test('Renew over the document keeps the mid', async () => {
    const { document } = await open(name);
    const mid = mitigation()?.mid;
    await press(document.uri, 'Renew');
    assert.equal(mitigation()?.mid, mid);
  });

  test('an edited one says what differs before it is sent, and sending it replaces what runs', async () => {
    const { document } = await open(name);
    const before = mitigation()?.mid ?? 0;
    await replaceText(document, request('203.0.113.64/28', '203.0.113.96/28'));
    const found = await lenses(document.uri, (all) => all.includes('Send changes'));
    assert.ok(titles(found).includes('edited: adds 203.0.113.96/28'), titles(found).join(' | '));
    assert.match(
      found.find(({ command }) => command?.title.startsWith('edited'))?.command?.tooltip ?? '',
      new RegExp(`Sending replaces mid ${before} by mid ${before + 1}`),
    );
    await press(document.uri, 'Send changes');
    await until(() => mitigation()?.mid === before + 1 || undefined);
  });

  test('Withdraw over the document ends it, and the link that sends it is there again', async () => {
    const { document } = await open(name);
    await press(document.uri, 'Withdraw');
    await until(() => mitigation() === undefined || undefined);
    await lenses(document.uri, (all) => all.includes('Send to mock'));
  });
});

/** The ports of the mock are those of its last start: the ledger knows it again. */
suite('the orchestrator is started again', () => {
  const kept = 'kept-request.dots.json';
  suiteSetup(async () => {
    api = await workbench();
    await write(kept, request('203.0.113.128/28'));
  });
  suiteTeardown(async () => {
    await closeAll();
    await vscode.workspace.fs.delete(fileNamed(kept));
    await vscode.commands.executeCommand('dots.stopOrchestrator');
  });

  test('its mitigation is there again with its document, and can be renewed and withdrawn', async () => {
    const { document } = await open(kept);
    await press(document.uri, 'Send to mock');
    await until(() => mitigation());
    const { mid } = mitigation() ?? {};
    await vscode.commands.executeCommand('dots.stopOrchestrator');
    assert.equal(mitigation(), undefined);
    await vscode.commands.executeCommand('dots.startOrchestrator');
    await until(() => (mitigation()?.mid === mid ? true : undefined));
    await press(document.uri, 'Renew');
    assert.equal(mitigation()?.mid, mid);
    await press(document.uri, 'Withdraw');
    await until(() => mitigation() === undefined || undefined);
  });
});

suite('plain JSON', () => {
  const plain = 'plain-request.json';
  suiteSetup(() => write(plain, request('203.0.113.64/28')));
  teardown(closeAll);
  suiteTeardown(() => vscode.workspace.fs.delete(fileNamed(plain)));

  test('with a DOTS member it has the same links', async () => {
    await workbench();
    await open(plain);
    await lenses(fileNamed(plain), (all) => all.includes('Send to mock') && all.includes('Dry run'));
  });
});
