import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { WorkbenchApi } from '../../client/src/context';
import { closeAll, lenses, open, titles, until, virtualText, workbench } from '../support/editor';

let api: WorkbenchApi;
const request = 'offload-request.dots.json';
// The launcher gives the host a configuration folder of its own.
const config = join(process.env.XDG_CONFIG_HOME ?? '', 'dots');
const workspaceFile = (): vscode.Uri =>
  vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/'), 'dots.workspace.json');
const describe = async (files: object[], more: object = {}): Promise<void> => {
  await vscode.workspace.fs.writeFile(workspaceFile(), new TextEncoder().encode(JSON.stringify({ files, ...more })));
  await vscode.workspace.openTextDocument(workspaceFile());
};
const sessions = (): string[] =>
  api
    .sessionTree()
    .filter(({ role }) => role === 'session')
    .map(({ label }) => label);

/** The mock starts again on its ports, so that what is not withdrawn here runs on in the next suite. */
async function withdrawAll(): Promise<void> {
  const running = api.sessionTree().flatMap(({ children }) => children.filter(({ role }) => role === 'mitigation'));
  for (const node of running) await vscode.commands.executeCommand('dots.withdraw', node);
}

suite('server profiles and the workspace file', () => {
  suiteSetup(async () => {
    api = await workbench();
    await vscode.commands.executeCommand('dots.startOrchestrator');
    const signal = api.orchestrator();
    const lab = api.lab();
    assert.ok(lab !== undefined);
    const proof = { ca: lab.ca, certificate: lab.cert, key: lab.key };
    await mkdir(config, { recursive: true });
    await writeFile(
      join(config, 'dots.profiles.json'),
      JSON.stringify({
        profiles: {
          lab: { signal, cuid: 'of-profile', ...proof },
          upstream: { signal: 'coap://127.0.0.1:1', production: true },
          dtls: { signal: lab.coaps, ...proof },
          tls: { signal: lab.coapsTcp, ...proof },
          stranger: { signal: lab.coaps, ...proof, ca: lab.cert },
        },
      }),
    );
    assert.equal(await api.profiles(), 'read');
  });
  teardown(closeAll);
  suiteTeardown(async () => {
    await withdrawAll();
    await vscode.workspace.fs.delete(workspaceFile());
    await rm(config, { recursive: true, force: true });
    await api.profiles();
    await vscode.commands.executeCommand('dots.closeSession');
    await vscode.commands.executeCommand('dots.stopOrchestrator');
    assert.deepEqual(sessions(), []);
  });

  sentTests();
  withheldTests();
  otherTests();
});

/** Requests that go to the server that the workspace file names. */
function sentTests(): void {
  test('a request goes where the workspace file says, under its mid and the cuid of the profile, and the sidebar shows it', async () => {
    await describe([{ path: request, profile: 'lab', mid: 77 }]);
    const { document } = await open(request);
    await lenses(document.uri, ([title]) => title === 'Send to lab');
    await vscode.commands.executeCommand('dots.sendRequest', document.uri);
    const text = await virtualText('dots-answer', (each) => /Profile +lab\n/.test(each));
    assert.match(text, /PUT \S*cuid=of-profile\/mid=77/);
    assert.ok(sessions().includes('lab'));
  });

  for (const [name, protocol] of [
    ['dtls', 'DTLS 1.2'],
    ['tls', 'TLS 1.3'],
  ] as const) {
    test(`a request goes over ${protocol}, and the sidebar names the transport and the peer that was verified`, async () => {
      await describe([{ path: request, profile: name, mid: 78 }]);
      const { document } = await open(request);
      await lenses(document.uri, ([title]) => title === `Send to ${name}`);
      await vscode.commands.executeCommand('dots.sendRequest', document.uri);
      await virtualText('dots-answer', (each) => new RegExp(`Profile +${name}\\n`).test(each));
      const [transport] = api.sessionTree().find(({ label }) => label === name)?.children ?? [];
      assert.deepEqual([transport?.label, transport?.description], [protocol, '127.0.0.1']);
    });
  }
}

/** Requests that go nowhere. */
function withheldTests(): void {
  test('a server that another CA vouches for gets nothing, and its row says why', async () => {
    await describe([{ path: request, profile: 'stranger' }]);
    const { document } = await open(request);
    await lenses(document.uri, ([title]) => title === 'Send to stranger');
    await vscode.commands.executeCommand('dots.sendRequest', document.uri);
    const row = api.sessionTree().find(({ label }) => label === 'stranger');
    assert.match(row?.description ?? '', /^refused: /);
  });

  test('production is named on the link, and nothing is sent without a yes', async () => {
    await describe([{ path: request, profile: 'upstream' }]);
    const { document } = await open(request);
    await lenses(document.uri, ([title]) => title === 'Send to upstream (production)');
    // A test host shows no modal message: that is no yes.
    await vscode.commands.executeCommand('dots.sendRequest', document.uri);
    assert.ok(!sessions().includes('upstream'));
  });
}

/** What else the profiles and the workspace file decide. */
function otherTests(): void {
  test('a profile that is not there leads to the profiles file', async () => {
    await describe([{ path: request, profile: 'nowhere' }]);
    const { document } = await open(request);
    const [first] = await lenses(document.uri, ([title]) => title?.includes('nowhere') === true);
    assert.deepEqual(
      [titles(first === undefined ? [] : [first]), first?.command?.command],
      [['No profile "nowhere": cannot send this yet'], 'dots.openProfiles'],
    );
    await vscode.commands.executeCommand('dots.openProfiles');
    await until(
      () => vscode.window.activeTextEditor?.document.uri.path.endsWith('/dots.profiles.json') === true || undefined,
    );
  });

  test('the preview is written for the target router', async () => {
    await describe([], { 'target-router': 'bird', 'own-prefixes': ['192.0.2.0/24'] });
    const { document } = await open('amplification-acl.dots.json');
    await vscode.commands.executeCommand('dots.previewFlowspec', document.uri);
    await virtualText('dots-flowspec', (each) => each.includes('# BIRD'));
  });
}
