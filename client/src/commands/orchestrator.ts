import * as vscode from 'vscode';
import { showFailure } from '../editor/problems';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';
import type { Sessions } from '../sessions/sessions';

/** The commands and the setting that start and stop the mock. */
export function registerOrchestrator(
  host: OrchestratorHost,
  sessions: Sessions,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const start = async (): Promise<void> => {
    try {
      await host.start();
    } catch (error) {
      showFailure(log, 'The mock orchestrator could not be started.', error);
    }
  };
  const autoStart = (): void => {
    if (
      vscode.workspace.isTrusted &&
      vscode.workspace.getConfiguration('dots').get<boolean>('orchestrator.autoStart', false)
    )
      void start();
  };
  host.willRestart = () => sessions.close('mock');
  autoStart();
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(autoStart),
    vscode.commands.registerCommand('dots.startOrchestrator', start),
    vscode.commands.registerCommand('dots.stopOrchestrator', async () => {
      await sessions.close('mock');
      await host.stop();
    }),
  );
}
