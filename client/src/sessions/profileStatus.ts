import * as vscode from 'vscode';
import type { ActiveProfile } from '../editor/activeProfile';
import type { DocumentStates } from '../editor/documentStates';
import { profileText } from '../ui/destinationText';

/**
 * The status bar item that names the server of the document in the active editor, and lets the user select another one.
 */
export class ProfileStatus implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('dots.profile', vscode.StatusBarAlignment.Left, -1);
  private readonly listeners: vscode.Disposable[];

  constructor(
    private readonly states: DocumentStates,
    private readonly active: ActiveProfile,
  ) {
    this.item.name = 'DOTS server profile';
    this.item.command = 'dots.selectProfile';
    const update = (): void => this.update();
    this.listeners = [
      states.onDidChange(update),
      active.onDidChange(update),
      vscode.window.onDidChangeActiveTextEditor(update),
      vscode.workspace.onDidGrantWorkspaceTrust(update),
    ];
    update();
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.item.dispose();
  }

  private update(): void {
    const shown = vscode.window.activeTextEditor?.document.languageId === 'dots' && vscode.workspace.isTrusted;
    if (!shown) return this.item.hide();
    const { text, tooltip, label, warning } = profileText(this.states.active()?.destination, this.active.name);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = warning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.accessibilityInformation = { label };
    this.item.show();
  }
}
