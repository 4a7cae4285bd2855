import { describeError } from '#dots/model/errors';
import { oneLine } from '#dots/model/text';
import type { Environment } from './messages/layer';
import type { Content, TokenMessage } from './messages/message';
import { Observation } from './observation';
import { option, textsOf } from './messages/options';
import { pathText, type Patience } from './request';
import type { Trace } from '#dots/runtime/trace';
import { receiveWhole } from './transfer';

/** Receives each new state of an observed resource; the last one may be an error that ended the observation. */
export type NotificationListener = (response: Content) => void;

/** What a subscription requires of its endpoint. */
export interface SubscriptionHost {
  environment: Environment;
  /** Whether messages arrive in the order in which they were sent. */
  ordered: boolean;
  /** Sends one request with a new token. */
  ask(content: Content, patience: Patience): Promise<TokenMessage>;
  /** Sends one request with the token of the observation. */
  register(content: Content, patience: Patience): Promise<TokenMessage>;
  trace: Trace;
  /** Nothing more will be received. */
  ended(): void;
}

interface First {
  resolve: (message: TokenMessage) => void;
  reject: (error: unknown) => void;
}

/**
 * The client's side of one observed resource, from its registration to its end.
 * States are passed on one after the other in the order in which they came; one whose blocks are still being fetched is
 * replaced by the next (RFC 7959 section 2.6), so that no more than one fetch is ever under way.
 */
export class Subscription {
  private readonly observation: Observation;
  private fetching = new AbortController();
  private renewal: AbortController | undefined;
  private delivered: Promise<void> = Promise.resolve();
  private first: First | undefined;
  /** The first state has been passed on. */
  private established = false;
  /** Neither renewed nor ended any more. */
  private released = false;
  /** The listener receives nothing more, except that the server has ended the observation. */
  private silent = false;

  /** @param registration the deadline of the first state, and how to cancel; later requests each have its time-out */
  constructor(
    private readonly host: SubscriptionHost,
    private readonly request: Content,
    private readonly registration: Patience,
    private readonly listener: NotificationListener,
  ) {
    const { clock, random } = host.environment;
    this.observation = new Observation({
      clock,
      random,
      ordered: host.ordered,
      renew: () => this.renew(),
      notify: (message) => this.take(message),
      ended: () => this.release(),
    });
  }

  /** Registers, and returns the first state, whole; the listener receives those after it. */
  start(): Promise<TokenMessage> {
    return new Promise((resolve, reject) => {
      this.first = { resolve, reject };
      this.register(0, this.registration).catch(reject);
    });
  }

  /** One response with the token of the observation. */
  receive(message: TokenMessage): void {
    this.observation.receive(message);
  }

  /** Deregisters; resolves when the server has answered or the wait has ended, and never fails. */
  async stop(): Promise<void> {
    if (this.released) return;
    this.abandon();
    this.fetching.abort();
    this.renewal?.abort();
    await this.register(1, this.patience()).catch((error: unknown) =>
      this.report('could not be ended; further notifications are reset', error),
    );
  }

  /** Ends without notifying the server. */
  abandon(): void {
    this.silent = true;
    this.release();
  }

  private readonly stopOnAbort = (): void => void this.stop();

  private release(): void {
    this.released = true;
    this.observation.stop();
    this.registration.signal?.removeEventListener('abort', this.stopOnAbort);
    this.host.ended();
  }

  private register(observe: 0 | 1, patience: Patience): Promise<TokenMessage> {
    return this.host.register(
      { ...this.request, options: [...this.request.options, option('Observe', observe)] },
      patience,
    );
  }

  private patience(signal?: AbortSignal): Patience {
    return { timeoutMs: this.registration.timeoutMs, since: this.host.environment.clock.monotonic(), signal };
  }

  /** One at a time: two exchanges with one token could not be distinguished. */
  private renew(): void {
    if (this.renewal !== undefined) return;
    const renewal = (this.renewal = new AbortController());
    void this.register(0, this.patience(renewal.signal))
      .catch((error: unknown) => {
        if (!this.released) this.report('could not be renewed; trying again', error);
      })
      .finally(() => {
        this.renewal = undefined;
      });
  }

  private take(message: TokenMessage): void {
    this.fetching.abort();
    const { signal } = (this.fetching = new AbortController());
    this.delivered = this.delivered.then(() => this.deliver(message, signal));
  }

  /** @param newer is aborted when a newer state has come */
  private async deliver(message: TokenMessage, newer: AbortSignal): Promise<void> {
    const patience = this.established ? this.patience(newer) : this.untilEstablished(newer);
    try {
      message = await receiveWhole((part) => this.host.ask(part, patience), this.request, message, this.host.ordered);
    } catch (error) {
      if (!newer.aborted) this.lost(error);
      return;
    }
    if (this.established) this.tellListener(message);
    else await this.establish(message);
  }

  private lost(error: unknown): void {
    if (this.established) this.report('lost a notification', error);
    else this.first?.reject(error);
  }

  private untilEstablished(newer: AbortSignal): Patience {
    const { signal } = this.registration;
    return { ...this.registration, signal: signal === undefined ? newer : AbortSignal.any([signal, newer]) };
  }

  private async establish(state: TokenMessage): Promise<void> {
    this.established = true;
    this.first?.resolve(state);
    this.stopOnceAborted();
    // The caller must have the first state before the listener receives the next.
    await new Promise((resolve) => setImmediate(resolve));
  }

  private tellListener(state: TokenMessage): void {
    try {
      if (!this.silent) this.listener(state);
    } catch (error) {
      this.report('delivered a notification that could not be used', error);
    }
  }

  private report(what: string, error?: unknown): void {
    const reason = error === undefined ? '.' : `: ${oneLine(describeError(error), 300)}`;
    this.host.trace(
      `The observation of ${oneLine(pathText(textsOf(this.request.options, 'Uri-Path')), 200)} ${what}${reason}`,
    );
  }

  private stopOnceAborted(): void {
    const { signal } = this.registration;
    if (signal?.aborted === true) void this.stop();
    else if (!this.released) signal?.addEventListener('abort', this.stopOnAbort, { once: true });
  }
}
