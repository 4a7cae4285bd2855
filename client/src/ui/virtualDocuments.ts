import * as vscode from 'vscode';
import { printable } from '#dots/model/text';

/** Read-only documents of one scheme, in memory. */
export class VirtualDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration: vscode.Disposable;
  readonly onDidChange = this.changed.event;

  /** `absent` returns the text of a document that is not in memory, e.g. after a reload of the window. */
  constructor(
    readonly scheme: string,
    private readonly absent: (uri: vscode.Uri) => string | Promise<string>,
  ) {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(scheme, this);
  }

  /**
   * The address of a document. `title` is shown on its tab and determines its language (package.json); `source`
   * distinguishes it from others with that title.
   */
  uri(title: string, source: string): vscode.Uri {
    return vscode.Uri.from({ scheme: this.scheme, path: `/${printable(title).replaceAll('/', '∕')}`, query: source });
  }

  provideTextDocumentContent(uri: vscode.Uri): string | Promise<string> {
    return this.texts.get(uri.toString()) ?? this.absent(uri);
  }

  /** Sets the text of a document; open tabs are updated. */
  set(uri: vscode.Uri, text: string): void {
    if (this.texts.get(uri.toString()) === text) return;
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
  }

  /** Opens a document beside the active editor, which keeps the focus. */
  async showBeside(uri: vscode.Uri): Promise<void> {
    await vscode.window.showTextDocument(uri, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: false,
    });
  }

  forget(uri: vscode.Uri): void {
    this.texts.delete(uri.toString());
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
