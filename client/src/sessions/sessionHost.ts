import * as vscode from 'vscode';
import type { Security } from '#dots/coap/messages/channel';
import { requestWithFailover, isOverTls, type Answered, type Asking } from '#dots/signal/requestWithFailover';
import { DrainingSessions } from '#dots/signal/keeper/drainingSessions';
import type { Answer, SignalSession } from '#dots/signal/session';
import { DotsError, describeError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { documentTypeOf } from '#dots/model/documents';
import { grantedLifetime, isUnderAttack, lifetimeOf, listedMids, scopesOf } from '#dots/signal/scopes';
import { ongoing } from '#dots/words/mitigationStatuses';
import type { AliasTargets } from '#dots/workspace/definitions';
import { connect, connectOverDtls, type Opening } from './openSession';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import type { ClientIdentity } from './identity';
import type { Mitigation } from '../ui/mitigation';
import { MitigationBook } from './mitigations';
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

/** A mitigation request that was sent. */
interface SentRequest {
  mid: number;
  document: JsonObject;
  aliases: AliasTargets;
}

/**
 * A DOTS signal channel session of the editor, and its mitigations. Their state comes from the server over CoAP: in
 * answers, and in the notifications of an Observe on the mid.
 */
export class SessionHost implements vscode.Disposable {
  private session: SignalSession | undefined;
  private target: SettledTarget | undefined;
  private readonly book = new MitigationBook();
  private readonly observations = new Map<number, () => void>();
  /** The last reconciliation that was started: they run one after the other. */
  private reconciled: Promise<unknown> = Promise.resolve();
  private readonly retired = new DrainingSessions();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly trace = (sentence: string): void => this.log.info(`${this.name}: ${sentence}`);

  constructor(
    private readonly identity: Pick<ClientIdentity, 'client'>,
    private readonly log: vscode.LogOutputChannel,
    /** The profile of the server, or `mock`. */ readonly name: string,
  ) {}

  /** The address of its server, while it is open. */
  get at(): SettledTarget | undefined {
    return this.session === undefined ? undefined : this.target;
  }

  /** How it is protected, and the authenticated identity of the server; undefined on a plain path. */
  get security(): Security | undefined {
    return this.session?.security;
  }

  get state(): SignalSession['state'] | 'none' {
    return this.session?.state ?? 'none';
  }

  get server(): string | undefined {
    return this.session?.server;
  }

  get cuid(): string | undefined {
    return this.session?.cuid;
  }

  /** The newest first. */
  mitigations(): Mitigation[] {
    return this.book.list();
  }

  mitigation(mid: number): Mitigation | undefined {
    return this.book.get(mid);
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
    const before = this.session;
    const opening = { underAttack: isUnderAttack(document), trace: this.trace };
    const { session, answer, mid } = await this.sendRecorded(target, opening, document, { blocks, file }, signal);
    this.logAnswer(answer);
    // A mitigation belongs to the cuid, whatever session it was requested over.
    const current = this.session;
    if (
      documentTypeOf(document)?.kind === 'mitigation-scope' &&
      answer.ok &&
      mid !== undefined &&
      current !== undefined &&
      leadsTo(current, target)
    )
      this.follow(current, { mid, aliases, document }, answer);
    else if (before !== undefined && current !== undefined && current !== before)
      this.reconcile(current).catch((error: unknown) => this.tellUnlisted(error));
    if (isOverTls(session)) void this.improve(target, opening, session);
    return { answer, mid, cuid: session.cuid, server: session.server, profile: this.name };
  }

  /** Sends a document; one that has an identifier is entered in the ledger. */
  private async sendRecorded(
    target: SettledTarget,
    opening: Opening,
    document: JsonObject,
    { blocks, file }: Required<SendingOptions>,
    signal: AbortSignal,
  ): Promise<Answered & { mid: number | undefined }> {
    const { recordedSentences, resourceOf, sendRecorded } = await import('#lazy/protocol');
    const { permit, profile, mid: id } = target;
    const kind = documentTypeOf(document)?.kind;
    const { id: parameter } = resourceOf(document);
    const ask = (asking: Asking): Promise<Answered> => this.ask(target, opening, asking, signal);
    if (kind === undefined || parameter === undefined)
      return { ...(await ask((open, left) => open.send(document, { permit, blocks, ...left }))), mid: undefined };
    const client = await this.identity.client(target);
    const request = { kind, parameter, id, document, file, profile };
    const recorded = await sendRecorded({ client, request, ask, permit, blocks });
    const notes = [...(recorded.answer.notes ?? []), ...recordedSentences(recorded)];
    const answer = notes.length === 0 ? recorded.answer : { ...recorded.answer, notes };
    return { ...recorded, answer, mid: recorded.entry.id };
  }

  /** Enters news of the server in the ledger; a ledger that cannot be used hides none of them. */
  private async record(enter: (client: LedgerOfClient) => Promise<unknown>): Promise<void> {
    const { target } = this;
    if (target === undefined) return;
    await this.identity
      .client(target)
      .then(enter)
      .catch((error: unknown) => this.log.warn(describeError(error)));
  }

  /** Withdraws a mitigation (RFC 9132 section 4.4.4). Throws a DotsError. */
  withdraw(mid: number): Promise<Answer> {
    return this.retired.during(async () => {
      const answer = await (await this.openSession()).withdraw(mid);
      this.logAnswer(answer);
      if (answer.ok) {
        await this.record((client) => client.withdrawn(mid, answer.code));
        await this.refresh(mid);
      }
      return answer;
    });
  }

  /** Asks for the status of one mitigation or of all of this client (RFC 9132 section 4.4.2). Throws a DotsError. */
  refresh(mid?: number): Promise<Answer> {
    return this.retired.during(async () => {
      const session = await this.openSession();
      if (mid === undefined) return this.reconcile(session);
      const answer = await session.status(mid);
      this.logAnswer(answer);
      this.take(session, answer, mid);
      return answer;
    });
  }

  /** Ends the session and removes its mitigations; the server keeps them until their lifetime is over. */
  async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    this.forgetMitigations();
    await session?.close();
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  /** The session, or a new one if it was lost or its server has ended it. Throws a DotsError. */
  private async openSession(): Promise<SignalSession> {
    const { session, target } = this;
    if (session === undefined || target === undefined)
      throw new DotsError('usage', 'editor/no-session', 'There is no session.', 'Send a mitigation request first.');
    if (session.state === 'open') return session;
    await this.ask(target, { trace: this.trace }, (open, left) => open.status(undefined, left));
    const current = this.session ?? session;
    if (current !== session) await this.reconcile(current);
    return current;
  }

  /**
   * Sends a request over the session with a server, which is opened if there is none; a session with another server or
   * cuid is not used.
   */
  private async ask(target: SettledTarget, opening: Opening, asking: Asking, signal?: AbortSignal): Promise<Answered> {
    const known = this.session && leadsTo(this.session, target) ? this.session : undefined;
    return this.retired.during(() =>
      requestWithFailover(
        {
          known,
          renew: async (left) =>
            this.renewed(target, await connect(target, { ...opening, signal: left.signal }), left.signal),
          signal,
        },
        asking,
      ),
    );
  }

  /** Uses a new session, unless it is too late: another one has answered, or the request was cancelled. */
  private async renewed(
    target: SettledTarget,
    session: SignalSession,
    signal: AbortSignal | undefined,
  ): Promise<SignalSession> {
    if (signal?.aborted !== true) return this.adopt(target, session);
    await session.close();
    throw new DotsError('unreachable', 'transport/cancelled', `The session with ${target.server} is no longer needed.`);
  }

  /** Tries DTLS beside a session over TLS, in the background; if it works now, the session continues over it. */
  private async improve(target: SettledTarget, opening: Opening, session: SignalSession): Promise<void> {
    try {
      const better = await connectOverDtls(target, opening);
      if (better === undefined) return;
      await this.reconciled;
      if (this.session === session) await this.reconcile(await this.adopt(target, better));
      else await better.close();
    } catch (error) {
      this.log.warn(`The session with ${this.name} continues over TLS. ${describeError(error)}`);
    }
  }

  /** Replaces the session by a new one; the old one is ended once no request waits for its answer. */
  private async adopt(target: SettledTarget, session: SignalSession): Promise<SignalSession> {
    const before = this.session;
    this.forgetMitigations();
    this.target = target;
    const { server, cuid } = target;
    session.onDidChange(() => this.changed.fire());
    this.session = session;
    const { security } = session;
    this.log.info(
      `Session opened with ${server} (${this.name}) as ${cuid}${security === undefined ? '' : `, over ${security.protocol}, ${security.cipherSuite}, verified: ${security.peerName}`}.`,
    );
    this.changed.fire();
    await this.retired.add(before);
    return session;
  }

  private forgetMitigations(): void {
    for (const stop of this.observations.values()) stop();
    this.observations.clear();
    this.book.clear();
  }

  private follow(session: SignalSession, { mid, aliases, document }: SentRequest, answer: Answer): void {
    const before = ongoing(this.book.list());
    const granted = grantedLifetime(answer) ?? lifetimeOf(document) ?? 0;
    this.book.accepted({ mid, scope: scopesOf(document)[0] ?? {}, granted, aliases }, Date.now());
    this.changed.fire();
    this.reconcile(session)
      .then(() => this.tellReplaced(before, mid))
      .catch((error: unknown) => this.tellUnlisted(error));
  }

  private tellUnlisted(error: unknown): void {
    this.log.warn(`The mitigations of this session could not be listed. ${describeError(error)}`);
  }

  /** Reports which of the earlier mitigations an accepted request has replaced. */
  private tellReplaced(before: readonly Mitigation[], by: number): void {
    if (this.book.get(by) === undefined) return;
    for (const { mid } of before.filter((entry) => this.book.get(entry.mid) === undefined)) {
      this.log.info(`mid ${mid} was replaced by mid ${by}: the newer request overlaps it.`);
      vscode.window.setStatusBarMessage(`$(info) DOTS: mid ${mid} was replaced by mid ${by}`, 8000);
    }
  }

  /**
   * Asks for this client's mitigations, removes others and observes each: a request replaces an older, overlapping one
   * (RFC 9132 section 4.4.1.3), and a server may still have earlier ones.
   */
  private reconcile(session: SignalSession): Promise<Answer> {
    const answer = this.reconciled.then(() => this.reconcileNow(session));
    this.reconciled = answer.catch(() => undefined);
    return answer;
  }

  private async reconcileNow(session: SignalSession): Promise<Answer> {
    const before = this.book.list();
    const answer = await session.status();
    this.logAnswer(answer);
    this.take(session, answer);
    if (!answer.ok || this.session !== session) return answer;
    const present = listedMids(answer);
    for (const { mid } of before) if (present?.has(mid) === false) this.forget(mid);
    for (const { mid } of this.book.list()) {
      if (!this.observations.has(mid) && this.book.get(mid) !== undefined) await this.observe(session, mid);
      if (this.session !== session) return answer;
    }
    this.changed.fire();
    return answer;
  }

  private async observe(session: SignalSession, mid: number): Promise<void> {
    let ended = false;
    try {
      const stop = await session.observe(mid, (answer) => {
        // The next list of the mitigations observes it again.
        if (!answer.ok) {
          ended = true;
          this.observations.delete(mid);
        }
        this.take(session, answer, mid);
      });
      // While the server answered, the mitigation or the whole session may have ended.
      if (!ended && this.session === session && this.book.get(mid) !== undefined) this.observations.set(mid, stop);
      else stop();
    } catch (error) {
      this.log.warn(`The server does not notify changes of mitigation ${mid}. ${describeError(error)}`);
    }
  }

  private take(session: SignalSession, answer: Answer, mid?: number): void {
    if (this.session !== session) return;
    if (answer.ok || answer.code === '4.04') void this.record((client) => client.reported(answer, mid));
    if (answer.code === '4.04') this.forget(mid);
    else if (answer.ok) this.book.reported(answer.body, Date.now(), mid);
    this.changed.fire();
  }

  private forget(mid: number | undefined): void {
    const gone = mid === undefined ? this.book.list().map((entry) => entry.mid) : [mid];
    for (const each of gone) {
      this.observations.get(each)?.();
      this.observations.delete(each);
      this.book.remove(each);
    }
  }

  private logAnswer({ code, request, roundTripMs }: Answer): void {
    this.log.info(`${request.method} ${request.path} -> ${code} (${Math.round(roundTripMs)} ms)`);
  }
}

function leadsTo(session: SignalSession, target: SettledTarget): boolean {
  return session.server === target.server && session.cuid === target.cuid;
}
