import * as vscode from 'vscode';
import { describeError } from '#dots/model/errors';
import { liveNames } from '../ui/sourceNames';
import { noFlowspecText } from '../ui/noFlowspecText';
import { VirtualDocuments } from '../ui/virtualDocuments';
import type { TreeNode } from '../ui/treeNode';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';

/** The Flowspec rules in force on the mock: active ACLs and mitigations, of all or of one forwarding node. */
export class LiveFlowspec implements vscode.Disposable {
  private readonly documents = new VirtualDocuments('dots-live', ({ query }) => this.text(nodeOf(query)));
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly orchestrator: OrchestratorHost) {
    this.listeners = [
      orchestrator.onDidChange(() => void this.update()),
      vscode.commands.registerCommand('dots.previewLiveFlowspec', () => this.open()),
      vscode.commands.registerCommand('dots.nodeFlowspec', (row?: TreeNode) => this.openNode(row?.subject)),
    ];
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.documents.dispose();
  }

  private async openNode(named: string | undefined): Promise<void> {
    const names = this.orchestrator.simulation?.policy.nodes.map(({ name }) => name) ?? [];
    const title = 'The rules of which forwarding node?';
    const node = named ?? (await vscode.window.showQuickPick(names, { title }));
    if (node !== undefined) await this.open(node);
  }

  private async open(node?: string): Promise<void> {
    const uri = this.documents.uri(`Flowspec: ${node ?? 'in force'}`, node === undefined ? 'mock' : `node ${node}`);
    this.documents.set(uri, await this.text(node));
    await this.documents.showBeside(uri);
  }

  /** Only while one is shown: translating a long ACL takes time. */
  private async update(): Promise<void> {
    for (const { uri, isClosed } of vscode.workspace.textDocuments)
      if (!isClosed && uri.scheme === this.documents.scheme)
        this.documents.set(uri, await this.text(nodeOf(uri.query)));
  }

  private async text(node: string | undefined): Promise<string> {
    const { describeEquivalence, flowspecText } = await import('#lazy/protocol');
    const subject = node === undefined ? 'mock orchestrator, now' : `${node}, now`;
    try {
      const live = this.orchestrator.flowspec(node);
      if (live === undefined) return noFlowspecText(subject, 'The mock orchestrator is not running.');
      if (live.rules.length === 0 && live.findings.length === 0)
        return noFlowspecText(subject, 'No rule is in force: there is no active ACL and no active mitigation.');
      const names = liveNames(live.inputs.map(({ file }) => file));
      const note = live.rules.length === 0 ? {} : { note: describeEquivalence(live.equivalence) };
      return flowspecText({ document: subject, ...live, ...note, names });
    } catch (error) {
      return noFlowspecText(subject, describeError(error));
    }
  }
}

/** The forwarding node of a document; undefined: all. */
const nodeOf = (query: string): string | undefined => /^node (.+)$/.exec(query)?.[1];
