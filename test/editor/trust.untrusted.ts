import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import { closeAll, lenses, open, titles, until, virtualText, workbench } from '../support/editor';

suite('a folder that is not trusted', () => {
  let api: WorkbenchApi;

  suiteSetup(async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    api = await workbench();
  });
  teardown(closeAll);

  test('documents are checked, completed and previewed', async () => {
    const { document } = await open('first-draft.dots.json');
    await until(() => vscode.languages.getDiagnostics(document.uri).length > 0 || undefined);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      document.positionAt(document.getText().indexOf('mitigation-scope')),
    );
    assert.ok(hovers.length > 0);
    await open('amplification-acl.dots.json');
    await vscode.commands.executeCommand('dots.previewFlowspec');
    await virtualText('dots-flowspec', (each) => each.includes('# ExaBGP'));
  });

  test('instead of sending, the link over a request offers to manage trust', async () => {
    const { document } = await open('offload-request.dots.json');
    const [first] = await lenses(document.uri, (all) => all.length > 0);
    assert.deepEqual(
      [titles(first === undefined ? [] : [first]), first?.command?.command],
      [['Sending is disabled: this folder is not trusted'], 'workbench.trust.manage'],
    );
  });

  test('neither the mock nor a request can be started by a command', async () => {
    const { document } = await open('offload-request.dots.json');
    await vscode.commands.executeCommand('dots.startOrchestrator');
    await vscode.commands.executeCommand('dots.sendRequest', document.uri);
    assert.equal(api.orchestrator(), undefined);
    assert.deepEqual(api.sessionTree(), []);
  });

  test('server profiles are not read', async () => {
    assert.equal(await api.profiles(), 'off');
  });
});
