import * as vscode from 'vscode';
import { mockName } from '#dots/workspace/fileNames';

const activeKey = 'dots.activeProfile';

/** Which server profile is active in this workspace: the mock unless the user has selected another one. */
export class ActiveProfile implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  /** The name of a profile, or `mock`. */
  get name(): string {
    return this.memory.get<string>(activeKey) ?? mockName;
  }

  async select(name: string): Promise<void> {
    await this.memory.update(activeKey, name === mockName ? undefined : name);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }
}
