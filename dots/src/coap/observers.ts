import { plainAnswer, type CoapAnswer } from './answer';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { Handler, InboundRequest, Requester } from './inbound';
import { isSuccess } from './messages/message';
import { nextSequence } from './observation';
import { blockOf, blockOption, uintOf, without } from './messages/options';

/**
 * Without an estimate of the round trip, no client gets more than one notification in this time, milliseconds: RFC 9132
 * section 4.4.2.1.
 */
const notificationInterval = 3000;

interface Observer {
  key: string;
  request: InboundRequest;
  sequence: number;
}

/** Why an observer is notified: its resource has changed, or a state that may have been lost is repeated. */
type Reason = 'changed' | 'repeated';

export interface ObserverLimits {
  perSession: number;
  /** Whose sessions count together; default: each by itself. */
  ownerOf?: (endpoint: Requester) => unknown;
  /** Whether a session may register one more, of what its owner has and what there is. */
  mayAdd: (endpoint: Requester, own: number, total: number) => boolean;
}

/**
 * The observed resources of a server (RFC 7641 section 4): the observers of each, and when each client may be notified
 * again. A change that comes too early is sent when the client may be notified again, with the state at that time.
 */
export class Observers {
  private readonly sessions = new Map<Requester, ObserverQueue>();
  private total = 0;
  private readonly byOwner = new Map<unknown, number>();

  /**
   * @param render answers the registering request again
   * @param keyOf the resource a request is about; undefined: it cannot be observed
   */
  constructor(
    private readonly clock: Clock,
    private readonly limits: ObserverLimits,
    private readonly render: Handler,
    private readonly keyOf: (request: InboundRequest) => string | undefined,
  ) {}

  /** How many observations there are. */
  get size(): number {
    return this.total;
  }

  /** Answers a request and registers or removes an observation as requested. */
  async handle(request: InboundRequest): Promise<CoapAnswer | undefined> {
    const wish = request.method === 'GET' ? uintOf(request.options, 'Observe') : undefined;
    if (wish === 1) this.remove(request.endpoint, request.token);
    const answer = await this.render(request);
    if (wish !== 0 || answer === undefined || !isSuccess(answer.code)) return answer;
    const observe = this.register(request);
    return observe === undefined ? answer : { ...answer, observe };
  }

  /** Notifies all observers of this resource. */
  changed(key: string): void {
    this.notify(key, 'changed');
  }

  /** Sends a state that is not new, after every change, to those who were not notified last. */
  refresh(key: string): void {
    this.notify(key, 'repeated');
  }

  /** Ends every observation silently. */
  close(): void {
    for (const endpoint of [...this.sessions.keys()]) this.removeSession(endpoint);
  }

  private notify(key: string, reason: Reason): void {
    for (const session of this.sessions.values()) {
      for (const observer of session.observers.values()) if (observer.key === key) session.notify(observer, reason);
    }
  }

  /** The sequence number of the first notification, or undefined when the resource or the limits do not allow one. */
  private register(request: InboundRequest): number | undefined {
    const { endpoint, token } = request;
    const key = this.keyOf(request);
    const previous = this.sessions.get(endpoint)?.observers.get(token);
    if (key === undefined) return undefined;
    this.remove(endpoint, token);
    const session = this.session(endpoint);
    if (session.observers.size >= this.limits.perSession || !this.mayAdd(endpoint)) return undefined;
    const observer: Observer = {
      key,
      request: fromFirstBlock(request),
      sequence: nextSequence(previous?.sequence, this.clock.now()),
    };
    session.add(token, observer);
    this.count(endpoint, 1);
    return observer.sequence;
  }

  private mayAdd(endpoint: Requester): boolean {
    return this.limits.mayAdd(endpoint, this.byOwner.get(this.ownerOf(endpoint)) ?? 0, this.total);
  }

  private count(endpoint: Requester, change: 1 | -1): void {
    const owner = this.ownerOf(endpoint);
    const own = (this.byOwner.get(owner) ?? 0) + change;
    this.total += change;
    if (own === 0) this.byOwner.delete(owner);
    else this.byOwner.set(owner, own);
  }

