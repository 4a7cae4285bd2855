import * as vscode from 'vscode';
import type { DocumentState } from '#contract';
import { describeError } from '#dots/model/errors';
import { noFlowspecText } from '../ui/noFlowspecText';
import { VirtualDocuments } from '../ui/virtualDocuments';
import { chosenDocument, fileName } from '../editor/document';
import { Definitions } from './definitions';
import type { DocumentStates } from '../editor/documentStates';
import type { LanguageServer } from '../editor/languageClient';
import { showFailure } from '../editor/problems';
import type { PreviewRequest } from './previewText';
import type { PreviewWorkers } from './previewWorkers';

const followDelay = 200;

/** Read-only views of documents as BGP Flowspec rules; they are updated as the documents are edited. */
export class FlowspecPreview implements vscode.Disposable {
  private readonly previews = new VirtualDocuments('dots-flowspec', (uri) => this.restore(uri));
  private readonly pending = new Map<string, NodeJS.Timeout>();
  /** The last request with readable text, per source: its rules are shown while the source is half-typed. */
  private readonly readable = new Map<string, PreviewRequest>();
  /** The state of each source when its rules were last rendered. */
  private readonly rendered = new Map<string, DocumentState | undefined>();
  private readonly definitions: Definitions;
  /** The sources whose rules depend on other documents, as far as was known when they were last shown. */
  private readonly dependent = new Set<string>();
  private readonly listeners: vscode.Disposable[];

  constructor(
    language: LanguageServer,
    private readonly states: DocumentStates,
    private readonly workers: PreviewWorkers,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.definitions = new Definitions(language);
    this.listeners = [
      states.onDidChange(() => this.renderWhere((source) => this.isOutdated(source))),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.follow(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      vscode.commands.registerCommand('dots.previewFlowspec', (uri?: vscode.Uri) => this.open(uri)),
    ];
  }

  dispose(): void {
    for (const timer of this.pending.values()) clearTimeout(timer);
    for (const listener of this.listeners) listener.dispose();
    this.previews.dispose();
    this.workers.dispose();
  }

  private async open(uri?: vscode.Uri): Promise<void> {
    try {
      const source = await chosenDocument(uri);
      await this.render(source);
      await this.previews.showBeside(this.previewOf(source));
    } catch (error) {
      showFailure(this.log, 'There is nothing to preview.', error);
    }
  }

  private previewOf(source: vscode.TextDocument): vscode.Uri {
    return this.previews.uri(`Flowspec: ${fileName(source.uri)}`, source.uri.toString());
  }

  /** A preview depends on its own document, and on those that may define the names in it. */
  private follow(changed: vscode.TextDocument): void {
    if (changed.languageId === 'dots')
      this.renderWhere((source) => source === changed || this.dependent.has(source.uri.toString()));
  }

  /** Renders the open previews of some sources again. */
  private renderWhere(wanted: (source: vscode.TextDocument) => boolean): void {
    for (const { uri, isClosed } of vscode.workspace.textDocuments) {
      if (uri.scheme !== this.previews.scheme || isClosed) continue;
      const source = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.query);
      if (source !== undefined && wanted(source)) this.renderSoon(source);
    }
  }

  private renderSoon(source: vscode.TextDocument): void {
    const key = source.uri.toString();
    clearTimeout(this.pending.get(key));
    this.workers.interrupt(key);
    this.pending.set(
      key,
      setTimeout(() => {
        this.pending.delete(key);
        void this.render(source);
      }, followDelay),
    );
  }

  private async render(source: vscode.TextDocument): Promise<void> {
    const uri = this.previewOf(source);
    try {
      this.previews.set(uri, await this.textOf(source));
    } catch (error) {
      this.log.error(
        `Flowspec preview of ${source.uri.toString()} failed.`,
        error instanceof Error ? error : String(error),
      );
      this.previews.set(uri, noFlowspecText(fileName(source.uri), describeError(error)));
    }
  }

  /** The text of a preview that was open before the window was reloaded. */
  private async restore(preview: vscode.Uri): Promise<string> {
    try {
      return await this.textOf(await vscode.workspace.openTextDocument(vscode.Uri.parse(preview.query)));
    } catch {
      return noFlowspecText(preview.path.slice(1), 'The document of this preview can no longer be opened.');
    }
  }

  private async textOf(source: vscode.TextDocument): Promise<string> {
    const key = source.uri.toString();
    this.rendered.set(key, this.states.latest(source));
    const request = await this.requestFor(source);
    const answer = await this.workers.answer(key, request);
    if (answer.text !== undefined) {
      this.readable.set(key, answer.request);
      return answer.text;
    }
    return (
      (await this.lastReadable(key, request)) ??
      noFlowspecText(request.document.file, 'The document is not valid JSON. See the Problems view.')
    );
  }

  /** The preview of the last readable text of a document, with the present settings. */
  private async lastReadable(key: string, { ownPrefixes, router }: PreviewRequest): Promise<string | undefined> {
    const last = this.readable.get(key);
    if (last === undefined) return undefined;
    const request = { ...last, ownPrefixes, ...(router && { router }), note: halfTyped };
    return (await this.workers.answer(key, request)).text;
  }

  /** Whether rules depend on a new state from the language server; changes of the text have their own event. */
  private isOutdated(source: vscode.TextDocument): boolean {
    const key = source.uri.toString();
    const [before, now] = [this.rendered.get(key), this.states.latest(source)];
    return before !== now && (this.dependent.has(key) || settingsOf(before) !== settingsOf(now));
  }

  /** What the preview of a document is made of now. */
  private async requestFor(source: vscode.TextDocument): Promise<PreviewRequest> {
    const { usesNames, ...needed } = await this.definitions.neededBy(source);
    const key = source.uri.toString();
    if (usesNames || needed.accepting.length > 0) this.dependent.add(key);
    else this.dependent.delete(key);
    const { ownPrefixes = [], targetRouter } = this.states.latest(source) ?? {};
    const document = { file: vscode.workspace.asRelativePath(source.uri), text: source.getText() };
    return { document, ...needed, ownPrefixes, ...(targetRouter && { router: targetRouter }) };
  }

  private forget(closed: vscode.TextDocument): void {
    if (closed.uri.scheme !== this.previews.scheme) return;
    this.previews.forget(closed.uri);
    this.readable.delete(closed.uri.query);
    this.rendered.delete(closed.uri.query);
    this.dependent.delete(closed.uri.query);
    this.workers.forget(closed.uri.query);
    if (this.readable.size === 0) this.definitions.clear();
  }
}

/** The settings of the workspace file and the profile for rules. */
const settingsOf = ({ ownPrefixes, targetRouter }: Partial<DocumentState> = {}): string =>
  JSON.stringify([ownPrefixes ?? [], targetRouter ?? null]);

const halfTyped = 'The document is currently not valid JSON. These are the rules of its last valid state.';
