import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { after, lenses, closeAll, open, until, workbench } from '../support/editor';

suite('a DOTS document in the editor', () => {
  suiteSetup(workbench);
  teardown(closeAll);

  test('is of the language dots, by its name', async () => {
    assert.equal((await open('aliases.dots.json')).document.languageId, 'dots');
  });

  test('the first draft has errors where they are, with their section of the findings behind the code', async () => {
    const { document } = await open('first-draft.dots.json');
    const found = await until(() => {
      const all = vscode.languages.getDiagnostics(document.uri);
      return all.length > 0 ? all : undefined;
    });
    const swapped = found.find(({ range }) => document.getText(range) === '80');
    assert.equal(swapped?.severity, vscode.DiagnosticSeverity.Error);
    assert.ok(
      typeof swapped?.code === 'object' &&
        /docs\/findings\.md#L\d+$/.test(decodeURIComponent(swapped.code.target.toString())),
    );
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
  changes();
  structure();
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

/** What changes a text at the wish of the user. */
function changes(): void {
  test('a quick fix removes a finding', async () => {
    const { document } = await open('first-draft.dots.json');
    await until(() => vscode.languages.getDiagnostics(document.uri).length > 0 || undefined);
    const place = after(document, '"target-protocol": ["');
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      new vscode.Range(place, place),
    );
    const fix = actions.find(({ title }) => title === 'Write 17 instead of "udp"');
    assert.ok(fix?.edit, actions.map(({ title }) => title).join('\n'));
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.match(document.getText(), /"target-protocol": \[17\]/);
  });

  test('a name is renamed where it is defined', async () => {
    const { document } = await open('aliases.dots.json');
    const [, name = ''] = /"name": "([^"]+)"/.exec(document.getText()) ?? [];
    const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
      'vscode.executeDocumentRenameProvider',
      document.uri,
      after(document, '"name": "'),
      'renamed',
    );
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.ok(document.getText().includes('"name": "renamed"') && !document.getText().includes(`"name": "${name}"`));
  });
}

/** What the editor makes of the structure of a text. */
function structure(): void {
  test('a document is formatted', async () => {
    const editor = await open('aliases.dots.json');
    const before = editor.document.getText();
    await editor.edit((edit) => edit.insert(after(editor.document, '"alias": ['), '      '));
    const edits = await vscode.commands.executeCommand<vscode.TextEdit[]>(
      'vscode.executeFormatDocumentProvider',
      editor.document.uri,
      { tabSize: 2, insertSpaces: true },
    );
    const change = new vscode.WorkspaceEdit();
    change.set(editor.document.uri, edits);
    assert.ok(await vscode.workspace.applyEdit(change));
    assert.equal(editor.document.getText(), before);
  });

  test('the outline says what entries do', async () => {
    const { document } = await open('amplification-acl.dots.json');
    const symbols = await until(async () => {
      const found = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      return found !== undefined && found.length > 0 ? found : undefined;
    });
    const names = symbols.flatMap(function all({ name, children }): string[] {
      return [name, ...children.flatMap(all)];
    });
    assert.ok(
      names.some((name) => /^ace .*drop udp/.test(name)),
      names.join('\n'),
    );
  });
}
