import * as vscode from 'vscode';
import { codeWords } from '#dots/signal/codes';
import { ongoing, statusWords, targetWords } from '../ui/mitigationWords';
import type { TreeNode } from '../ui/sessionTree';
import { tellFailure } from './problems';
import type { SessionHost } from './session';

/** What can be done with a mitigation of the session: withdraw it, ask for its status. */
export function registerMitigationCommands(session: SessionHost, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.withdraw', (node?: TreeNode) => withdraw(session, log, node)),
    vscode.commands.registerCommand('dots.refreshStatus', (node?: TreeNode) => refresh(session, log, node)),
  );
}

async function withdraw(session: SessionHost, log: vscode.LogOutputChannel, node?: TreeNode): Promise<void> {
  const mid = node?.mid ?? await chosenMid(session);
  if (mid === undefined) return;
  try {
    const answer = await session.withdraw(mid);
    if (answer.ok) vscode.window.setStatusBarMessage(`$(check) DOTS: withdrawn (${answer.code} ${codeWords(answer.code).name})`, 5000);
    else tellFailure(log, `The server did not withdraw mitigation ${mid}.`, `${answer.code} ${answer.diagnostic ?? codeWords(answer.code).meaning}`);
  } catch (error) {
    tellFailure(log, `Mitigation ${mid} was not withdrawn.`, error);
  }
}

async function refresh(session: SessionHost, log: vscode.LogOutputChannel, node?: TreeNode): Promise<void> {
  try {
    await session.refresh(node?.mid);
  } catch (error) {
    tellFailure(log, 'The status could not be read.', error);
  }
}

/** For the command palette: the only mitigation that goes on, or the one that the user picks. */
async function chosenMid(session: SessionHost): Promise<number | undefined> {
  const mitigations = ongoing(session.mitigations());
  if (mitigations.length === 1) return mitigations[0]?.mid;
  if (mitigations.length === 0) {
    vscode.window.setStatusBarMessage('$(info) DOTS: there is no mitigation to withdraw', 5000);
    return undefined;
  }
  const items = mitigations.map(({ mid, scope, status }) => ({ label: targetWords(scope), description: `${statusWords(status).short}, mid ${mid}`, mid }));
  return (await vscode.window.showQuickPick(items, { title: 'DOTS: Withdraw', placeHolder: 'The mitigation to withdraw' }))?.mid;
}
