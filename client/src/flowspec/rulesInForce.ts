import * as vscode from 'vscode';
import { describeError } from '#dots/model/errors';
import { liveNames } from '../ui/sourceNames';
import { noFlowspecText } from '../ui/noFlowspecText';
import { VirtualDocuments } from '../ui/virtualDocuments';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';

const subject = 'mock orchestrator, now';

/** The Flowspec rules in force on the mock: active ACLs and mitigations. The view is updated with them. */
export class LiveFlowspec implements vscode.Disposable {
  private readonly documents = new VirtualDocuments('dots-live', () => this.text());
  private readonly uri = this.documents.uri('Flowspec: in force', 'mock');
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly orchestrator: OrchestratorHost) {
    this.listeners = [
      orchestrator.onDidChange(() => void this.update()),
      vscode.commands.registerCommand('dots.previewLiveFlowspec', () => this.open()),
    ];
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.documents.dispose();
  }

  private async open(): Promise<void> {
    this.documents.set(this.uri, await this.text());
    await this.documents.showBeside(this.uri);
  }

  /** Only while it is shown: translating a long ACL takes time. */
  private async update(): Promise<void> {
    const shown = vscode.workspace.textDocuments.some(
      ({ uri, isClosed }) => !isClosed && uri.toString() === this.uri.toString(),
    );
    if (shown) this.documents.set(this.uri, await this.text());
  }

  private async text(): Promise<string> {
    const { flowspecText } = await import('#lazy/protocol');
    try {
      const live = this.orchestrator.flowspec();
      if (live === undefined) return noFlowspecText(subject, 'The mock orchestrator is not running.');
      if (live.rules.length === 0 && live.findings.length === 0)
        return noFlowspecText(subject, 'No rule is in force: there is no active ACL and no active mitigation.');
      return flowspecText({ document: subject, ...live, names: liveNames(live.inputs.map(({ file }) => file)) });
    } catch (error) {
      return noFlowspecText(subject, describeError(error));
    }
  }
}
