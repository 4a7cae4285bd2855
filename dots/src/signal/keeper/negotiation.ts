import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { DotsError, describeError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { Answer } from '../answer';
import { nextMid } from '../identifiers';
import { isOverTls } from '../requestWithFailover';
import { sessionConfig } from '../resources';
import type { SignalSession } from '../session';
import { announcedConfiguration, defaultConfiguration, negotiated, type SessionConfiguration } from './configuration';

/** The owner of the negotiation. */
export interface NegotiationOwner {
  clock: Clock;
  /** What this client is configured for, as the body of a request; absent values stay as the server has them. */
  wanted(): JsonObject | undefined;
  /** Whether a mitigation is active: nothing is asked then (RFC 9132 section 4.5.3). */
  isMitigating(): boolean;
  /** Called with the configuration to use, and why it is not what was asked for. */
  settled(configuration: SessionConfiguration, problem: string | undefined): void;
}

/** How long a configuration without a Max-Age is valid, and the value that means for ever, seconds: section 4.5.3. */
const usualAge = 60;
const forever = 2 ** 32 - 1;
/** The part of its validity after which a configuration is read again. */
const early = 0.9;
/** The longest wait of one timer; a longer one is checked again, milliseconds. */
const longestWait = 2 ** 31 - 1;

/** The configuration of the session that is kept: read, negotiated and kept fresh (RFC 9132 section 4.5). */
export class Negotiation {
  private session: SignalSession | undefined;
  /** The sid that was used last, and the session that has the configuration with it. */
  private sid: number | undefined;
  private configured: SignalSession | undefined;
  /** Whether the configuration of the session was read. */
  private isRead = false;
  private timer: TimerHandle;
  /** When the configuration has to be read, by the monotonic time. */
  private dueAt = Infinity;
  private isUnderway = false;

  constructor(private readonly owner: NegotiationOwner) {}

  /** Negotiates over a new session, to which no configuration applies yet. */
  over(session: SignalSession): void {
    this.session = session;
    this.dueAt = -Infinity;
    this.isRead = false;
    this.owner.settled(defaultConfiguration, undefined);
    this.proceed();
  }

  /** Reads the configuration if it is due and no mitigation is active; otherwise it waits for that. */
  proceed(): void {
    const { clock } = this.owner;
    clock.clearTimeout(this.timer);
    if (this.session === undefined || this.isUnderway || this.owner.isMitigating()) return;
    const waitMs = this.dueAt - clock.monotonic();
    if (waitMs <= 0) void this.negotiate(this.session);
    else if (waitMs < Infinity) this.timer = clock.setTimeout(() => this.proceed(), Math.min(waitMs, longestWait));
  }

  stop(): void {
    this.session = undefined;
    this.owner.clock.clearTimeout(this.timer);
  }

  private async negotiate(session: SignalSession): Promise<void> {
    this.isUnderway = true;
    this.dueAt = Infinity;
    try {
      const answer = await this.read(session);
      if (this.session === session) await this.use(session, answer);
    } catch (error) {
      if (this.session === session) this.failed(error);
    } finally {
      this.isUnderway = false;
      this.proceed();
    }
  }

  /** What was read before stays in use; without it the defaults are used for as long as the session lasts. */
  private failed(error: unknown): void {
    if (this.isRead) this.dueAt = this.owner.clock.monotonic() + usualAge * 1000;
    else this.owner.settled(defaultConfiguration, describeError(error));
  }

  /** With the sid of this session where it has one: section 4.5.3. */
  private async read(session: SignalSession): Promise<Answer> {
    const id = this.configured === session ? this.sid : undefined;
    const own = await session.get({ resource: sessionConfig, id });
    const answer = own.ok || id === undefined ? own : await session.get({ resource: sessionConfig });
    if (!answer.ok) throw refused(answer);
    return answer;
  }

  private async use(session: SignalSession, answer: Answer): Promise<void> {
    const { clock, wanted } = this.owner;
    const { configuration, request } = negotiated(answer.body, wanted(), isOverTls(session));
    this.isRead = true;
    const { currentFor = usualAge } = answer;
    this.dueAt = currentFor >= forever ? Infinity : clock.monotonic() + (currentFor || usualAge) * 1000 * early;
    const accepted = request === undefined ? undefined : await this.put(session, request);
    if (this.session !== session) return;
    if (accepted === undefined || accepted.ok) this.owner.settled(configuration, undefined);
    else this.owner.settled(announcedConfiguration(answer.body), describeError(refused(accepted)));
  }

  private async put(session: SignalSession, request: JsonObject): Promise<Answer> {
    const sid = nextMid(this.sid, new Date(this.owner.clock.now()));
    const answer = await session.send(request, { mid: sid });
    if (answer.ok) [this.sid, this.configured] = [sid, session];
    return answer;
  }
}

function refused({ code, diagnostic }: Answer): DotsError {
  const more = diagnostic === undefined ? '' : ` (${diagnostic})`;
  return new DotsError('unreachable', 'signal/configuration', `The server answered ${code}${more}.`);
}
