import * as vscode from 'vscode';
import { vectorNames } from '#dots/model/attackVectors';
import { DotsError } from '#dots/model/errors';
import type { Simulation } from '#dots/orchestrator/orchestrator';
import { dmsFaults, faultWords } from '#dots/words/simulation';
import { showFailure } from '../editor/problems';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';
import type { TreeNode } from '../ui/treeNode';

/** What can be made to happen in the simulated network of the orchestrator. */
export function registerSimulation(host: OrchestratorHost, log: vscode.LogOutputChannel): vscode.Disposable {
  const doing =
    (what: string, action: (simulation: Simulation, row?: TreeNode) => Promise<void> | void) =>
    async (row?: TreeNode): Promise<void> => {
      try {
        await action(simulationOf(host), row);
        host.refresh();
      } catch (error) {
        showFailure(log, what, error);
      }
    };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.attack', doing('No attack was begun.', beginAttack)),
    vscode.commands.registerCommand('dots.stopAttack', doing('No attack was stopped.', stopAttack)),
    vscode.commands.registerCommand('dots.fault', doing('No DMS was changed.', chooseFault)),
  );
}

function simulationOf(host: OrchestratorHost): Simulation {
  if (host.simulation !== undefined) return host.simulation;
  throw new DotsError(
    'usage',
    'editor/no-policy',
    'The mock orchestrator does not run with a policy.',
    'Name one in dots.workspace.json ("policy"), and start the mock orchestrator.',
  );
}

async function beginAttack(simulation: Simulation): Promise<void> {
  const chosen = await vscode.window.showQuickPick([...vectorNames], {
    title: 'Begin a simulated attack',
    placeHolder: 'The vector; the target is the first one of the policy',
  });
  const vector = vectorNames.find((name) => name === chosen);
  if (vector !== undefined) simulation.attack(vector);
}

/** The attack of the row, else all that were begun here and, of the policy, those that run. */
function stopAttack(simulation: Simulation, row?: TreeNode): void {
  const attacks = simulation.view().traffic.filter(({ kind }) => kind === 'attack');
  for (const name of row?.subject === undefined ? attacks.map((each) => each.name) : [row.subject])
    simulation.stop(name);
}

async function chooseFault(simulation: Simulation, row?: TreeNode): Promise<void> {
  const names = simulation.policy.dms.filter(({ profile }) => profile === undefined).map(({ name }) => name);
  const dms = row?.subject ?? (await vscode.window.showQuickPick(names, { title: 'A fault of which DMS?' }));
  if (dms === undefined) return;
  const none = { label: 'No fault', fault: undefined };
  const faults = dmsFaults.map((fault) => ({ label: `It ${faultWords(fault)}`, description: fault, fault }));
  const chosen = await vscode.window.showQuickPick([none, ...faults], { title: `Fault of ${dms}` });
  if (chosen !== undefined) simulation.setFault(chosen.fault, dms);
}
