import * as vscode from 'vscode';
import { plural } from '#dots/words/quantities';
import { ongoing } from '#dots/words/mitigationStatuses';
import { sessionTree, type SessionState } from '../ui/sessionTree';
import type { TreeNode } from '../ui/treeNode';
import { treeItem } from '../ui/treeItems';
import type { Mitigation } from '../ui/mitigation';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';
import type { InstalledEntries } from './installedEntries';
import type { Sessions } from './sessions';
import type { Underway } from './underway';

/**
 * The sidebar's tree: session, mitigations, orchestrator. It is updated on events, and counts lifetimes down, once a
 * second and only while it is visible. Nothing is polled.
 */
export class SessionView implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  private readonly view: vscode.TreeView<TreeNode>;
  private readonly listeners: vscode.Disposable[];
  /** The rows that the editor has, by id: an event must refer to the same object. */
  private readonly rows = new Map<string, TreeNode>();
  private ticking: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly sessions: Sessions,
    private readonly orchestrator: OrchestratorHost,
    private readonly underway: Underway,
    private readonly installed: InstalledEntries,
  ) {
    this.view = vscode.window.createTreeView('dots.session', { treeDataProvider: this, showCollapseAll: false });
    const update = (): void => this.update();
    this.listeners = [
      sessions.onDidChange(update),
      orchestrator.onDidChange(update),
      orchestrator.onSecond(() => this.view.visible && this.tick()),
      underway.onDidChange(update),
      installed.onDidChange(update),
      this.view.onDidChangeVisibility(() => this.tickWhileVisible()),
    ];
    this.update();
  }

  /** The row that has the focus: for keys, which pass none. */
  get selected(): TreeNode | undefined {
    return this.view.selection[0];
  }

  /** The current rows. */
  tree(): TreeNode[] {
    const { addresses, mitigations, filters, aliases, situation: simulation } = this.orchestrator;
    return sessionTree({
      waiting: this.underway.list(),
      installed: this.installed.list(),
      sessions: this.sessions.list().flatMap((session): SessionState[] => {
        const { name, at, snapshot: facts, isShared } = session;
        if (at === undefined || facts === undefined) return [];
        const { server, cuid, production, warnings } = at;
        const mitigations = session.mitigations();
        return [{ name, server, cuid, production: production !== undefined, facts, isShared, warnings, mitigations }];
      }),
      orchestrator: addresses.length === 0 ? undefined : { addresses, mitigations, filters, aliases, simulation },
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
    const number = this.going().length;
    this.view.badge =
      number === 0 ? undefined : { value: number, tooltip: `${plural(number, 'mitigation')} in force or being set up` };
    void vscode.commands.executeCommand('setContext', 'dots.orchestratorState', this.orchestrator.state);
    void vscode.commands.executeCommand('setContext', 'dots.hasSimulation', this.orchestrator.simulation !== undefined);
    void vscode.commands.executeCommand('setContext', 'dots.stoppedMitigations', this.orchestrator.stopped);
    void vscode.commands.executeCommand('setContext', 'dots.hasSession', this.sessions.list().length > 0);
    void vscode.commands.executeCommand('setContext', 'dots.hasMitigation', number > 0);
    this.tickWhileVisible();
  }

  private going(): Mitigation[] {
    return ongoing(this.sessions.list().flatMap((session) => session.mitigations()));
  }

  private tickWhileVisible(): void {
    const wanted = this.view.visible && this.sessions.list().length + this.underway.list().length > 0;
    if (wanted) this.ticking ??= setInterval(() => this.tick(), 1000);
    else {
      clearInterval(this.ticking);
      this.ticking = undefined;
    }
  }

  /** Redraws only the rows whose text has changed, so that the others do not move under the pointer. */
  private tick(): void {
    const all = flat(this.tree());
    if (all.length !== this.rows.size || all.some(({ id }) => !this.rows.has(id))) {
      this.changed.fire(undefined);
      return;
    }
    for (const now of all) {
      const shown = this.rows.get(now.id);
      if (shown === undefined || shown.description === now.description) continue;
      Object.assign(shown, { ...now, children: shown.children });
      this.changed.fire(shown);
    }
  }
}

function flat(nodes: readonly TreeNode[]): TreeNode[] {
  return nodes.flatMap((node) => [node, ...flat(node.children)]);
}
