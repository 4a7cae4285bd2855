import * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';
import { printable, safeJson } from '#dots/model/text';
import type { Answer } from '#dots/signal/answer';
import type { LedgerEntry } from '#dots/signal/ledger';
import type { AttackStatus } from '#dots/signal/scopes';
import { longDuration } from '#dots/words/quantities';
import { codeWords } from '#dots/words/codes';
import { mitigationQuestion } from '../ui/confirmation';
import { ongoing, mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { targetWords } from '#dots/words/targets';
import type { MitigationRef } from '../ui/mitigation';
import { documentName } from '../ui/documentName';
import { labelText } from '../ui/textLayout';
import type { TreeNode } from '../ui/treeNode';
import { VirtualDocuments } from '../ui/virtualDocuments';
import { showFailure } from '../editor/problems';
import type { SessionHost } from '../sessions/sessionHost';
import type { Sessions } from '../sessions/sessions';

/** The commands of sessions and their mitigations. */
export function registerMitigationCommands(context: BoardContext): vscode.Disposable {
  const { sessions, log, view } = context;
  const on =
    (act: (found: Pointed) => Promise<void>, failed: (found: Pointed) => string) =>
    async (on?: Place): Promise<void> => {
      const found = pointed(context, on) ?? (await chosen(sessions));
      if (found !== undefined) await act(found).catch((error: unknown) => showFailure(log, failed(found), error));
    };
  const sent = new VirtualDocuments('dots-running', () => 'Compare again.\n');
  const compareThere = (found: Pointed): Promise<void> => compare(sent, found);
  return vscode.Disposable.from(
    sent,
    vscode.commands.registerCommand('dots.withdraw', on(withdraw, notDone('withdrawn'))),
    vscode.commands.registerCommand('dots.renew', on(renew, notDone('renewed'))),
    vscode.commands.registerCommand('dots.extend', on(extend, notDone('extended'))),
    vscode.commands.registerCommand('dots.efficacy', on(efficacy, notDone('reported on'))),
    vscode.commands.registerCommand('dots.openDocument', on(openDocument, notDone('opened'))),
    vscode.commands.registerCommand('dots.compareRunning', on(compareThere, notDone('compared'))),
    vscode.commands.registerCommand('dots.mitigationFlowspec', on(showFlowspec, notDone('shown as Flowspec'))),
    vscode.commands.registerCommand('dots.dismiss', (node?: TreeNode) => dismiss(sessions, node ?? view.selected)),
    vscode.commands.registerCommand('dots.deleteRow', () => deleteRow(view.selected)),
    vscode.commands.registerCommand('dots.closeSession', (node?: TreeNode) => sessions.close(node?.session)),
    vscode.commands.registerCommand('dots.refreshStatus', (node?: TreeNode) => refresh(context, node)),
  );
}

const notDone =
  (what: string) =>
  ({ mid }: Pointed): string =>
    `Mitigation ${mid} was not ${what}.`;

/** A mitigation, and the session that it belongs to. */
interface Pointed {
  session: SessionHost;
  mid: number;
}

/** What the commands work with. */
export interface BoardContext {
  sessions: Sessions;
  log: vscode.LogOutputChannel;
  view: { readonly selected: TreeNode | undefined };
  /** The mitigations in force that documents have requested. */
  running: { at(uri: vscode.Uri): MitigationRef[] };
  /** Asks the servers that the ledger has running requests at. */
  askServers: () => Promise<void>;
}

async function withdraw({ session, mid }: Pointed): Promise<void> {
  if (await isMeant('Withdraw', { session, mid })) report('withdrawn', await session.withdraw(mid));
}

/** Shows that a server has accepted; throws the refusal as a DotsError. */
function report(done: string, { ok, code, diagnostic }: Answer): void {
  if (!ok)
    throw new DotsError(
      'malformed',
      'editor/refused',
      `The server refused it: ${code} ${diagnostic ?? codeWords(code).meaning}`,
    );
  vscode.window.setStatusBarMessage(`$(check) DOTS: ${done} (${code} ${codeWords(code).name})`, 5000);
}

const renew = (found: Pointed): Promise<void> => repeat(found);

async function repeat(found: Pointed, lifetime?: number): Promise<void> {
  const entry = await requestOf(found);
  if (await isMeant('Renew', found)) report('renewed', await found.session.renew(entry, lifetime));
}

/** The lifetimes that are offered, seconds (RFC 9132 section 4.4.1.1). */
const lifetimes: readonly number[] = [1800, 3600, 7200, 21_600, 86_400, -1];

async function extend(found: Pointed): Promise<void> {
  const items = lifetimes.map((seconds) => ({
    label: seconds === -1 ? 'until withdrawn' : longDuration(seconds),
    description: seconds === -1 ? 'indefinite; the server may grant less' : 'from now',
    seconds,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: `DOTS: Extend Mitigation ${found.mid}`,
    placeHolder: 'The lifetime to ask for',
  });
  if (picked !== undefined) await repeat(found, picked.seconds);
}

async function efficacy(found: Pointed): Promise<void> {
  const entry = await requestOf(found);
  const items: { label: string; description: string; status: AttackStatus }[] = [
    { label: 'Still under attack', description: 'attack traffic gets through', status: 'under-attack' },
    { label: 'Mitigated', description: 'no attack traffic any more', status: 'attack-successfully-mitigated' },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: `DOTS: Efficacy of Mitigation ${found.mid}`,
    placeHolder: 'What you observe behind the mitigation',
  });
  if (picked !== undefined && (await isMeant('Report on', found)))
    report('reported', await found.session.efficacy(entry, picked.status));
}

/** The request by the ledger. Throws a DotsError where it is not in there. */
async function requestOf({ session, mid }: Pointed): Promise<LedgerEntry> {
  const entry = await session.request(mid);
  if (entry !== undefined) return entry;
  throw new DotsError(
    'usage',
    'editor/not-in-ledger',
    `Mitigation ${mid} was not requested from this machine.`,
    'Open its document and send it again.',
  );
}

/** Opens the file of a request; where it has none, what was sent. */
async function openRequest(found: Pointed): Promise<vscode.TextDocument> {
  const { file, document } = await requestOf(found);
  const opened = await (file === null
    ? vscode.workspace.openTextDocument({ language: 'dots', content: `${safeJson(document, 2)}\n` })
    : vscode.workspace.openTextDocument(vscode.Uri.file(file)));
  await vscode.window.showTextDocument(opened);
  return opened;
}

async function openDocument(found: Pointed): Promise<void> {
  await openRequest(found);
}

async function showFlowspec(found: Pointed): Promise<void> {
  const { uri } = await openRequest(found);
  await vscode.commands.executeCommand('dots.previewFlowspec', uri);
}

/** Shows the difference between the request in force and its document. */
async function compare(sent: VirtualDocuments, found: Pointed): Promise<void> {
  const { file, document } = await requestOf(found);
  if (file === null) return openDocument(found);
  const uri = sent.uri(`mid ${found.mid} on ${found.session.name}`, file);
  sent.set(uri, `${safeJson(document, 2)}\n`);
  const title = `mid ${found.mid} on ${found.session.name} ↔ ${documentName(file)}`;
  await vscode.commands.executeCommand('vscode.diff', uri, vscode.Uri.file(file), printable(title));
}

function dismiss(sessions: Sessions, node: TreeNode | undefined): void {
  if (node?.session !== undefined && node.mid !== undefined) sessions.named(node.session)?.dismiss(node.mid);
}

/** The key Delete: withdraws what runs, and dismisses what has ended. */
async function deleteRow(node: TreeNode | undefined): Promise<void> {
  const command = node === undefined ? undefined : deletions[node.role];
  if (command !== undefined) await vscode.commands.executeCommand(command, node);
}

const deletions: Readonly<Partial<Record<TreeNode['role'], string>>> = {
  mitigation: 'dots.withdraw',
  foreign: 'dots.withdraw',
  ended: 'dots.dismiss',
  waiting: 'dots.cancelSend',
  acl: 'dots.removeEntry',
  alias: 'dots.removeEntry',
};

async function refresh({ sessions, log, askServers }: BoardContext, node?: TreeNode): Promise<void> {
  const named = node?.session === undefined ? undefined : sessions.named(node.session);
  try {
    if (named !== undefined) await named.refresh(node?.mid);
    else await Promise.all([askServers(), ...sessions.list().map((session) => session.refresh())]);
  } catch (error) {
    showFailure(log, 'The status could not be read.', error);
  }
}

/** What a command was used on: a row of the view, a link over a document, or the document. */
type Place = Partial<MitigationRef> | vscode.Uri;

/** The mitigation of a row or of a link, or the only one of the document; else that of the active editor. */
function pointed({ sessions, running }: BoardContext, on?: Place): Pointed | undefined {
  const uri = on instanceof vscode.Uri ? on : vscode.window.activeTextEditor?.document.uri;
  const ofDocument = uri === undefined ? [] : running.at(uri);
  const [only] = on === undefined || on instanceof vscode.Uri ? ofDocument : [on];
  const session = only?.session === undefined ? undefined : sessions.named(only.session);
  const isClear = !(on instanceof vscode.Uri) || ofDocument.length === 1;
  return session === undefined || only?.mid === undefined || !isClear ? undefined : { session, mid: only.mid };
}

/** For the command palette: the only current mitigation, or the one that the user picks. */
async function chosen(sessions: Sessions): Promise<Pointed | undefined> {
  const all = sessions
    .list()
    .flatMap((session) => ongoing(session.mitigations()).map((mitigation) => ({ session, ...mitigation })));
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  if (only === undefined) {
    vscode.window.setStatusBarMessage('$(info) DOTS: there is no mitigation', 5000);
    return undefined;
  }
  const items = all.map(({ session, mid, scope, status }) => ({
    label: labelText(targetWords(scope)),
    description: labelText(`${mitigationStatusWords(status).short}, mid ${mid}, ${session.name}`),
    session,
    mid,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'DOTS: Mitigations',
    placeHolder: 'The mitigation that is meant',
  });
  return picked;
}

/** Something is done to a mitigation of a production server only after confirmation. */
async function isMeant(verb: string, { session, mid }: Pointed): Promise<boolean> {
  const { at } = session;
  if (at?.production === undefined) return true;
  const { message, detail, action } = mitigationQuestion(verb, at, mid, session.mitigation(mid)?.scope ?? {});
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
}
