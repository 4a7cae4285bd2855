import * as vscode from 'vscode';
import { ongoing } from '../ui/mitigationWords';
import { sessionTree, type TreeNode } from '../ui/sessionTree';
import { treeItem } from '../ui/treeItems';
import type { OrchestratorHost } from './orchestrator';
import type { SessionHost } from './session';

/**
 * The sidebar's tree: session, mitigations, orchestrator. It changes when something is told, and counts lifetimes down by itself,
 * once a second and only while it can be seen. Nothing is polled.
 */
export class SessionView implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  private readonly view: vscode.TreeView<TreeNode>;
  private readonly listeners: vscode.Disposable[];
  /** The rows that the editor holds, by id: an event must name the very object that it was given. */
  private readonly rows = new Map<string, TreeNode>();
  private ticking: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly session: SessionHost, private readonly orchestrator: OrchestratorHost) {
    this.view = vscode.window.createTreeView('dots.session', { treeDataProvider: this, showCollapseAll: false });
    const update = (): void => this.update();
    this.listeners = [
      session.onDidChange(update), orchestrator.onDidChange(update),
      this.view.onDidChangeVisibility(() => this.tickWhileVisible()),
    ];
    this.update();
  }

  /** The rows as they are now. */
  tree(): TreeNode[] {
    const { state, server, cuid } = this.session;
    const { signal, data, mitigations, filters, aliases } = this.orchestrator;
    return sessionTree({
      session: state === 'none' || server === undefined ? undefined : { server, cuid: cuid ?? '', state },
      mitigations: this.session.mitigations(),
      orchestrator: signal === undefined || data === undefined ? undefined : { signal, data, mitigations, filters, aliases },
      now: Date.now(),
    });
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return treeItem(node);
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (node !== undefined) return node.children;
    this.rows.clear();
    const roots = this.tree();
    for (const row of flat(roots)) this.rows.set(row.id, row);
    return roots;
  }

  dispose(): void {
    clearInterval(this.ticking);
    for (const listener of this.listeners) listener.dispose();
    this.view.dispose();
    this.changed.dispose();
  }

  private update(): void {
    this.changed.fire(undefined);
    const number = ongoing(this.session.mitigations()).length;
    this.view.badge = number === 0 ? undefined : { value: number, tooltip: `${number} in this DOTS session` };
    void vscode.commands.executeCommand('setContext', 'dots.orchestratorState', this.orchestrator.state);
    void vscode.commands.executeCommand('setContext', 'dots.stoppedMitigations', this.orchestrator.stopped);
    void vscode.commands.executeCommand('setContext', 'dots.hasSession', this.session.state !== 'none');
    void vscode.commands.executeCommand('setContext', 'dots.hasMitigation', number > 0);
    this.tickWhileVisible();
  }

  private tickWhileVisible(): void {
    const wanted = this.view.visible && ongoing(this.session.mitigations()).some(({ lifetime }) => lifetime > 0);
    if (wanted) this.ticking ??= setInterval(() => this.tick(), 1000);
    else {
      clearInterval(this.ticking);
      this.ticking = undefined;
    }
  }

  /** Redraws only the rows whose words have changed, so that the others stand still under the pointer. */
  private tick(): void {
    for (const now of flat(this.tree())) {
      const shown = this.rows.get(now.id);
      if (shown === undefined || shown.description === now.description) continue;
      shown.description = now.description;
      this.changed.fire(shown);
    }
  }
}

function flat(nodes: readonly TreeNode[]): TreeNode[] {
  return nodes.flatMap((node) => [node, ...flat(node.children)]);
}
