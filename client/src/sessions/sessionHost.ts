import * as vscode from 'vscode';
import type { Security } from '#dots/coap/messages/channel';
import type { KeeperEvent, KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import type { Answered, Asking } from '#dots/signal/requestWithFailover';
import type { Answer, SignalSession } from '#dots/signal/session';
import { DotsError, describeError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { documentTypeOf } from '#dots/model/documents';
import type { LedgerEntry } from '#dots/signal/ledger';
import {
  efficacyUpdate,
  grantedLifetime,
  isUnderAttack,
  lifetimeOf,
  scopesOf,
  withLifetime,
  type AttackStatus,
} from '#dots/signal/scopes';
import type { AliasTargets } from '#dots/workspace/definitions';
import { mockName } from '#dots/workspace/fileNames';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { FollowedMitigations } from './followedMitigations';
import type { ClientIdentity } from './identity';
import { KeptSession } from './keptSession';
import { mitigationOf, recordOf } from './mitigations';
import type { Mitigation } from '../ui/mitigation';
import type { SettledTarget } from './serverTargets';

/** What may be said about sending a document. */
export interface SendingOptions {
  /** Whether a mitigation request that is larger than a datagram is sent, in blocks. */
  blocks?: boolean;
  /** The path of its file; null where it has none. */
  file?: string | null;
}

/** The request, and the answer. */
export interface SendResult {
  answer: Answer;
  mid: number | undefined;
  cuid: string;
  server: string;
  profile: string;
}

/**
 * The editor's side of a signal channel session that is kept (`SessionKeeper`): the mitigations of this client, and
 * what the views show.
 */
export class SessionHost implements vscode.Disposable {
  private kept: KeptSession | undefined;
  /** One that leads elsewhere, which replaces the other once it is established. */
  private candidate: KeptSession | undefined;
  private session: SignalSession | undefined;
  /** Those that were replaced, until no request is under way. */
  private readonly leaving: KeptSession[] = [];
  private underway = 0;
  private readonly mitigationsThere: FollowedMitigations;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly identity: Pick<ClientIdentity, 'client'>,
    private readonly log: vscode.LogOutputChannel,
    /** The profile of the server, or `mock`. */ readonly name: string,
    /** The file that has the profiles, for `dots session`; without it, sessions are kept here. */
    private readonly profilesFile?: () => Promise<string | undefined>,
  ) {
    this.mitigationsThere = new FollowedMitigations({
      ask: (asking) => this.askThere(asking),
      current: () => this.session,
      received: (answer) => this.logAnswer(answer),
      reported: (answer, mid) => void this.record((client) => client.reported(answer, mid)),
      changed: () => this.changed.fire(),
      warn: (sentence) => this.log.warn(sentence),
    });
  }

  /** Its server, and this client there. */
  get at(): SettledTarget | undefined {
    return (this.kept ?? this.candidate)?.target;
  }

  /** How it is protected, and the authenticated identity of the server; undefined on a plain path. */
  get security(): Security | undefined {
    return this.session?.security;
  }

  get state(): SignalSession['state'] | 'none' {
    return this.session?.state ?? 'none';
  }

  /** What is known of the session that is kept. */
  get snapshot(): KeeperSnapshot | undefined {
    return (this.kept ?? this.candidate)?.snapshot;
  }

  /** Whether `dots session` keeps it, and not this process. */
  get isShared(): boolean {
    return (this.kept ?? this.candidate)?.keeper.isShared === true;
  }

  get server(): string | undefined {
    return this.session?.server;
  }

  get cuid(): string | undefined {
    return this.session?.cuid;
  }

  /** The newest first. */
  mitigations(): Mitigation[] {
    return this.mitigationsThere.list();
  }

  mitigation(mid: number): Mitigation | undefined {
    return this.mitigationsThere.get(mid);
  }

  /**
   * Sends a signal channel document to a server; a mitigation that the server accepts is followed from then on. Throws
   * a DotsError.
   * @param aliases the targets of the aliases that it names
   */
  async send(
    target: SettledTarget,
    document: JsonObject,
    signal: AbortSignal,
    aliases: AliasTargets = {},
    { blocks = false, file = null }: SendingOptions = {},
  ): Promise<SendResult> {
    const { session, answer, mid } = await this.during(async () => {
      const kept = await this.keptFor(target);
      const sent = await this.sendRecorded(kept, document, { blocks, file }, signal);
      this.logAnswer(sent.answer);
      // A mitigation belongs to the cuid, whatever session it was requested over.
      if (this.kept === kept) void this.follow(sent.mid, document, aliases, sent.answer);
      return sent;
    });
    return { answer, mid, cuid: session.cuid, server: session.server, profile: this.name };
  }

  /**
   * Asks a server for the mitigations of this client, which are followed from then on; those that run by the ledger are
   * shown before it answers. The session is opened if necessary. Throws a DotsError.
   */
  look(target: SettledTarget): Promise<Answer> {
    return this.during(async () => {
      const kept = await this.keptFor(target);
      const { isRunning } = await import('#lazy/protocol');
      const { entries } = await (await this.identity.client(target)).read();
      const seed = (): void => this.mitigationsThere.seed(entries.filter(isRunning).map(mitigationOf));
      seed();
      await kept.keeper.open();
      // A session that replaces another one begins without mitigations.
      seed();
      return this.mitigationsThere.reconcile();
    });
  }

  /** The request of a mitigation by the ledger; undefined where this machine did not send it. Throws a DotsError. */
  async request(mid: number): Promise<LedgerEntry | undefined> {
    const { at } = this;
    const { entryOf } = await import('#lazy/protocol');
    return at && entryOf(await (await this.identity.client(at)).read(), mid);
  }

  /**
   * Repeats the request of a mitigation under its mid, so that its lifetime starts again (RFC 9132 section 4.4.1.3).
   * Throws a DotsError.
   * @param lifetime another lifetime, seconds; -1 is indefinite
   */
  renew(entry: LedgerEntry, lifetime?: number): Promise<Answer> {
    return this.during(async () => {
      const { kept } = this;
      if (kept === undefined) throw noSession();
      const { sendRecorded } = await import('#lazy/protocol');
      const { kind, parameter, id, file, profile } = entry;
      const document = lifetime === undefined ? entry.document : withLifetime(entry.document, lifetime);
      const client = await this.identity.client(kept.target);
      const request = { kind, parameter, id, document, file, profile };
      const { answer } = await sendRecorded({ client, request, ask: this.askThere, permit: kept.target.permit });
      this.logAnswer(answer);
      if (answer.ok) await this.statusOf(id);
      return answer;
    });
  }

  /** Reports what this client observes of the attack (RFC 9132 section 4.4.3). Throws a DotsError. */
  efficacy(entry: LedgerEntry, status: AttackStatus): Promise<Answer> {
    return this.during(async () => {
      const document = efficacyUpdate(entry.document, status);
      const { answer } = await this.askThere((session, left) => session.send(document, { mid: entry.id, ...left }));
      this.logAnswer(answer);
      await this.record((client) => client.answered(entry, { ...answer, lifetime: grantedLifetime(answer) }));
      return answer;
    });
  }

  /** Removes a mitigation that has ended from the list. */
  dismiss(mid: number): void {
    this.mitigationsThere.dismiss(mid);
  }

  /** Withdraws a mitigation (RFC 9132 section 4.4.4). Throws a DotsError. */
  withdraw(mid: number): Promise<Answer> {
    return this.during(async () => {
      const { answer } = await this.askThere((session, left) => session.withdraw(mid, left));
      this.logAnswer(answer);
      if (answer.ok) {
        await this.record((client) => client.withdrawn(mid, answer.code));
        this.mitigationsThere.withdrawn(mid);
        await this.statusOf(mid);
      }
      return answer;
    });
  }

  /** Asks for the status of one mitigation or of all of this client (RFC 9132 section 4.4.2). Throws a DotsError. */
  refresh(mid?: number): Promise<Answer> {
    return this.during(() => (mid === undefined ? this.mitigationsThere.reconcile() : this.statusOf(mid)));
  }

  /** Ends the session and removes its mitigations; the server keeps them until their lifetime is over. */
  async close(): Promise<void> {
    const { kept, candidate } = this;
    [this.kept, this.candidate, this.session] = [undefined, undefined, undefined];
    this.mitigationsThere.clear();
    await Promise.all([kept?.keeper.close(), candidate?.keeper.close()]);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  /** Sends a document; one that has an identifier is entered in the ledger. */
  private async sendRecorded(
    { keeper, target }: KeptSession,
    document: JsonObject,
    { blocks, file }: Required<SendingOptions>,
    signal: AbortSignal,
  ): Promise<Answered & { mid: number | undefined }> {
    const { recordedSentences, resourceOf, sendRecorded } = await import('#lazy/protocol');
    const { permit, profile, mid: id } = target;
    const kind = documentTypeOf(document)?.kind;
    const { id: parameter } = resourceOf(document);
    const underAttack = isUnderAttack(document);
    const ask = (asking: Asking): Promise<Answered> => keeper.ask(asking, { underAttack, signal });
    if (kind === undefined || parameter === undefined)
      return { ...(await ask((open, left) => open.send(document, { permit, blocks, ...left }))), mid: undefined };
    const client = await this.identity.client(target);
    const request = { kind, parameter, id, document, file, profile };
    const recorded = await sendRecorded({ client, request, ask, permit, blocks });
    const { failed, entry } = recorded;
    if (failed !== undefined && recorded.answer.ok)
      keeper.filterControl.plan({ client, request, permit, failed, entry });
    const notes = [...(recorded.answer.notes ?? []), ...recordedSentences(recorded, true)];
    const answer = notes.length === 0 ? recorded.answer : { ...recorded.answer, notes };
    return { ...recorded, answer, mid: recorded.entry.id };
  }

  /** Enters news of the server in the ledger; a ledger that cannot be used hides none of them. */
  private async record(enter: (client: LedgerOfClient) => Promise<unknown>): Promise<void> {
    const { kept } = this;
    if (kept === undefined) return;
    await this.identity
      .client(kept.target)
      .then(enter)
      .catch((error: unknown) => this.log.warn(describeError(error)));
  }

  private async statusOf(mid: number): Promise<Answer> {
    const { session, answer } = await this.askThere((open, left) => open.status(mid, left));
    this.logAnswer(answer);
    this.mitigationsThere.take(session, answer, mid);
    return answer;
  }

  /** Asks over the session that is kept. Throws a DotsError. */
  private readonly askThere = async (asking: Asking): Promise<Answered> => {
    if (this.kept === undefined) throw noSession();
    return this.kept.keeper.ask(asking);
  };

  /**
   * Only when no request is under way, which that would delay, mitigations are observed over a new session, and those
   * that were replaced are closed.
   */
  private async during<T>(work: () => Promise<T>): Promise<T> {
    this.underway += 1;
    try {
      return await work();
    } finally {
      this.underway -= 1;
      this.takeUp();
    }
  }

  private takeUp(): void {
    if (this.underway > 0) return;
    for (const { keeper } of this.leaving.splice(0)) void keeper.close();
    void this.mitigationsThere.takeUp();
  }

  /** The session that is kept for a target: that in use, or another one, which replaces it once it is established. */
  private async keptFor(target: SettledTarget): Promise<KeptSession> {
    const protocol = await import('#lazy/protocol');
    const profilesFile = this.name === mockName ? undefined : await this.profilesFile?.();
    const known = [this.kept, this.candidate].find((each) => each?.leadsTo(target));
    if (known !== undefined) {
      known.target = target;
      return known;
    }
    if (this.candidate !== undefined) this.leaving.push(this.candidate);
    const kept = new KeptSession(protocol, target, this.log, profilesFile);
    kept.keeper.onEvent((event) => this.take(kept, event));
    this.candidate = kept;
    return kept;
  }

  private take(kept: KeptSession, event: KeeperEvent): void {
    if (event.type === 'opened') this.adopt(kept, event.session);
    if (this.kept !== kept) return;
    this.changed.fire();
    if (event.type === 'opened' || event.type === 'state') this.takeUp();
  }

  private adopt(kept: KeptSession, session: SignalSession): void {
    if (this.kept !== kept) {
      this.mitigationsThere.clear();
      if (this.kept !== undefined) this.leaving.push(this.kept);
      this.kept = kept;
      if (this.candidate === kept) this.candidate = undefined;
    }
    this.session = session;
    this.mitigationsThere.sessionOpened();
  }

  /** Follows a mitigation that the server has accepted. */
  private async follow(
    mid: number | undefined,
    document: JsonObject,
    aliases: AliasTargets,
    answer: Answer,
  ): Promise<void> {
    if (documentTypeOf(document)?.kind !== 'mitigation-scope' || !answer.ok || mid === undefined) return;
    const granted = grantedLifetime(answer) ?? lifetimeOf(document) ?? 0;
    const entry = await this.request(mid);
    const record = entry && { record: recordOf(entry) };
    const scope = scopesOf(document)[0] ?? {};
    const replaced = await this.mitigationsThere.follow({ mid, scope, granted, aliases, ...record });
    for (const { mid: old } of replaced) {
      this.log.info(`mid ${old} was replaced by mid ${mid}: the newer request overlaps it.`);
      vscode.window.setStatusBarMessage(`$(info) DOTS: mid ${old} was replaced by mid ${mid}`, 8000);
    }
  }

  private logAnswer({ code, request, roundTripMs }: Answer): void {
    this.log.info(`${request.method} ${request.path} -> ${code} (${Math.round(roundTripMs)} ms)`);
  }
}

const noSession = (): DotsError =>
  new DotsError('usage', 'editor/no-session', 'There is no session.', 'Send a mitigation request first.');
