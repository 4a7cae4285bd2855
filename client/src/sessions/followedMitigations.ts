import type { Ask } from '#dots/signal/recordedRequest';
import type { Answer, SignalSession } from '#dots/signal/session';
import { describeError } from '#dots/model/errors';
import { listedMids } from '#dots/signal/scopes';
import type { Mitigation } from '../ui/mitigation';
import { MitigationBook, type AcceptedRequest } from './mitigations';

/** What mitigations are followed with. */
export interface Follower {
  /** Asks over the session that is kept. */
  ask: Ask;
  /** The session in use: news of others are outdated. */
  current(): SignalSession | undefined;
  /** Receives each answer to a question about a mitigation, or about all. */
  received(answer: Answer): void;
  /** Receives what the server reports of a mitigation, or of all. */
  reported(answer: Answer, mid: number | undefined): void;
  changed(): void;
  warn(sentence: string): void;
}

/**
 * The mitigations of this client at one server. Their state comes from the server over CoAP: in answers, and in the
 * notifications of an Observe on each mid, which is registered again over each new session.
 */
export class FollowedMitigations {
  private readonly book = new MitigationBook();
  private readonly observations = new Map<number, () => void>();
  /** The last reconciliation that was started: they run one after the other. */
  private reconciled: Promise<unknown> = Promise.resolve();
  /** Whether the mitigations have to be observed over a new session. */
  private isStale = false;

  constructor(private readonly follower: Follower) {}

  /** The newest first. */
  list(): Mitigation[] {
    return this.book.list();
  }

  get(mid: number): Mitigation | undefined {
    return this.book.get(mid);
  }

  /** A new session has replaced the one before, with which its observations end. */
  sessionOpened(): void {
    this.observations.clear();
    this.isStale = true;
  }

  /** Observes the mitigations over a new session, if they are not yet. */
  async takeUp(): Promise<void> {
    await this.reconciled;
    if (this.isStale && this.follower.current()?.state === 'open') await this.reconcile().catch(this.tellUnlisted);
  }

  /** A request was accepted: it is followed, and those that it has replaced are removed. Returns the latter. */
  async follow(request: AcceptedRequest): Promise<Mitigation[]> {
    const before = this.book.list().filter(isGoingOn);
    this.book.accepted(request, Date.now());
    this.follower.changed();
    await this.reconcile(request.mid).catch(this.tellUnlisted);
    const isGone = (mid: number): boolean => !this.isFollowed(mid);
    return isGone(request.mid) ? [] : before.filter(({ mid }) => isGone(mid));
  }

  /** Takes over what the ledger has of mitigations that the server was not asked about yet. */
  seed(known: readonly Mitigation[]): void {
    this.book.seed(known);
    this.follower.changed();
  }

  /** This client has withdrawn a mitigation. */
  withdrawn(mid: number): void {
    this.book.withdrawn(mid);
  }

  /** Removes one that has ended from the list. */
  dismiss(mid: number): void {
    this.book.remove(mid);
    this.follower.changed();
  }

  /**
   * Asks for this client's mitigations, removes others and observes each: a request replaces an older, overlapping one
   * (RFC 9132 section 4.4.1.3), and a server may still have earlier ones. Throws a DotsError.
   * @param newest the mid of a request that was just accepted: what is missing was replaced by it
   */
  reconcile(newest?: number): Promise<Answer> {
    const answer = this.reconciled.then(() => this.reconcileNow(newest));
    this.reconciled = answer.catch(() => undefined);
    return answer;
  }

  /** Takes over what the server reports of one mitigation, or of all. */
  take(session: SignalSession, answer: Answer, mid?: number): void {
    const { follower } = this;
    if (follower.current() !== session) return;
    if (answer.ok || answer.code === '4.04') follower.reported(answer, mid);
    if (answer.code === '4.04') this.forget(mid);
    else if (answer.ok) this.book.reported(answer.body, Date.now(), mid);
    follower.changed();
  }

  /** Removes all; the server keeps them until their lifetime is over. */
  clear(): void {
    for (const stop of this.observations.values()) stop();
    this.observations.clear();
    this.book.clear();
    this.isStale = false;
  }

  private async reconcileNow(newest: number | undefined): Promise<Answer> {
    const before = this.book.list();
    const { session, answer } = await this.follower.ask((open, left) => open.status(undefined, left));
    this.follower.received(answer);
    this.take(session, answer);
    if (!answer.ok || this.follower.current() !== session) return answer;
    this.isStale = false;
    const present = listedMids(answer);
    const reason = newest === undefined ? undefined : `replaced by mid ${newest}`;
    for (const { mid } of before)
      if (present?.has(mid) === false) this.forget(mid, mid === newest ? undefined : reason);
    await this.observeAll(session);
    this.follower.changed();
    return answer;
  }

  private async observeAll(session: SignalSession): Promise<void> {
    for (const { mid } of this.book.list()) {
      if (this.follower.current() !== session) return;
      if (!this.observations.has(mid) && this.isFollowed(mid)) await this.observe(session, mid);
    }
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
      if (!ended && this.follower.current() === session && this.isFollowed(mid)) this.observations.set(mid, stop);
      else stop();
    } catch (error) {
      this.follower.warn(`The server does not notify changes of mitigation ${mid}. ${describeError(error)}`);
    }
  }

  /** Whether the server has it, as far as is known. */
  private isFollowed(mid: number): boolean {
    const entry = this.book.get(mid);
    return entry !== undefined && isGoingOn(entry);
  }

  private forget(mid: number | undefined, reason?: string): void {
    const gone = mid === undefined ? this.book.list().map((entry) => entry.mid) : [mid];
    for (const each of gone) {
      this.observations.get(each)?.();
      this.observations.delete(each);
      this.book.end(each, Date.now(), reason);
    }
  }

  private readonly tellUnlisted = (error: unknown): void =>
    this.follower.warn(`The mitigations of this session could not be listed. ${describeError(error)}`);
}

const isGoingOn = ({ ended }: Mitigation): boolean => ended === undefined;
