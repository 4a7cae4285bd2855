import * as vscode from 'vscode';
import { documentTypes } from '#dots/model/documents';
import { rfcLabel, rfcUrl } from '#dots/model/finding';
import type { DocumentState } from '#contract';
import type { DocumentStates } from './documentStates';
import { documentSelector } from './languageClient';

/**
 * Shows the kind of DOTS document in the active editor: in the language status, with a link to the RFC section, and in
 * the context key `dots.documentKind`, on which menus depend.
 */
export class DocumentStatus implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem('dots.document', documentSelector);
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly states: DocumentStates) {
    this.item.name = 'DOTS document';
    const update = (): void => this.update();
    this.listeners = [states.onDidChange(update), vscode.window.onDidChangeActiveTextEditor(update)];
    update();
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.item.dispose();
  }

  private update(): void {
    const state = this.states.active();
    void vscode.commands.executeCommand('setContext', 'dots.documentKind', state?.kind ?? undefined);
    if (state !== undefined) this.show(state);
  }

  private show({ kind, title }: DocumentState): void {
    const type = documentTypes.find((each) => each.kind === kind);
    this.item.text = title === null ? 'Unknown kind of DOTS document' : capitalised(title);
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
