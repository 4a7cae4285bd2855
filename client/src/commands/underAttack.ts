import * as vscode from 'vscode';
import type { JsonObject } from '#dots/model/json';
import { DotsError } from '#dots/model/errors';
import { oneLine, safeJson } from '#dots/model/text';
import type { FlowspecInput } from '#dots/flowspec/translate';
import { documentTypeOf } from '#dots/model/documents';
import { destinationError, destinationOf, type Destination } from '#dots/workspace/destination';
import type { ActiveProfile } from '../editor/activeProfile';
import { jsonObject } from '../editor/jsonObject';
import { showFailure } from '../editor/problems';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';
import type { InstalledEntries } from '../sessions/installedEntries';
import type { ProfileHost } from '../sessions/profiles';
import { attackRequest, readAttack } from '../ui/attack';
import { preparedFor, proposals, type AttackPlan, type Proposal } from '../ui/attackProposals';
import { scopesOf } from '#dots/signal/scopes';
import { mockName } from '#dots/workspace/fileNames';
import type { EntryRef } from '../ui/treeNode';

/** What the command needs. */
interface Parts {
  profiles: ProfileHost;
  active: ActiveProfile;
  installed: InstalledEntries;
  orchestrator: OrchestratorHost;
  log: vscode.LogOutputChannel;
}

/** The lifetime that is asked for, seconds (RFC 9132 section 4.4.1.1). */
const lifetime = 3600;

/**
 * `DOTS: I Am Under Attack`: from addresses to a request that is sent, with one choice. The text is that of the
 * argument, of the selection, or what the user types or pastes.
 */
export function registerUnderAttack(parts: Parts): vscode.Disposable {
  return vscode.commands.registerCommand('dots.underAttack', async (given?: unknown) => {
    try {
      const text = typeof given === 'string' ? given : await ask();
      if (text !== undefined) await propose(parts, text);
    } catch (error) {
      showFailure(parts.log, 'Nothing was sent.', error);
    }
  });
}

/** The selected text is proposed, else that of the clipboard where it names an address. */
async function ask(): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const selected = editor === undefined ? '' : editor.document.getText(editor.selection);
  const copied = selected === '' ? await vscode.env.clipboard.readText() : selected;
  const value = readAttack(copied).targets.length > 0 ? copied.trim().replace(/\s*\n\s*/g, '; ') : '';
  return vscode.window.showInputBox({
    title: 'DOTS: I Am Under Attack',
    prompt:
      'What is attacked: addresses, prefixes, or flows such as udp 198.51.100.7:53 -> 192.0.2.10:4000; separate them with ;',
    placeHolder: '192.0.2.10; 198.51.100.0/24',
    value,
    ignoreFocusOut: true,
    validateInput: (typed) => judged(typed),
  });
}

/** What is not understood is said; it prevents nothing while there is a target. */
function judged(typed: string): vscode.InputBoxValidationMessage | undefined {
  if (typed.trim() === '') return undefined;
  const { targets, unknown } = readAttack(typed);
  if (targets.length > 0 && unknown.length === 0) return undefined;
  const severity =
    targets.length > 0 ? vscode.InputBoxValidationSeverity.Warning : vscode.InputBoxValidationSeverity.Error;
  return { severity, message: oneLine(`Not understood: ${unknown.join('; ')}`, 300) };
}

async function propose(parts: Parts, text: string): Promise<void> {
  const attack = readAttack(text);
  if (attack.targets.length === 0) throw noTarget(attack.unknown);
  const plan = await planFor(parts, attackRequest(attack, lifetime));
  const ignored = attack.unknown.length === 0 ? '' : ` Not understood, and left out: ${attack.unknown.join('; ')}`;
  const chosen = await vscode.window.showQuickPick(proposals(plan), {
    title: 'DOTS: I Am Under Attack',
    placeHolder: oneLine(`Choose what is done now. Esc does nothing.${ignored}`, 300),
    ignoreFocusOut: true,
  });
  if (chosen !== undefined) await carryOut(chosen, plan);
}

async function planFor({ profiles, active, installed, orchestrator }: Parts, request: JsonObject): Promise<AttackPlan> {
  const known = await profiles.read();
  const destination = destinationOf({
    workspace: { faulty: false, context: {} },
    activeProfile: active.name,
    profiles: { ...known, profiles: new Map(known.profiles.map((each) => [each.name, each])) },
    document: 'the request',
    channel: 'signal',
  });
  if (destination.kind === 'none') throw destinationError(destination.problem);
  const scope = scopesOf(request)[0] ?? {};
  const acls = aclsAt(destination, scope, installed, orchestrator);
  const { translate } = await import('#lazy/protocol');
  const { rules, findings } = translate([{ file: 'request', value: request }], { accepting: await aclDocuments() });
  const hits = findings.filter(({ code }) => code === 'flowspec/accepted-traffic').map(({ message }) => message);
  return { request, scope, destination, acls, rules: rules.length, hits };
}

/** The prepared ACLs of this client at the server of a destination. */
function aclsAt(
  { profile = mockName }: Destination,
  scope: JsonObject,
  installed: InstalledEntries,
  orchestrator: OrchestratorHost,
): EntryRef[] {
  if (profile !== mockName)
    return installed
      .list()
      .filter(({ name }) => name === profile)
      .flatMap(({ cuid, entries }) => preparedFor(scope, profile, cuid, entries));
  return orchestrator.filters.flatMap(({ cuid, acl, activationType }) =>
    preparedFor(scope, mockName, cuid, [{ container: 'acls', entry: { ...acl, 'activation-type': activationType } }]),
  );
}

/** The most documents of the workspace that are read for what they accept. */
const mostRead = 100;

async function aclDocuments(): Promise<FlowspecInput[]> {
  const found = await vscode.workspace.findFiles('**/*.dots.{json,jsonc}', '**/node_modules/**', mostRead);
  const read = found.map(async (uri): Promise<FlowspecInput[]> => {
    const value = jsonObject(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
    const isAcls = value !== undefined && documentTypeOf(value)?.kind === 'acls';
    return isAcls ? [{ file: vscode.workspace.asRelativePath(uri), value }] : [];
  });
  return (await Promise.all(read)).flat();
}

async function carryOut({ request, acls, preview }: Proposal, plan: AttackPlan): Promise<void> {
  if (request) {
    const document = await written(plan.request);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand(preview === true ? 'dots.previewFlowspec' : 'dots.sendRequest', document.uri);
  }
  for (const entry of acls) await vscode.commands.executeCommand('dots.activateAcl', { entry });
}

/** The request as a file of the workspace, so that it can be found later; without a folder as a new document. */
async function written(request: JsonObject): Promise<vscode.TextDocument> {
  const content = `${safeJson(request, 2)}\n`;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) return vscode.workspace.openTextDocument({ language: 'dots', content });
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  const uri = vscode.Uri.joinPath(folder.uri, `attack-${stamp}.dots.json`);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
  return vscode.workspace.openTextDocument(uri);
}

const noTarget = (unknown: readonly string[]): DotsError =>
  new DotsError(
    'usage',
    'editor/no-target',
    oneLine(`No address or prefix was understood${unknown.length === 0 ? '' : ` in: ${unknown.join('; ')}`}.`, 300),
    'Enter what is attacked, such as 192.0.2.10 or 198.51.100.0/24.',
  );