  private ownerOf(endpoint: Requester): unknown {
    return this.limits.ownerOf === undefined ? endpoint : this.limits.ownerOf(endpoint);
  }

  private session(endpoint: Requester): ObserverQueue {
    const known = this.sessions.get(endpoint);
    if (known !== undefined) return known;
    const session = new ObserverQueue(this.clock, (observer) => this.send(observer));
    this.sessions.set(endpoint, session);
    endpoint.onClose(() => this.removeSession(endpoint));
    return session;
  }

  private send(observer: Observer): void {
    const { request } = observer;
    const stop = (): void => this.remove(request.endpoint, request.token);
    observer.sequence = nextSequence(observer.sequence, this.clock.now());
    this.render(request)
      .catch(() => plainAnswer('5.00'))
      .then(
        (answer = plainAnswer('4.04')) => {
          if (this.sessions.get(request.endpoint)?.observers.get(request.token) !== observer) return;
          const lasting = isSuccess(answer.code);
          if (!lasting) stop();
          request.endpoint.notify(request, lasting ? { ...answer, observe: observer.sequence } : answer, stop);
        },
        () => undefined,
      );
  }

  private remove(endpoint: Requester, token: string): void {
    if (this.sessions.get(endpoint)?.remove(token) === true) this.count(endpoint, -1);
  }

  private removeSession(endpoint: Requester): void {
    for (const token of [...(this.sessions.get(endpoint)?.observers.keys() ?? [])]) this.remove(endpoint, token);
    this.sessions.delete(endpoint);
  }
}

/**
 * The observations of one client, which are notified in turn: changes in the order in which they came, then
 * repetitions.
 */
class ObserverQueue {
  /** By token. */
  readonly observers = new Map<string, Observer>();
  private readonly waiting: Readonly<Record<Reason, Set<Observer>>> = { changed: new Set(), repeated: new Set() };
  /** Runs while it is too early for another notification. */
  private rest: TimerHandle;
  private lastNotified: Observer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly send: (observer: Observer) => void,
  ) {}

  /** The answer to a registration contains the state as well; it is sent immediately, and delays no other observer. */
  add(token: string, observer: Observer): void {
    this.observers.set(token, observer);
    if (this.rest === undefined) this.startRest(observer);
  }

  /** Returns whether there was one with this token. */
  remove(token: string): boolean {
    const observer = this.observers.get(token);
    if (observer === undefined) return false;
    this.observers.delete(token);
    this.leaveQueue(observer);
    if (this.observers.size === 0) this.endRest();
    return true;
  }

  notify(observer: Observer, reason: Reason): void {
    if (reason === 'repeated' && this.rest !== undefined && observer === this.lastNotified) return;
    this.waiting[reason].add(observer);
    if (this.rest === undefined) this.takeTurn();
  }

  private takeTurn(): void {
    const [observer] = this.waiting.changed.size > 0 ? this.waiting.changed : this.waiting.repeated;
    if (observer === undefined) return;
    this.leaveQueue(observer);
    this.startRest(observer);
    this.send(observer);
  }

  private leaveQueue(observer: Observer): void {
    this.waiting.changed.delete(observer);
    this.waiting.repeated.delete(observer);
  }

  private startRest(notified: Observer): void {
    this.lastNotified = notified;
    this.rest = this.clock.setTimeout(() => {
      this.endRest();
      this.takeTurn();
    }, notificationInterval);
  }

  private endRest(): void {
    this.clock.clearTimeout(this.rest);
    this.rest = undefined;
  }
}

/**
 * A notification starts with the first block, of at most the size that the registration requested: RFC 7959 section
 * 2.6.
 */
function fromFirstBlock(request: InboundRequest): InboundRequest {
  const asked = blockOf(request.options, 'Block2', true);
  if (typeof asked !== 'object') return request;
  const first = blockOption('Block2', { ...asked, number: 0, more: false });
  return { ...request, options: [...without(request.options, 'Block2'), first] };
}
