import * as vscode from 'vscode';
import { documentTypes } from '#dots/model/documents';
import { rfcLabel, rfcUrl } from '#dots/model/finding';
import type { DocumentInfo } from '#contract';
import { documentSelector, type LanguageServer } from './languageClient';

/**
 * Says what kind of DOTS document the active editor shows: in the language status, with the RFC section to open,
 * and in the context key `dots.documentKind`, which decides which menus stand there.
 */
export class DocumentStatus implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem('dots.document', documentSelector);
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly language: LanguageServer) {
    this.item.name = 'DOTS document';
    const update = (): void => void this.update();
    this.listeners = [language.onDidChange(update), vscode.window.onDidChangeActiveTextEditor(update)];
    update();
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.item.dispose();
  }

  private async update(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const info = document?.languageId === 'dots' ? await this.language.documentInfo(document.uri) : undefined;
    if (document !== vscode.window.activeTextEditor?.document) return;
    await vscode.commands.executeCommand('setContext', 'dots.documentKind', info?.kind ?? undefined);
    if (info !== undefined) this.show(info);
  }

  private show({ kind, title }: DocumentInfo): void {
    const type = documentTypes.find((each) => each.kind === kind);
    this.item.text = title === null ? 'No known kind of DOTS document' : capitalised(title);
    this.item.detail =
      type === undefined
        ? title === null
          ? 'The top-level member decides, e.g. "ietf-dots-signal-channel:mitigation-scope".'
          : ''
        : rfcLabel(type.rfc);
    this.item.severity =
      title === null ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
    this.item.command =
      type === undefined
        ? undefined
        : {
            title: 'Read',
            tooltip: `Open ${rfcLabel(type.rfc)}`,
            command: 'vscode.open',
            arguments: [vscode.Uri.parse(rfcUrl(type.rfc))],
          };
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
