import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import { closeAll, open, until } from '../support/editor';

const extension = (): vscode.Extension<WorkbenchApi> | undefined =>
  vscode.extensions.getExtension('dots-workbench.dots-workbench');

/** The first suite by its name, for once active an extension stays so. */
suite('activation', () => {
  teardown(closeAll);

  test('no ordinary file makes the extension active', async () => {
    assert.equal(extension()?.isActive, false);
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    const file = vscode.Uri.joinPath(folder.uri, 'ordinary.json');
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode('{ "name": "value" }\n'));
    for (const uri of [file, vscode.Uri.joinPath(folder.uri, 'README.md')]) {
      const { document } = await vscode.window.showTextDocument(uri);
      await vscode.languages.setTextDocumentLanguage(document, document.languageId);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(extension()?.isActive, false);
    await vscode.workspace.fs.delete(file);
  });

  test('a DOTS document makes it active', async function () {
    await open('offload-request.dots.json');
    const api = await until(() => (extension()?.isActive === true ? extension()?.exports : undefined));
    const { reading, activating } = api.activationTimes();
    assert.ok(reading > 0 && activating > 0);
    this.test!.title += `: its own code took ${(reading + activating).toFixed(0)} ms, ${reading.toFixed(0)} of them to be read; the goal is 50`;
  });
});
