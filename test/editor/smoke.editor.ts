import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { open, until } from '../support/editor';

const extension = (): vscode.Extension<unknown> | undefined =>
  vscode.extensions.getExtension('dots-workbench.dots-workbench');
const active = (): Promise<boolean> => until(() => extension()?.isActive || undefined);

suite('extension', () => {
  test('is present', () => {
    assert.ok(extension());
  });

  test('becomes active when a DOTS document is opened', async () => {
    const { document } = await open('offload-request.dots.json');
    assert.equal(document.languageId, 'dots');
    assert.ok(await active());
  });

  test('registers its commands', async () => {
    await active();
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const command of [
      'dots.sendRequest',
      'dots.previewFlowspec',
      'dots.startOrchestrator',
      'dots.stopOrchestrator',
    ]) {
      assert.ok(registered.has(command), command);
    }
  });

  test('shows what is wrong with a document, at its place', async () => {
    const content =
      '{\n  "ietf-dots-signal-channel:mitigation-scope": {\n    "scope": [{ "target-prefix": ["192.0.2.0/33"], "lifetime": 3600 }]\n  }\n}\n';
    const document = await vscode.workspace.openTextDocument({ language: 'dots', content });
    const finding = await until(() => vscode.languages.getDiagnostics(document.uri)[0]);
    assert.equal(finding.source, 'dots');
    assert.equal(document.getText(finding.range), '"192.0.2.0/33"');
  });
});
