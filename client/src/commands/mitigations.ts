import * as vscode from 'vscode';
import { codeWords } from '#dots/words/codes';
import { withdrawal } from '../ui/confirmation';
import { ongoing, mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { targetWords } from '#dots/words/targets';
import { labelText } from '../ui/textLayout';
import type { TreeNode } from '../ui/treeNode';
import { showFailure } from '../editor/problems';
import type { SessionHost } from '../sessions/sessionHost';
import type { Sessions } from '../sessions/sessions';

/** The commands of sessions and their mitigations: end a session, withdraw, refresh the status. */
export function registerMitigationCommands(sessions: Sessions, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.withdraw', (node?: TreeNode) => withdraw(sessions, log, node)),
    vscode.commands.registerCommand('dots.closeSession', (node?: TreeNode) => sessions.close(node?.session)),
    vscode.commands.registerCommand('dots.refreshStatus', (node?: TreeNode) => refresh(sessions, log, node)),
  );
}

async function withdraw(sessions: Sessions, log: vscode.LogOutputChannel, node?: TreeNode): Promise<void> {
  const [session, mid] = pointed(sessions, node) ?? (await chosen(sessions)) ?? [];
  if (session === undefined || mid === undefined || !(await isMeant(session, mid))) return;
  try {
    const answer = await session.withdraw(mid);
    if (answer.ok)
      vscode.window.setStatusBarMessage(
        `$(check) DOTS: withdrawn (${answer.code} ${codeWords(answer.code).name})`,
        5000,
      );
    else
      showFailure(
        log,
        `The server did not withdraw mitigation ${mid}.`,
        `${answer.code} ${answer.diagnostic ?? codeWords(answer.code).meaning}`,
      );
  } catch (error) {
    showFailure(log, `Mitigation ${mid} was not withdrawn.`, error);
  }
}

async function refresh(sessions: Sessions, log: vscode.LogOutputChannel, node?: TreeNode): Promise<void> {
  const named = node?.session === undefined ? undefined : sessions.named(node.session);
  try {
    if (named !== undefined) await named.refresh(node?.mid);
    else await Promise.all(sessions.list().map((session) => session.refresh()));
  } catch (error) {
    showFailure(log, 'The status could not be read.', error);
  }
}

/** The mitigation of a row of the view. */
function pointed(sessions: Sessions, node?: TreeNode): [SessionHost, number] | undefined {
  const session = node?.session === undefined ? undefined : sessions.named(node.session);
  return session === undefined || node?.mid === undefined ? undefined : [session, node.mid];
}

/** For the command palette: the only current mitigation, or the one that the user picks. */
async function chosen(sessions: Sessions): Promise<[SessionHost, number] | undefined> {
  const all = sessions
    .list()
    .flatMap((session) => ongoing(session.mitigations()).map((mitigation) => ({ session, ...mitigation })));
  const [only] = all;
  if (only !== undefined && all.length === 1) return [only.session, only.mid];
  if (only === undefined) {
    vscode.window.setStatusBarMessage('$(info) DOTS: there is no mitigation to withdraw', 5000);
    return undefined;
  }
  const items = all.map(({ session, mid, scope, status }) => ({
    label: labelText(targetWords(scope)),
    description: labelText(`${mitigationStatusWords(status).short}, mid ${mid}, ${session.name}`),
    session,
    mid,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'DOTS: Withdraw',
    placeHolder: 'The mitigation to withdraw',
  });
  return picked && [picked.session, picked.mid];
}

/** A mitigation of a production server is withdrawn only after confirmation. */
async function isMeant(session: SessionHost, mid: number): Promise<boolean> {
  const { at } = session;
  if (at?.production === undefined) return true;
  const { message, detail, action } = withdrawal(at, mid, session.mitigation(mid)?.scope ?? {});
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
}
