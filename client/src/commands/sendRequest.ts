import * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';
import type { Channel } from '#dots/workspace/destination';
import { showProblems } from '../ui/documentAction';
import { installText } from '../ui/installText';
import { VirtualDocuments } from '../ui/virtualDocuments';
import { documentName } from '../ui/documentName';
import type { DataHost } from '../sessions/dataChannel';
import { chosenDocument, fileName } from '../editor/document';
import type { DocumentStates } from '../editor/documentStates';
import type { ServerTargets, SettledTarget } from '../sessions/serverTargets';
import { showFailure, type Way } from '../editor/problems';
import type { Sessions } from '../sessions/sessions';
import { inProblems, sendable, type Sendable } from './sendable';
import type { Sender, Sending } from '../sessions/statusBar';

const gone =
  'This answer is no longer available, because the window was reloaded. Send the request again to see a new one.\n';

/** The second argument of `dots.sendRequest`; menus pass other ones. */
const inBlocks = 'in-blocks';

/** Sends a document to the server; returns the function that makes the text of the answer. */
type Work = (
  sent: Sendable,
  target: SettledTarget,
  source: { document: string; file: string | null },
  abort: AbortSignal,
) => Promise<() => string>;

/** Sends the document of a lens, a menu or the active editor to its server and shows the answer beside it. */
export class RequestSender implements Sender, vscode.Disposable {
  private readonly answers = new VirtualDocuments('dots-answer', () => gone);
  private readonly changed = new vscode.EventEmitter<void>();
  private abort: AbortController | undefined;
  private current: Sending | undefined;
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly states: DocumentStates,
    private readonly targets: ServerTargets,
    private readonly sessions: Sessions,
    private readonly data: DataHost,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get sending(): Sending | undefined {
    return this.current;
  }

  /**
   * Sends a document over the signal channel; every failure is reported to the user, none is thrown. A second click
   * while one is under way does nothing.
   * @param blocks whether a mitigation request that is larger than a datagram is sent, in blocks
   */
  send(uri?: vscode.Uri, blocks = false): Promise<void> {
    return this.carry(uri, 'signal', async ({ value, aliases }, target, { document, file }, abort) => {
      const exchange = await this.sessions.send(target, value, abort, aliases, { blocks, file });
      const { answerText } = await import('#lazy/protocol');
      return () => answerText({ ...exchange, document });
    });
  }

  /** Installs aliases or ACLs over the data channel, in the same way. */
  install(uri?: vscode.Uri): Promise<void> {
    return this.carry(uri, 'data', async ({ value }, target, { document }, abort) => {
      const installation = await this.data.install(target, value, abort);
      return () => installText({ ...installation, document });
    });
  }

  private async carry(uri: vscode.Uri | undefined, channel: Channel, work: Work): Promise<void> {
    if (this.current !== undefined) return;
    const answered = await this.attempt(uri, channel, work, new AbortController());
    if (answered === undefined) return;
    try {
      await this.show(answered.document, answered.text());
    } catch (error) {
      showFailure(
        this.log,
        `The answer to ${documentName(answered.document.uri.path)} was received, but could not be shown.`,
        error,
      );
    }
  }

  /** Stops waiting for the answer. The server may have received the request. */
  cancel(): void {
    if (this.abort === undefined) return;
    this.abort.abort();
    this.log.info('Stopped waiting for the answer; the server may have received the request.');
    vscode.window.setStatusBarMessage('$(circle-slash) DOTS: no longer waiting for the answer', 5000);
  }

  dispose(): void {
    this.answers.dispose();
    this.changed.dispose();
  }

  /** The document and the text of the answer, or undefined after a failure, which has been reported to the user. */
  private async attempt(
    uri: vscode.Uri | undefined,
    channel: Channel,
    work: Work,
    abort: AbortController,
  ): Promise<{ document: vscode.TextDocument; text: () => string } | undefined> {
    let target: SettledTarget | undefined;
    let document: vscode.TextDocument | undefined;
    try {
      document = await chosenDocument(uri);
      this.begin(document, abort);
      const sent = sendable(await this.states.toSend(document), channel);
      target = await this.targets.settle(sent.destination, sent.value, channel);
      if (target === undefined) return undefined;
      const { uri: at } = document;
      const source = {
        document: vscode.workspace.asRelativePath(at),
        file: at.scheme === 'file' ? at.fsPath : null,
      };
      const text = await this.targets.at(target, sent.value, (where) => work(sent, where, source, abort.signal));
      return text && { document, text };
    } catch (error) {
      if (!abort.signal.aborted) this.showError(error, this.wayOutOf(error, target, document?.uri));
      return undefined;
    } finally {
      this.end();
    }
  }

  /**
   * Offers to enter another pre-shared key if the server reports that it cannot decrypt with this one. Other failures,
   * such as a time-out, do not concern the key; and this answer may be forged as well, so the stored key is kept until
   * another one is verified. Offers to send a mitigation request that is larger than a datagram in blocks.
   */
  private wayOutOf(error: unknown, target: SettledTarget | undefined, uri: vscode.Uri | undefined): Way | undefined {
    if (target === undefined || !(error instanceof DotsError)) return undefined;
    if (error.code === 'signal/needs-blocks')
      return { title: 'Send in blocks', command: 'dots.sendRequest', args: [uri, inBlocks] };
    if (error.code !== 'transport/psk-mismatch') return undefined;
    this.targets.keyRefused(target);
    return { title: 'Enter another key', command: 'dots.enterKey', args: [target.profile] };
  }

  private async show(document: vscode.TextDocument, text: string): Promise<void> {
    const uri = this.answers.uri(`Answer: ${fileName(document.uri)}`, document.uri.toString());
    this.answers.set(uri, text);
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

  /** Errors in the Problems view are shown there, as its CodeLens does; every other failure is one message. */
  private showError(error: unknown, way: Way | undefined): void {
    if (error instanceof DotsError && error.code === inProblems) {
      void vscode.commands.executeCommand(showProblems);
      return;
    }
    const unanswered = error instanceof DotsError && error.kind === 'unreachable';
    const name = this.current?.document ?? 'The document';
    const what = unanswered ? `${name} received no answer.` : `${name} was not sent.`;
    showFailure(this.log, what, error, way);
  }
}

export function registerSendRequest(sender: RequestSender): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.sendRequest', (uri?: vscode.Uri, how?: unknown) =>
      sender.send(uri, how === inBlocks),
    ),
    vscode.commands.registerCommand('dots.install', (uri?: vscode.Uri) => sender.install(uri)),
    vscode.commands.registerCommand('dots.cancelSend', () => sender.cancel()),
  );
}
