import { DotsError } from '#dots/model/errors';
import type { TimerHandle } from './clock';
import type { Content, Message } from './message';
import type { Environment, Failure, MessageLayer, Transmission } from './messages';
import type { Patience } from './request';

/** Hears every message that carries its token. */
export type TokenListener = (message: Message) => void;

/** How many bytes of chance a token has: RFC 7252 section 5.3.1 asks for 32 bits. */
const tokenBytes = 4;

/**
 * The client side of one session: which token waits for what.
 * A session has one peer, so a token found here also matches the endpoint that answers.
 */
export class Exchanges {
  private readonly waiting = new Map<string, Exchange>();
  private readonly listeners = new Map<string, TokenListener>();

  constructor(private readonly peer: string, private readonly layer: MessageLayer, private readonly environment: Environment) {}

  /** A token that no open exchange uses. */
  newToken(): string {
    const bytes = Buffer.from(Array.from({ length: tokenBytes }, () => this.environment.random(256)));
    const token = bytes.toString('hex');
    return this.waiting.has(token) || this.listeners.has(token) ? this.newToken() : token;
  }

  /** Sends one request and gives the message that answers it, or fails with a DotsError of kind `unreachable`. */
  ask(content: Content, confirmable: boolean, patience: Patience, token = this.newToken()): Promise<Message> {
    return new Promise<Message>((resolve, reject) => {
      const exchange = new Exchange(this.peer, this.layer, this.environment, (outcome) => {
        if (this.waiting.get(token) === exchange) this.waiting.delete(token);
        if (outcome instanceof DotsError) reject(outcome);
        else resolve(outcome);
      });
      this.waiting.set(token, exchange);
      exchange.start({ ...content, token }, confirmable, patience);
    });
  }

  /** Hears what comes with this token, from now until `ignore`. */
  listen(token: string, listener: TokenListener): void {
    this.listeners.set(token, listener);
  }

  ignore(token: string): void {
    this.listeners.delete(token);
  }

  /** Hands a response to whoever waits for it; returns whether anybody does. */
  receive(message: Message): boolean {
    const exchange = this.waiting.get(message.token);
    const listener = this.listeners.get(message.token);
    exchange?.settle(message);
    listener?.(message);
    return exchange !== undefined || listener !== undefined;
  }

  /** Ends every open request with this error. */
  fail(error: DotsError): void {
    for (const exchange of [...this.waiting.values()]) exchange.settle(error);
  }
}

/** One request from its first copy to its answer. */
class Exchange {
  private transmission: Transmission | undefined;
  private repeat: TimerHandle;
  private deadline: TimerHandle;
  private release: (() => void) | undefined;
  private settled = false;

  constructor(
    private readonly peer: string, private readonly layer: MessageLayer, private readonly environment: Environment,
    private readonly done: (outcome: Message | DotsError) => void,
  ) {}

  start(draft: Content & { token: string }, confirmable: boolean, { timeoutMs, since, signal }: Patience): void {
    if (signal?.aborted === true) return this.settle(this.cancelled());
    this.watch(signal);
    const { clock } = this.environment;
    const left = since === undefined ? timeoutMs : Math.max(0, since + timeoutMs - clock.now());
    this.deadline = clock.setTimeout(() => this.settle(this.silence(timeoutMs)), left);
    if (confirmable) this.transmission = this.layer.confirmable(draft, (why) => this.settle(this.givenUp(why)));
    else this.sendAndRepeat(draft);
  }

  settle(outcome: Message | DotsError): void {
    if (this.settled) return;
    this.settled = true;
    this.transmission?.stop();
    this.environment.clock.clearTimeout(this.repeat);
    this.environment.clock.clearTimeout(this.deadline);
    this.release?.();
    this.done(outcome);
  }

  private watch(signal: AbortSignal | undefined): void {
    const abort = (): void => this.settle(this.cancelled());
    signal?.addEventListener('abort', abort, { once: true });
    this.release = () => signal?.removeEventListener('abort', abort);
  }

  /** Each copy has its own message id: a server that drops duplicates silently would never answer a second copy. */
  private sendAndRepeat(draft: Content & { token: string }): void {
    const { clock, parameters } = this.environment;
    this.repeat = clock.setTimeout(() => this.sendAndRepeat(draft), parameters.nonInterval);
    this.layer.nonConfirmable(draft, () => this.settle(this.givenUp('reset')));
  }

  private silence(timeoutMs: number): DotsError {
    return new DotsError('unreachable', 'coap/no-answer', `${this.peer} did not answer within ${timeoutMs / 1000} s.`,
      'Check that a DOTS server listens there and that nothing filters UDP.');
  }

  private givenUp(why: Failure): DotsError {
    if (why === 'timeout') {
      return new DotsError('unreachable', 'coap/no-acknowledgement', `${this.peer} acknowledged none of the copies of the request.`,
        'Check that a DOTS server listens there and that nothing filters UDP.');
    }
    return new DotsError('unreachable', 'coap/reset', `${this.peer} rejected the message with a CoAP reset.`,
      'Check that the address is that of a DOTS server.');
  }

  private cancelled(): DotsError {
    return new DotsError('unreachable', 'coap/cancelled', `The request to ${this.peer} was cancelled before it was answered.`);
  }
}
