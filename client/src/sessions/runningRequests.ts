import * as vscode from 'vscode';
import { describeError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { ClientLedger, LedgerEntry } from '#dots/signal/ledger';
import { scopesOf } from '#dots/signal/scopes';
import { requestChanges } from '#dots/words/requestChanges';
import { jsonObject } from '../editor/jsonObject';
import type { Mitigation, MitigationRef } from '../ui/mitigation';
import { timeWords, wordsOf } from '../ui/mitigationWords';
import type { RequestsInForce, RunningRequest } from '../ui/runningActions';
import type { ClientIdentity } from './identity';
import type { SessionHost } from './sessionHost';
import type { Sessions } from './sessions';

/** How often the time that is left is shown again, milliseconds. */
const updateMs = 30_000;

/**
 * The mitigations in force of open documents, as the servers report them, and what sending a document again would
 * change: by the ledger, as sending does it.
 */
export class RunningRequests implements RequestsInForce<vscode.TextDocument>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly owned: vscode.Disposable[];
  private readonly ticking = setInterval(() => this.tick(), updateMs);
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly sessions: Sessions,
    private readonly identity: Pick<ClientIdentity, 'client'>,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const update = (): void => this.update();
    this.owned = [this.changed, sessions.onDidChange(update), vscode.window.onDidChangeActiveTextEditor(update)];
    this.update();
  }

  /** The mitigations in force that the document with a URI has requested. */
  at(uri: vscode.Uri): MitigationRef[] {
    return this.found(uri).map(({ session, mitigation }) => ({ session: session.name, mid: mitigation.mid }));
  }

  async of(document: vscode.TextDocument): Promise<RunningRequest[]> {
    const value = jsonObject(document.getText());
    return Promise.all(
      this.found(document.uri).map(async ({ session, mitigation }): Promise<RunningRequest> => {
        const { short, sentence } = wordsOf(mitigation);
        return {
          where: { session: session.name, mid: mitigation.mid },
          status: `${short} on ${session.name}, ${timeWords(mitigation, Date.now())}`,
          sentence,
          ...(await this.comparison(session, mitigation, value, document.uri)),
        };
      }),
    );
  }

  dispose(): void {
    clearInterval(this.ticking);
    for (const each of this.owned) each.dispose();
  }

  private found({ scheme, fsPath }: vscode.Uri): { session: SessionHost; mitigation: Mitigation }[] {
    if (scheme !== 'file') return [];
    return this.sessions.list().flatMap((session) =>
      session
        .mitigations()
        .filter((mitigation) => mitigation.record?.file === fsPath && !wordsOf(mitigation).ending)
        .map((mitigation) => ({ session, mitigation })),
    );
  }

  /** What the document asks for otherwise than what runs, and what sending it would do. */
  private async comparison(
    { at }: SessionHost,
    { mid }: Mitigation,
    value: JsonObject | undefined,
    { fsPath }: vscode.Uri,
  ): Promise<Pick<RunningRequest, 'changes' | 'effect'>> {
    if (at === undefined || value === undefined) return unchanged;
    try {
      const { entryOf } = await import('#lazy/protocol');
      const ledger = await (await this.identity.client(at)).read();
      const entry = entryOf(ledger, mid);
      return entry === undefined ? unchanged : await compared(ledger, entry, value, { ...at, file: fsPath });
    } catch (error) {
      this.log.debug(`The document could not be compared with mitigation ${mid}. ${describeError(error)}`);
      return unchanged;
    }
  }

  private update(): void {
    this.changed.fire();
    const { document } = vscode.window.activeTextEditor ?? {};
    const isRunning = document !== undefined && this.found(document.uri).length > 0;
    void vscode.commands.executeCommand('setContext', 'dots.documentRunning', isRunning);
  }

  private tick(): void {
    if (this.sessions.list().some((session) => session.mitigations().length > 0)) this.changed.fire();
  }
}

const unchanged = { changes: [], effect: '' };

/** How a document differs from the request in a ledger, and what sending it would do. */
async function compared(
  ledger: ClientLedger,
  { id, document }: LedgerEntry,
  value: JsonObject,
  sending: { server: string; cuid: string; mid?: number; file: string },
): Promise<Pick<RunningRequest, 'changes' | 'effect'>> {
  const changes = requestChanges(scopesOf(document)[0] ?? {}, scopesOf(value)[0] ?? {});
  if (changes.length === 0) return unchanged;
  const { plannedRequest, effectWords } = await import('#lazy/protocol');
  return { changes, effect: effectWords(plannedRequest(ledger, value, sending, Date.now()), id) };
}
