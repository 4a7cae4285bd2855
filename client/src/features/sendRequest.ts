import * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';
import { documentTypeOf } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';
import { answerText } from '../ui/answerText';
import { VirtualDocuments } from '../ui/virtualDocuments';
import { documentName, plural } from '../ui/words';
import { chosenDocument, fileName, jsonObject } from './document';
import type { LanguageServer } from './languageClient';
import { isStatusDocument } from './mitigations';
import type { OrchestratorHost } from './orchestrator';
import { tellFailure } from './problems';
import type { Exchange, SessionHost } from './session';

const gone = 'This answer was shown before the window was reloaded, and is not kept. Send the request again to see a new one.\n';

/** The code of a refusal whose reasons stand in the Problems view. */
const inProblems = 'editor/in-problems';

/** What is being sent right now: for the status bar, which shows it and offers to stop it. */
export interface Sending { document: string; since: number }

/** Sends the document of a lens, a menu or the active editor to the mock orchestrator and shows the answer beside it. */
export class RequestSender implements vscode.Disposable {
  private readonly answers = new VirtualDocuments('dots-answer', () => gone);
  private readonly changed = new vscode.EventEmitter<void>();
  private abort: AbortController | undefined;
  private current: Sending | undefined;
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly language: LanguageServer,
    private readonly orchestrator: OrchestratorHost,
    private readonly session: SessionHost,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get sending(): Sending | undefined {
    return this.current;
  }

  /** Sends a document; every failure is told to the user, none leaves. A second click while one is under way does nothing. */
  async send(uri?: vscode.Uri): Promise<void> {
    if (this.current !== undefined) return;
    const answered = await this.attempt(uri, new AbortController());
    if (answered === undefined) return;
    try {
      await this.show(answered.document, answered.exchange);
    } catch (error) {
      tellFailure(this.log, `The answer to ${documentName(answered.document.uri.path)} came, but could not be shown.`, error);
    }
  }

  /** Stops waiting for the answer. The server may have got the request all the same. */
  cancel(): void {
    if (this.abort === undefined) return;
    this.abort.abort();
    this.log.info('Waiting for the answer was stopped; the server may have got the request all the same.');
    vscode.window.setStatusBarMessage('$(circle-slash) DOTS: no longer waiting for the answer', 5000);
  }

  dispose(): void {
    this.answers.dispose();
    this.changed.dispose();
  }

  /** The document and what came of it, or undefined where that was a failure, which the user has been told. */
  private async attempt(uri: vscode.Uri | undefined, abort: AbortController): Promise<{ document: vscode.TextDocument; exchange: Exchange } | undefined> {
    try {
      const document = await chosenDocument(uri);
      this.begin(document, abort);
      const value = sendable(document.getText());
      const errors = await this.errorsOf(document, value);
      if (errors > 0) throw notSendable(errors);
      const { signal } = await this.orchestrator.start();
      return { document, exchange: await this.session.send(signal, value, abort.signal) };
    } catch (error) {
      if (!abort.signal.aborted) this.tell(error);
      return undefined;
    } finally {
      this.end();
    }
  }

  /** How many errors speak against the value as a request, where the Problems view, which may be off or behind, counts none; otherwise it throws. */
  private async errorsOf(document: vscode.TextDocument, value: JsonObject): Promise<number> {
    const shown = (await this.language.documentInfo(document.uri))?.errors ?? 0;
    if (shown > 0) throw notSendable(shown, inProblems);
    const { check } = await import('#dots/check/check');
    const found = check(value, { direction: 'request' }).faults.filter(({ severity }) => severity === 'error');
    return found.length;
  }

  private async show(document: vscode.TextDocument, exchange: Exchange): Promise<void> {
    const uri = this.answers.uri(`Answer: ${fileName(document.uri)}`, document.uri.toString());
    this.answers.set(uri, answerText({ ...exchange, document: vscode.workspace.asRelativePath(document.uri) }));
    await this.answers.showBeside(uri);
  }

  private begin(document: vscode.TextDocument, abort: AbortController): void {
    this.abort = abort;
    this.current = { document: documentName(document.uri.path), since: Date.now() };
    this.tellProgress();
  }

  private end(): void {
    this.abort = undefined;
    this.current = undefined;
    this.tellProgress();
  }

  private tellProgress(): void {
    this.changed.fire();
    void vscode.commands.executeCommand('setContext', 'dots.sending', this.current !== undefined);
  }

  /** Errors that stand in the Problems view are shown there, as its lens does; every other failure is one message. */
  private tell(error: unknown): void {
    if (error instanceof DotsError && error.code === inProblems) {
      void vscode.commands.executeCommand('workbench.actions.view.problems');
      return;
    }
    const unanswered = error instanceof DotsError && error.kind === 'unreachable';
    const name = this.current?.document ?? 'The document';
    tellFailure(this.log, unanswered ? `${name} got no answer.` : `${name} was not sent.`, error);
  }
}

export function registerSendRequest(sender: RequestSender): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.sendRequest', (uri?: vscode.Uri) => sender.send(uri)),
    vscode.commands.registerCommand('dots.cancelSend', () => sender.cancel()),
  );
}

function notSendable(errors: number, code = 'editor/has-errors'): DotsError {
  return new DotsError('usage', code, `It has ${plural(errors, 'error')}, so the server would refuse it.`, 'Mend them first.');
}

/** The value of a text that a client may send on the signal channel; otherwise a DotsError that says why not. */
function sendable(text: string): JsonObject {
  const value = jsonObject(text);
  if (value === undefined) throw new DotsError('usage', 'editor/not-json', 'The document is not a JSON object.', 'See the Problems view.');
  const type = documentTypeOf(value);
  if (type === undefined) {
    throw new DotsError('usage', 'editor/unknown-kind', 'The document is of no known DOTS kind.', 'Its top-level member must be one such as "ietf-dots-signal-channel:mitigation-scope".');
  }
  if (type.channel === 'data') {
    throw new DotsError('usage', 'editor/data-channel', `A document with ${type.title} belongs to the data channel and is not sent over the signal channel.`, 'Send a mitigation request.');
  }
  if (isStatusDocument(value)) {
    throw new DotsError('usage', 'editor/status-document', 'This is the status of a mitigation, which only a server sends.', 'Remove mid, status and the counters to make it a request.');
  }
  return value;
}
