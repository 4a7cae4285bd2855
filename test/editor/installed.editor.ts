import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import type { TreeNode } from '../../client/src/ui/treeNode';
import { closeAll, lenses, open, until, workbench } from '../support/editor';

let api: WorkbenchApi;
const name = 'installed-acl.dots.json';
const content = {
  'ietf-dots-data-channel:acls': {
    acl: [
      {
        name: 'board-acl',
        type: 'ipv4-acl-type',
        'activation-type': 'activate-when-mitigating',
        aces: {
          ace: [
            {
              name: 'drop-chargen',
              matches: {
                ipv4: { 'destination-ipv4-network': '203.0.113.240/28', protocol: 17 },
                udp: { 'source-port-range-or-operator': { operator: 'eq', port: 19 } },
              },
              actions: { forwarding: 'drop' },
            },
          ],
        },
      },
    ],
  },
};
const config = join(process.env.XDG_CONFIG_HOME ?? '', 'dots');
const fileNamed = (file: string): vscode.Uri =>
  vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/'), file);
const write = (file: string, value: object): Thenable<void> =>
  vscode.workspace.fs.writeFile(fileNamed(file), new TextEncoder().encode(JSON.stringify(value)));
const flat = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap((node) => [node, ...flat(node.children)]);
const row = (): TreeNode | undefined =>
  flat(api.sessionTree()).find(({ entry }) => entry?.session === 'shelf' && entry.name === 'board-acl');

suite('what is installed at a server', () => {
  suiteSetup(async () => {
    api = await workbench();
    await vscode.commands.executeCommand('dots.startOrchestrator');
    const lab = api.lab();
    assert.ok(lab !== undefined);
    const { coaps: signal, data, ca, cert: certificate, key } = lab;
    await mkdir(config, { recursive: true });
    const profiles = { shelf: { signal, data, cuid: 'shelf', ca, certificate, key } };
    await writeFile(join(config, 'dots.profiles.json'), JSON.stringify({ profiles }));
    assert.equal(await api.profiles(), 'read');
    await write(name, content);
    await write('dots.workspace.json', { files: [{ path: name, profile: 'shelf' }] });
    await vscode.workspace.openTextDocument(fileNamed('dots.workspace.json'));
  });
  teardown(closeAll);
  suiteTeardown(async () => {
    await vscode.workspace.fs.delete(fileNamed('dots.workspace.json'));
    await vscode.workspace.fs.delete(fileNamed(name));
    await rm(config, { recursive: true, force: true });
    await api.profiles();
    await vscode.commands.executeCommand('dots.stopOrchestrator');
  });

  test('an installed ACL is a row, is activated, compared, deactivated and removed', async () => {
    const { document } = await open(name);
    await lenses(document.uri, ([title]) => title === 'Install on shelf');
    await vscode.commands.executeCommand('dots.install', document.uri);
    await until(row);
    assert.match(row()?.description ?? '', /^ACL, standby, .*left$/);
    await vscode.commands.executeCommand('dots.activateAcl', row());
    assert.match(row()?.description ?? '', /^ACL, active/);
    await vscode.commands.executeCommand('dots.compareEntry', row());
    await until(() => vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'dots-installed'));
    await vscode.commands.executeCommand('dots.deactivateAcl', row());
    assert.match(row()?.description ?? '', /^ACL, off/);
    await vscode.commands.executeCommand('dots.removeEntry', row());
    assert.equal(row(), undefined);
  });
});
