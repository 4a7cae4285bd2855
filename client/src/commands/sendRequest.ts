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
import type { Underway } from '../sessions/underway';
import { labelText } from '../ui/textLayout';
import type { TreeNode } from '../ui/treeNode';

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
export class RequestSender implements vscode.Disposable {
  private readonly answers = new VirtualDocuments('dots-answer', () => gone);
  /** The documents whose sending was begun, by URI. */
  private readonly begun = new Set<string>();

  constructor(
    private readonly states: DocumentStates,
    private readonly targets: ServerTargets,
    private readonly sessions: Sessions,
    private readonly data: DataHost,
    private readonly underway: Underway,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /**
   * Sends a document over the signal channel; every failure is reported to the user, none is thrown. A second click
   * on a document whose sending is under way does nothing.
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
    const answered = await this.attempt(uri, channel, work, new AbortController());
    if (answered === undefined) return;
    try {
      await this.show(answered.document, answered.text());
    } catch (error) {
      const name = documentName(answered.document.uri.path);
      showFailure(this.log, `The answer to ${name} was received, but could not be shown.`, error);
    }
  }

  /** Stops waiting for an answer: that of a row, the only one, or the one that the user picks. */
  async cancel(node?: Partial<TreeNode>): Promise<void> {
    const id = node?.waiting ?? (await this.pickedWait());
    if (id === undefined) return;
    this.underway.cancel(id);
    this.log.info('Stopped waiting for the answer; the server may have received the request.');
    vscode.window.setStatusBarMessage('$(circle-slash) DOTS: no longer waiting for the answer', 5000);
  }

  dispose(): void {
    this.answers.dispose();
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
    let begun = false;
    try {
      document = await chosenDocument(uri);
      begun = this.begin(document);
      if (!begun) return undefined;
      const sent = sendable(await this.states.toSend(document), channel);
      target = await this.targets.settle(sent.destination, sent.value, channel);
      if (target === undefined) return undefined;
      const text = await this.sendTo(target, sent, document, work, abort);
      return text && { document, text };
    } catch (error) {
      if (!abort.signal.aborted) this.showError(error, document, this.wayOutOf(error, target, document?.uri));
      return undefined;
    } finally {
      if (begun && document !== undefined) this.begun.delete(document.uri.toString());
    }
  }

  /** While a question to the user is open, nothing is being sent. */
  private sendTo(
    target: SettledTarget,
    sent: Sendable,
    { uri }: vscode.TextDocument,
    work: Work,
    abort: AbortController,
  ): Promise<(() => string) | undefined> {
    const source = {
      document: vscode.workspace.asRelativePath(uri),
      file: uri.scheme === 'file' ? uri.fsPath : null,
    };
    const waiting = { document: documentName(uri.path), profile: target.profile, abort };
    return this.targets.at(target, sent.value, (where) =>
      this.underway.during(waiting, () => work(sent, where, source, abort.signal)),
    );
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

  /** Whether the sending of a document begins now; another one of the same document has not ended otherwise. */
  private begin({ uri }: vscode.TextDocument): boolean {
    const key = uri.toString();
    const isFirst = !this.begun.has(key);
    this.begun.add(key);
    return isFirst;
  }

  private async pickedWait(): Promise<number | undefined> {
    const waits = this.underway.list();
    const [only] = waits;
    if (waits.length < 2) return only?.id;
    const items = waits.map(({ id, document, profile }) => ({ label: labelText(document), description: profile, id }));
    const picked = await vscode.window.showQuickPick(items, {
      title: 'DOTS: Stop Waiting',
      placeHolder: 'The request that is meant',
    });
    return picked?.id;
  }

  /** Errors in the Problems view are shown there, as its CodeLens does; every other failure is one message. */
  private showError(error: unknown, document: vscode.TextDocument | undefined, way: Way | undefined): void {
    if (error instanceof DotsError && error.code === inProblems) {
      void vscode.commands.executeCommand(showProblems);
      return;
    }
    const unanswered = error instanceof DotsError && error.kind === 'unreachable';
    const name = document === undefined ? 'The document' : documentName(document.uri.path);
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
    vscode.commands.registerCommand('dots.cancelSend', (node?: TreeNode) => sender.cancel(node)),
  );
}
