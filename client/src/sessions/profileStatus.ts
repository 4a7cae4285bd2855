import * as vscode from 'vscode';
import { printable } from '#dots/model/text';
import { labelText, lined } from '../ui/textLayout';
import { mockName, type Destination, type ProfileHost } from './profiles';

/** The status bar item that names the server of the document in the active editor, and lets the user select another one. */
export class ProfileStatus implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('dots.profile', vscode.StatusBarAlignment.Left, -1);
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly profiles: ProfileHost) {
    this.item.name = 'DOTS server profile';
    this.item.command = 'dots.selectProfile';
    const update = (): void => void this.update();
    this.listeners = [
      profiles.onDidChange(update),
      vscode.window.onDidChangeActiveTextEditor(update),
      vscode.workspace.onDidGrantWorkspaceTrust(update),
    ];
    update();
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.item.dispose();
  }

  private async update(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId !== 'dots' || !vscode.workspace.isTrusted) return this.item.hide();
    const destination = await this.profiles.destination(document);
    if (document === vscode.window.activeTextEditor?.document) this.show(destination);
  }

  private show({ name, profile, missing, byWorkspace }: Destination): void {
    const production = profile?.production === true;
    this.item.text = `$(${missing ? 'warning' : 'send'}) ${labelText(name)}${production ? ' (production)' : ''}`;
    this.item.tooltip = lined(
      what(name, missing),
      byWorkspace
        ? 'The workspace file says so of this document; it counts before the active profile.'
        : 'It is the active server profile of this workspace.',
      'Click to select another one.',
    );
    this.item.backgroundColor =
      production || missing ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.accessibilityInformation = {
      label: printable(`DOTS server profile: ${name}${production ? ', production' : ''}${missing ? ', missing' : ''}`),
    };
    this.item.show();
  }
}

function what(name: string, missing: boolean): string {
  if (missing) return `DOTS: this document is for the server profile "${name}", which is not in your profiles file.`;
  return name === mockName
    ? 'DOTS: this document goes to the mock orchestrator in this editor.'
    : `DOTS: this document goes to the server of the profile "${name}".`;
}
