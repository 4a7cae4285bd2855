import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, open, rangeOf, virtualText, workbench } from '../support/editor';

suite('the Flowspec preview', () => {
  suiteSetup(workbench);
  teardown(closeAll);

  test('shows the rules of an ACL as a table, as ExaBGP text and as octets, read-only', async () => {
    await open('amplification-acl.dots.json');
    await vscode.commands.executeCommand('dots.previewFlowspec');
    const text = await virtualText(
      'dots-flowspec',
      (each) => each.startsWith('# Flowspec of amplification-acl.dots.json') && each.includes('# ExaBGP'),
    );
    assert.match(text, /6 rules/);
    assert.match(text, /192\.0\.2\.0\/24/);
    assert.match(text, /11211/);
    assert.match(text, /# NLRI/);
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'dots-flowspec');
    assert.equal(document?.languageId, 'dots-flowspec');
  });

  test('follows the document as it is edited, and survives a half-typed one', async () => {
    const editor = await open('offload-request.dots.json');
    await vscode.commands.executeCommand('dots.previewFlowspec', editor.document.uri);
    await virtualText('dots-flowspec', (each) => each.includes('198.51.100.16/28'));
    const prefix = rangeOf(editor.document, '198.51.100.16/28');
    await editor.edit((edit) => edit.replace(prefix, '203.0.113.0/24'));
    await virtualText('dots-flowspec', (each) => each.includes('203.0.113.0/24') && !each.includes('198.51.100.16/28'));
    await editor.edit((edit) => edit.insert(prefix.start, '"'));
    const halfTyped = await virtualText('dots-flowspec', (each) => each.includes('last valid state'));
    assert.match(halfTyped, /203\.0\.113\.0\/24/);
  });

  test('shows the rules of an ACL that the request switches on, from the document that defines it', async () => {
    await open('filter-control.dots.json');
    await vscode.commands.executeCommand('dots.previewFlowspec');
    const text = await virtualText('dots-flowspec', (each) => each.startsWith('# Flowspec of filter-control'));
    assert.match(text, /# +Action +Source +Match\n/);
    assert.match(text, /discard +amplification-acl +dst/);
  });

  test('a document that is no filter says so', async () => {
    await open('telemetry.dots.json');
    await vscode.commands.executeCommand('dots.previewFlowspec');
    await virtualText('dots-flowspec', (each) => each.includes('Only mitigation requests, ACLs and aliases'));
  });
});
