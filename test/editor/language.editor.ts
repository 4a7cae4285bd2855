import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { after, lenses, closeAll, open, until, workbench } from '../support/editor';

suite('a DOTS document in the editor', () => {
  suiteSetup(workbench);
  teardown(closeAll);

  test('is of the language dots, by its name', async () => {
    assert.equal((await open('aliases.dots.json')).document.languageId, 'dots');
  });

  test('the first draft has errors where they are, with the RFC section behind the code', async () => {
    const { document } = await open('first-draft.dots.json');
    const found = await until(() => {
      const all = vscode.languages.getDiagnostics(document.uri);
      return all.length > 0 ? all : undefined;
    });
    const swapped = found.find(({ range }) => document.getText(range) === '80');
    assert.equal(swapped?.severity, vscode.DiagnosticSeverity.Error);
    assert.ok(typeof swapped?.code === 'object' && swapped.code.target.toString().includes('rfc-editor.org'));
    assert.ok(
      found.some(
        ({ range, message }) =>
          document.getText(range).includes('acl-list') && message.includes('ietf-dots-signal-control:acl-list'),
      ),
    );
  });

  test('a finding goes when its cause goes', async () => {
    const editor = await open('aliases.dots.json');
    const { document } = editor;
    const spot = after(document, '"target-protocol": [');
    await editor.edit((edit) => edit.insert(spot, '"tcp", '));
    await until(() => vscode.languages.getDiagnostics(document.uri).length > 0 || undefined);
    await vscode.commands.executeCommand('undo');
    await until(() => vscode.languages.getDiagnostics(document.uri).length === 0 || undefined);
  });

  assistance();
});

/** What the editor offers and shows while one writes. */
function assistance(): void {
  test('completion offers members', async () => {
    const editor = await open('offload-request.dots.json');
    const line = after(editor.document, '"lifetime": 3600');
    await editor.edit((edit) => edit.insert(line, ',\n        "'));
    const spot = after(editor.document, '"lifetime": 3600,\n        "');
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      editor.document.uri,
      spot,
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(
      labels.some((label) => label.includes('trigger-mitigation')),
      labels.join(' '),
    );
  });

  test('an empty document says what to press, and the completion there offers documents', async () => {
    await vscode.commands.executeCommand('dots.newDocument');
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document?.languageId === 'dots' && document.getText() === '');
    const [first] = await lenses(document.uri, (all) => all.length > 0);
    assert.match(first?.command?.title ?? '', /^Empty: press Ctrl\+Space/);
  });

  test('hover says what a member is', async () => {
    const { document } = await open('offload-request.dots.json');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      after(document, '"lifeti'),
    );
    const text = hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
    assert.match(text, /lifetime/i);
    assert.match(text, /9132/);
  });
}
