import { plainAnswer, type CoapAnswer } from './answer';
import type { Clock, TimerHandle } from './clock';
import type { Endpoint } from './endpoint';
import type { Handler, InboundRequest } from './inbound';
import { isSuccess } from './message';
import { nextSequence } from './observation';
import { uintOf, without } from './options';

/** Without an estimate of the round trip, no observation gets more than one notification in this time, milliseconds: RFC 9132 section 4.4.2.1. */
const notificationInterval = 3000;

interface Observer { key: string; request: InboundRequest; sequence: number; sentAt: number; timer?: TimerHandle }

export interface ObserverLimits { perSession: number; total: number }

/**
 * The observed resources of a server (RFC 7641 section 4): who observes what, and when each may be told again.
 * A change that comes too early is told when its time has come, with the state of that moment.
 */
export class Observers {
  private readonly sessions = new Map<Endpoint, Map<string, Observer>>();
  private total = 0;

  /**
   * @param render answers the registering request again
   * @param keyOf the resource a request is about; undefined: it cannot be observed
   */
  constructor(
    private readonly clock: Clock, private readonly limits: ObserverLimits,
    private readonly render: Handler, private readonly keyOf: (request: InboundRequest) => string | undefined,
  ) {}

  /** How many observations there are. */
  get size(): number {
    return this.total;
  }

  /** Answers a request and registers or removes an observation as it asks. */
  async handle(request: InboundRequest): Promise<CoapAnswer | undefined> {
    const wish = request.method === 'GET' ? uintOf(request.options, 'Observe') : undefined;
    if (wish === 1) this.remove(request.endpoint, request.token);
    const answer = await this.render(request);
    if (wish !== 0 || answer === undefined || !isSuccess(answer.code)) return answer;
    const observe = this.register(request);
    return observe === undefined ? answer : { ...answer, observe };
  }

  /** Tells everybody who observes this resource. */
  changed(key: string): void {
    for (const observer of this.of(key)) this.tell(observer);
  }

  /** Tells a state that is not new, to those whose time has come. */
  refresh(key: string): void {
    for (const observer of this.of(key)) if (this.clock.monotonic() >= observer.sentAt + notificationInterval) this.tell(observer);
  }

  /** Ends every observation without a word. */
  close(): void {
    for (const endpoint of [...this.sessions.keys()]) this.removeSession(endpoint);
  }

  private of(key: string): Observer[] {
    return [...this.sessions.values()].flatMap((observers) => [...observers.values()].filter((observer) => observer.key === key));
  }

  /** The sequence number of the first notification, or undefined when the resource or the limits do not allow one. */
  private register(request: InboundRequest): number | undefined {
    const { endpoint, token } = request;
    const key = this.keyOf(request);
    const previous = this.sessions.get(endpoint)?.get(token);
    if (key === undefined) return undefined;
    this.remove(endpoint, token);
    const observers = this.session(endpoint);
    if (observers.size >= this.limits.perSession || this.total >= this.limits.total) return undefined;
    const observer: Observer = { key, request: withoutBlock(request), sequence: nextSequence(previous?.sequence, this.clock.now()), sentAt: this.clock.monotonic() };
    observers.set(token, observer);
    this.total += 1;
    return observer.sequence;
  }

  private session(endpoint: Endpoint): Map<string, Observer> {
    const known = this.sessions.get(endpoint);
    if (known !== undefined) return known;
    const observers = new Map<string, Observer>();
    this.sessions.set(endpoint, observers);
    endpoint.onClose(() => this.removeSession(endpoint));
    return observers;
  }

  private tell(observer: Observer): void {
    if (observer.timer !== undefined) return;
    const wait = observer.sentAt + notificationInterval - this.clock.monotonic();
    if (wait <= 0) return this.send(observer);
    observer.timer = this.clock.setTimeout(() => {
      observer.timer = undefined;
      this.send(observer);
    }, wait);
  }

  private send(observer: Observer): void {
    const { request } = observer;
    const stop = (): void => this.remove(request.endpoint, request.token);
    observer.sentAt = this.clock.monotonic();
    observer.sequence = nextSequence(observer.sequence, this.clock.now());
    this.render(request).catch(() => plainAnswer('5.00')).then((answer = plainAnswer('4.04')) => {
      if (this.sessions.get(request.endpoint)?.get(request.token) !== observer) return;
      const lasting = isSuccess(answer.code);
      if (!lasting) stop();
      request.endpoint.notify(request, lasting ? { ...answer, observe: observer.sequence } : answer, stop);
    }, () => undefined);
  }

  private remove(endpoint: Endpoint, token: string): void {
    const observers = this.sessions.get(endpoint);
    const observer = observers?.get(token);
    if (observer === undefined) return;
    this.clock.clearTimeout(observer.timer);
    observers?.delete(token);
    this.total -= 1;
  }

  private removeSession(endpoint: Endpoint): void {
    for (const token of [...(this.sessions.get(endpoint)?.keys() ?? [])]) this.remove(endpoint, token);
    this.sessions.delete(endpoint);
  }
}

/** A notification starts with the first block whatever block the registration named: RFC 7959 section 2.6. */
function withoutBlock(request: InboundRequest): InboundRequest {
  return { ...request, options: without(request.options, 'Block2') };
}
