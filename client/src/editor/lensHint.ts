import * as vscode from 'vscode';

const shownKey = 'dots.lensHintShown';

/** Says once, for the first DOTS document, that links are off in this editor, and where the same actions are. */
export class LensHint implements vscode.Disposable {
  private readonly listener = vscode.window.onDidChangeActiveTextEditor((editor) => this.look(editor));

  constructor(private readonly memory: vscode.Memento) {
    this.look(vscode.window.activeTextEditor);
  }

  dispose(): void {
    this.listener.dispose();
  }

  private look(editor: vscode.TextEditor | undefined): void {
    if (editor?.document.languageId !== 'dots' || this.memory.get<boolean>(shownKey) === true) return;
    const settings = vscode.workspace.getConfiguration('editor', editor.document);
    if (settings.get<boolean>('codeLens', true)) return;
    void this.memory.update(shownKey, true);
    void this.offer(settings);
  }

  private async offer(settings: vscode.WorkspaceConfiguration): Promise<void> {
    const turnOn = 'Turn on for DOTS';
    const chosen = await vscode.window.showInformationMessage(
      'CodeLens is off, so DOTS documents have no links such as "Send to ..." above them. The same actions are in the title, the context menu and the command palette.',
      turnOn,
    );
    if (chosen === turnOn) await settings.update('codeLens', true, vscode.ConfigurationTarget.Global, true);
  }
}
