import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { DataSession } from '#dots/data/session';
import { Ledger } from '#dots/signal/ledgerFolder';
import { installedNow } from '#dots/signal/ledgerInstalled';
import { DotsError } from '#dots/model/errors';
import type { WorkbenchApi } from '../../client/src/context';
import type { TreeNode } from '../../client/src/ui/treeNode';
import { credentials, httpsServer } from '../support/protocol/dataScene';
import { closeAll, lenses, open, titles, until, virtualText, workbench } from '../support/editor';

/** Presses a link above an example. */
const press = async (name: string, title: string): Promise<void> => {
  const { document } = await open(name);
  const found = await lenses(document.uri, (all) => all.includes(title));
  const command = found.find((lens) => lens.command?.title === title)?.command;
  assert.ok(command);
  await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
};

/** What the ledger says is installed at the server with an address. */
async function recordedAt(address: string): Promise<string[]> {
  const clients = await (await Ledger.open()).clients();
  return clients
    .filter(({ server }) => address.endsWith(`://${server}`))
    .flatMap((ledger) => installedNow(ledger).map(({ container, name }) => `${container} ${name}`));
}

suite('the data channel', () => {
  let api: WorkbenchApi;
  const row = (label: string): TreeNode | undefined =>
    api
      .sessionTree()
      .flatMap((node) => [node, ...node.children])
      .find((node) => node.label === label);
  suiteSetup(async () => {
    api = await workbench();
  });
  teardown(closeAll);
  suiteTeardown(() => vscode.commands.executeCommand('dots.stopOrchestrator'));

  test('ACLs and aliases are installed with one click, and are in the sidebar in words', async () => {
    await press('amplification-acl.dots.json', 'Install on mock');
    const text = await virtualText('dots-answer', (each) => each.includes('# Requests as sent'));
    assert.match(text, /^# 20[14] .*: installed/);
    assert.match(text, /POST \/restconf\/data\/ietf-dots-data-channel:dots-data\/dots-client=\S+ -> /);
    await until(() => row('amplification-drop'));
    assert.equal(row('amplification-drop')?.description, 'ACL, standby');
    const { document } = await open('aliases.dots.json');
    assert.deepEqual(titles(await lenses(document.uri, (all) => all.length > 0)), ['Install on mock', 'Dry run']);
    await press('aliases.dots.json', 'Install on mock');
    await until(() => row('web-servers'));
    assert.equal(row('web-servers')?.description, 'alias of 192.0.2.10/32 +1');
  });

  test('what was installed is in the ledger, under the server of the signal channel', async () => {
    assert.deepEqual(await recordedAt(api.orchestrator() ?? ''), [
      'aliases web-servers',
      'aliases name-servers',
      'acls amplification-drop',
    ]);
  });

  test('a mitigation activates the ACL, and the live Flowspec shows what is in force', async () => {
    await vscode.commands.executeCommand('dots.previewLiveFlowspec');
    await virtualText('dots-live', (each) => each.includes('No rule is in force'));
    await press('offload-request.dots.json', 'Send to mock');
    await until(() => row('amplification-drop')?.description === 'ACL, active' || undefined);
    await vscode.commands.executeCommand('dots.previewLiveFlowspec');
    const text = await virtualText('dots-live', (each) => each.includes('# ExaBGP'));
    assert.match(text, /11211/);
    assert.match(text, /198\.51\.100\.16\/28/);
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'dots-live');
    assert.equal(document?.languageId, 'dots-flowspec');
    const mitigation = api
      .sessionTree()
      .flatMap(({ children }) => children)
      .find(({ role }) => role === 'mitigation');
    await vscode.commands.executeCommand('dots.withdraw', mitigation);
  });
});

/** VS Code changes Node's https in its extension host: what the data channel refuses must be refused there too. */
suite('certificates inside the editor', () => {
  const ends: (() => unknown)[] = [];
  const t = { after: (end?: unknown) => void ends.push(end as () => unknown) };
  let folder = '';

  suiteSetup(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dots-editor-'));
  });
  suiteTeardown(async () => {
    for (const end of ends) await end();
    await rm(folder, { recursive: true, force: true });
  });

  const opened = async (options: { ca: string; server: string; cert?: string; key?: string }): Promise<number> => {
    const session = await DataSession.open({ cuid: 'dz6pHjaADkaFTbjr0JGBpw', ...options });
    ends.push(() => session.close());
    return (await session.get('capabilities')).status;
  };
  const refusal =
    (code: string) =>
    (error: unknown): boolean => {
      assert.ok(error instanceof DotsError, String(error));
      assert.deepEqual([error.kind, error.code], ['unreachable', code], error.message);
      return true;
    };

  test('the right ones are accepted; a wrong CA, a wrong host name, a date that is over and a missing client certificate are refused', async () => {
    const ca = await credentials(folder, 'ca', { purpose: 'ca', commonName: 'CA' });
    const stranger = await credentials(folder, 'stranger', { purpose: 'ca', commonName: 'another CA' });
    const client = await credentials(folder, 'client', { purpose: 'client', commonName: 'client' }, ca.pem);
    const foreign = await credentials(folder, 'foreign', { purpose: 'client', commonName: 'client' }, stranger.pem);
    const server = (names: string[], more = {}): Promise<{ pem: { cert: string; key: string } }> =>
      credentials(folder, 'server', { purpose: 'server', commonName: 'server', names, ...more }, ca.pem);
    const good = await httpsServer(t, (await server(['127.0.0.1'])).pem, ca.pem.cert);
    const elsewhere = await httpsServer(t, (await server(['192.0.2.1', 'dots.example'])).pem, ca.pem.cert);
    const expired = await httpsServer(
      t,
      (await server(['127.0.0.1'], { notBefore: new Date(0), notAfter: new Date(1e12) })).pem,
      ca.pem.cert,
    );
    const { cert, key } = client;
    assert.equal(await opened({ server: good, ca: ca.cert, cert, key }), 404);
    await assert.rejects(opened({ server: good, ca: stranger.cert, cert, key }), refusal('data/unknown-ca'));
    await assert.rejects(opened({ server: elsewhere, ca: ca.cert, cert, key }), refusal('data/wrong-host-name'));
    await assert.rejects(opened({ server: expired, ca: ca.cert, cert, key }), refusal('data/certificate-expired'));
    await assert.rejects(opened({ server: good, ca: ca.cert }), refusal('data/client-certificate-missing'));
    await assert.rejects(
      opened({ server: good, ca: ca.cert, cert: foreign.cert, key: foreign.key }),
      refusal('data/client-certificate-refused'),
    );
  });
});
