import { DotsError } from '#dots/model/errors';
import type { TimerHandle } from '#dots/runtime/clock';
import type { Environment, Failure, MessageLayer, Transmission } from './messages/layer';
import type { Content, Delivery, TokenMessage } from './messages/message';
import { blockOf } from './messages/options';
import type { Patience } from './request';

/** Receives every message that carries its token. */
export type TokenListener = (message: TokenMessage) => void;

/** The failures that mean that the peer did not answer. */
export const silences: readonly string[] = ['coap/no-answer', 'coap/no-acknowledgement'];

/** The random bytes of a token: RFC 7252 section 5.3.1 requires 32 bits. */
const tokenBytes = 4;

/**
 * The client side of one session: which token waits for what.
 * A session has one peer, so a token found here also matches the endpoint that answers.
 */
export class Exchanges {
  private readonly waiting = new Map<string, Exchange<TokenMessage>>();
  private readonly pings = new Set<Exchange<void>>();
  private readonly listeners = new Map<string, TokenListener>();
  /** What the network has reported since the peer was heard last: why there is no answer. */
  trouble: DotsError | undefined;

  constructor(
    private readonly peer: string,
    private readonly layer: MessageLayer,
    private readonly environment: Environment,
  ) {}

  /** A token that no open exchange uses. */
  newToken(): string {
    const bytes = Buffer.from(Array.from({ length: tokenBytes }, () => this.environment.random(256)));
    const token = bytes.toString('hex');
    return this.waiting.has(token) || this.listeners.has(token) ? this.newToken() : token;
  }

  /** Sends one request and returns the message that answers it, or fails with a DotsError of kind `unreachable`. */
  ask(content: Content, delivery: Delivery, patience: Patience, token = this.newToken()): Promise<TokenMessage> {
    return new Promise<TokenMessage>((resolve, reject) => {
      const promised = { resolve, reject: this.explained(reject) };
      const exchange = new Exchange<TokenMessage>(this.peer, this.environment, promised, () => {
        if (this.waiting.get(token) === exchange) this.waiting.delete(token);
      });
      // An observation renews and ends itself under one token: earlier requests are no longer waited for, and their
      // time-outs are irrelevant.
      this.waiting.get(token)?.cancel();
      this.waiting.set(token, exchange);
      exchange.isFinal = ({ code }) => code !== '2.31' || hasMoreBlocks(content);
      exchange.start((failed) => this.layer.request({ ...content, token }, delivery, failed), patience);
    });
  }

  /** Checks whether the peer is alive; fails with a DotsError of kind `unreachable` if it does not answer. */
  ping(patience: Patience): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const promised = { resolve, reject: this.explained(reject) };
      const exchange = new Exchange<void>(this.peer, this.environment, promised, () => this.pings.delete(exchange));
      this.pings.add(exchange);
      exchange.start(
        (failed) => this.layer.ping((why) => (why === undefined ? exchange.settle() : failed(why))),
        patience,
      );
    });
  }

  /** Receives messages with this token, from now until `ignore`. */
  listen(token: string, listener: TokenListener): void {
    this.listeners.set(token, listener);
  }

  ignore(token: string): void {
    this.listeners.delete(token);
  }

  /** Passes a response to the request that waits for it; returns whether there is one. */
  receive(message: TokenMessage): boolean {
    const exchange = this.waiting.get(message.token);
    const listener = this.listeners.get(message.token);
    exchange?.answered(message);
    listener?.(message);
    return exchange !== undefined || listener !== undefined;
  }

  private explained(reject: (error: DotsError) => void): (error: DotsError) => void {
    return (error) => reject(silences.includes(error.code) ? (this.trouble ?? error) : error);
  }

  /** Ends every open request with this error. */
  fail(error: DotsError): void {
    for (const exchange of [...this.waiting.values(), ...this.pings]) exchange.fail(error);
  }
}

function hasMoreBlocks({ options }: Content): boolean {
  const block = blockOf(options, 'Block1', true);
  return typeof block === 'object' && block.more;
}

interface Promised<T> {
  resolve: (value: T) => void;
  reject: (error: DotsError) => void;
}

/** One request that waits for an answer, from its first copy on. */
class Exchange<T> {
  private transmission: Transmission | undefined;
  private deadline: TimerHandle;
  private release: (() => void) | undefined;
  private settled = false;
  private continued = false;
  /** Whether an answer ends the wait; one that does not is followed by another. */
  isFinal: (answer: T) => boolean = () => true;

  constructor(
    private readonly peer: string,
    private readonly environment: Environment,
    private readonly promised: Promised<T>,
    private readonly done: () => void,
  ) {}

  start(transmit: (failed: (why: Failure) => void) => Transmission, { timeoutMs, since, signal }: Patience): void {
    if (signal?.aborted === true) return this.cancel();
    this.watch(signal);
    const { clock } = this.environment;
    const left = since === undefined ? timeoutMs : Math.max(0, since + timeoutMs - clock.monotonic());
    this.deadline = clock.setTimeout(() => this.fail(this.silence(timeoutMs)), left);
    this.transmission = transmit((why) => this.fail(this.givenUp(why)));
    // The network may have refused the first copy immediately, before there was anything to stop.
    if (this.settled) this.transmission.stop();
  }

  /** 2.31 asks for the next block (RFC 7959 section 2.9.1): if there is none, the answer is still to come. */
  answered(value: T): void {
    if (this.isFinal(value)) this.settle(value);
    else this.continued = true;
  }

  settle(value: T): void {
    if (this.finish()) this.promised.resolve(value);
  }

  fail(error: DotsError): void {
    if (this.finish()) this.promised.reject(error);
  }

  /** The caller no longer waits for it. */
  cancel(): void {
    this.fail(
      new DotsError(
        'unreachable',
        'coap/cancelled',
        `The request to ${this.peer} was cancelled before it was answered.`,
      ),
    );
  }

  private finish(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.done();
    this.transmission?.stop();
    this.environment.clock.clearTimeout(this.deadline);
    this.release?.();
    return true;
  }

  private watch(signal: AbortSignal | undefined): void {
    const abort = (): void => this.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    this.release = () => signal?.removeEventListener('abort', abort);
  }

  private silence(timeoutMs: number): DotsError {
    if (this.continued)
      return new DotsError(
        'unreachable',
        'coap/only-continue',
        `${this.peer} asked for more blocks (2.31) of a request that has none, and sent no other answer within ${timeoutMs / 1000} s.`,
        'Check that a DOTS server listens there, and ask for the status of the request.',
      );
    return new DotsError(
      'unreachable',
      'coap/no-answer',
      `${this.peer} did not answer within ${timeoutMs / 1000} s.`,
      listening,
    );
  }

  private givenUp(why: Failure): DotsError {
    const { code, text, hint } = failures[why];
    return new DotsError('unreachable', code, `${this.peer} ${text}.`, hint);
  }
}

const listening = 'Check that a DOTS server listens there and that no firewall blocks it.';

const failures: Readonly<Record<Failure, { code: string; text: string; hint: string }>> = {
  timeout: { code: 'coap/no-acknowledgement', text: 'acknowledged none of the copies of the request', hint: listening },
  reset: {
    code: 'coap/reset',
    text: 'rejected the message with a CoAP reset',
    hint: 'Check that the address is that of a DOTS server.',
  },
  'too-large': {
    code: 'coap/too-large',
    text: 'cannot be sent a request with such a long path and query',
    hint: 'Use a shorter cuid, or fewer filters.',
  },
  released: {
    code: 'coap/released',
    text: 'is ending the session and accepts no more requests',
    hint: 'Open it again.',
  },
};
