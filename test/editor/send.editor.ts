import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import type { TreeNode } from '../../client/src/ui/treeNode';
import { closeAll, lenses, open, titles, until, virtualText, workbench } from '../support/editor';

let api: WorkbenchApi;

const mitigation = (): TreeNode | undefined =>
  api
    .sessionTree()
    .flatMap(({ children }) => children)
    .find(({ role }) => role === 'mitigation');
const press = async ({ command }: vscode.CodeLens): Promise<void> => {
  assert.ok(command);
  await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
};

suite('sending a request to the mock', () => {
  suiteSetup(async () => {
    api = await workbench();
  });
  teardown(closeAll);
  suiteTeardown(() => vscode.commands.executeCommand('dots.stopOrchestrator'));

  lensTests();
  requestTests();
  mockTests();
});

/** What the links over a document offer. */
function lensTests(): void {
  test('the lens is over the top-level member', async () => {
    const { document } = await open('offload-request.dots.json');
    const found = await lenses(document.uri, ([title]) => title === 'Send to mock');
    assert.deepEqual(titles(found), ['Send to mock', 'Dry run', 'Preview Flowspec']);
    assert.match(document.lineAt(found[0]?.range.start.line ?? 0).text, /mitigation-scope/);
  });

  test('a document with errors offers its problems instead', async () => {
    const { document } = await open('first-draft.dots.json');
    const [first] = await lenses(document.uri, ([title]) => title?.includes('error') === true);
    assert.match(first?.command?.title ?? '', /^\d+ errors: nothing to send yet$/);
    assert.equal(first?.command?.command, 'workbench.panel.markers.view.focus');
  });

  test('an ACL has a preview and is installed, not sent', async () => {
    const { document } = await open('amplification-acl.dots.json');
    assert.deepEqual(titles(await lenses(document.uri, (all) => all.length > 0)), [
      'Install on mock',
      'Dry run',
      'Preview Flowspec',
    ]);
  });
}

/** One request, from the click to its withdrawal. */
function requestTests(): void {
  test('one click: 2.01 beside the document, and the mitigation in the sidebar', async () => {
    const { document } = await open('offload-request.dots.json');
    const [send] = await lenses(document.uri, ([title]) => title === 'Send to mock');
    assert.ok(send);
    await press(send);
    const text = await virtualText(
      'dots-answer',
      (each) => each.includes('offload-request') && each.includes(`${api.lab()?.coaps ?? '?'}\n`),
    );
    assert.match(text, /^# 2\.01 Created: accepted/);
    assert.match(text, /Granted lifetime +3600 s \(1 h\)/);
    assert.match(text, /PUT \S*mitigate\S*cuid=\S+mid=\d+/);
    assert.match(text, /6 \/ target-prefix \/: \["192\.0\.2\.0\/24"/);
    assert.match(api.orchestrator() ?? '', /^coaps:\/\/127\.0\.0\.1:\d+$/);
    const [session] = api.sessionTree();
    assert.ok(session !== undefined && session.tooltip.includes(api.lab()?.coaps ?? '?'));
    assert.deepEqual(
      [session.description, session.children[0]?.label, session.children[0]?.description],
      ['connected', 'DTLS 1.2', '127.0.0.1'],
    );
    assert.match(mitigation()?.label ?? '', /192\.0\.2\.0\/24/);
  });

  test('the server reports by itself when the attack is mitigated', async () => {
    await until(() => mitigation()?.spoken?.includes('mitigating') || undefined);
    const lifetime = mitigation()?.children.find(({ label }) => label === 'Lifetime');
    assert.match(lifetime?.description ?? '', /left of 1 h$/);
  });

  test('withdrawing takes it out of force', async () => {
    const node = mitigation();
    assert.ok(node);
    await vscode.commands.executeCommand('dots.withdraw', node);
    await until(() => mitigation() === undefined || undefined);
  });
}

/** How the mock starts and stops. */
function mockTests(): void {
  test('a port in use is reported, and nothing is left half-started', async () => {
    await vscode.commands.executeCommand('dots.stopOrchestrator');
    const taken = createSocket('udp4');
    const settings = vscode.workspace.getConfiguration('dots');
    try {
      await new Promise<void>((bound) => taken.bind(0, '127.0.0.1', bound));
      await settings.update('orchestrator.signalPort', taken.address().port, vscode.ConfigurationTarget.Workspace);
      await vscode.commands.executeCommand('dots.startOrchestrator');
      assert.equal(api.orchestrator(), undefined);
    } finally {
      await settings.update('orchestrator.signalPort', undefined, vscode.ConfigurationTarget.Workspace);
      taken.close();
    }
    await vscode.commands.executeCommand('dots.startOrchestrator');
    assert.match(api.orchestrator() ?? '', /^coaps:/);
  });

  test('stopping the mock ends the session', async () => {
    await vscode.commands.executeCommand('dots.stopOrchestrator');
    assert.equal(api.orchestrator(), undefined);
    assert.deepEqual(api.sessionTree(), []);
  });
}
