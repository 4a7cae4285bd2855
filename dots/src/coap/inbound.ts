import { answerContent, plainAnswer, type CoapAnswer } from './answer';
import { Blockwise } from './blockwise';
import type { Security } from './messages/channel';
import type { Environment, MessageLayer, Reply } from './messages/layer';
import {
  methodCodes,
  methodOf,
  noBytes,
  type CoapOption,
  type Content,
  type Method,
  type TokenMessage,
} from './messages/message';
import {
  malformedTexts,
  badOptions,
  blockOf,
  blockOption,
  optionNumbers,
  textsOf,
  uintOf,
  type Block,
} from './messages/options';
import { exchangeLifetime } from './messages/parameters';

/** The session that a request came over, one object for each: the peer, and how to notify it. */
export interface Requester {
  readonly peer: string;
  /** How the path is protected, and the authenticated identity of the peer; absent on a plain path. */
  readonly security?: Security | undefined;
  /** Sends the state of an observed resource; `reset` is called if the peer rejects it. */
  notify(request: InboundRequest, answer: CoapAnswer, reset: () => void): void;
  /** Calls back once, when the session has ended. */
  onClose(listener: () => void): void;
}

/** One whole request of the peer. */
export interface InboundRequest {
  endpoint: Requester;
  token: string;
  method: Method;
  path: string[];
  query: string[];
  options: CoapOption[];
  payload: Uint8Array;
  contentFormat?: number | undefined;
  accept?: number | undefined;
}

/** Answers a request; undefined: the request is ignored silently. Rejects only on a bug. */
export type Handler = (request: InboundRequest) => Promise<CoapAnswer | undefined>;

/**
 * How many requests of one session may be open at once: in progress, or answered by a separate message that is not
 * acknowledged yet.
 */
const requestsAtOnce = 32;

/** The most options that a refusal names. */
const optionsNamed = 3;

/** The server side of one session. */
export class Inbound {
  private readonly blockwise: Blockwise;
  private inWork = 0;

  constructor(
    private readonly endpoint: Requester,
    private readonly layer: MessageLayer,
    { clock, parameters }: Environment,
    private readonly handler: Handler,
    largestBody: number,
  ) {
    this.blockwise = new Blockwise(exchangeLifetime(parameters), largestBody, () => clock.monotonic(), layer.ordered);
  }

  /** One request, once. */
  receive(message: TokenMessage, reply: Reply): void {
    const bad = badOptions(message.options);
    if (bad.length > 0) return reply.reject(this.present(message, badOption(bad)));
    if (this.inWork + this.layer.unacknowledged >= requestsAtOnce)
      // Short enough for the smallest block: a later one would be refused in the same way.
      return reply.send(answerContent({ ...plainAnswer('5.03', 'Too many at once'), maxAge: 1 }));
    void this.work(message, reply);
  }

  /** The form in which a notification is sent: whole, or its first block. */
  notification({ method, token, options }: InboundRequest, answer: CoapAnswer): Content {
    return this.present({ code: methodCodes[method], token, options, payload: noBytes }, answer);
  }

  private present(request: TokenMessage, answer: CoapAnswer): Content {
    return this.blockwise.present(request, answerContent(answer), this.layer.budget);
  }

  private async work(message: TokenMessage, reply: Reply): Promise<void> {
    this.inWork += 1;
    const content = await this.answer(message).catch(() =>
      this.present(message, plainAnswer('5.00', 'The server failed to process the request.')),
    );
    this.inWork -= 1;
    if (content === undefined) reply.ignore();
    else reply.send(content);
  }

  private async answer(message: TokenMessage): Promise<Content | undefined> {
    const refused = refusalOf(message, this.layer.ordered);
    if (refused !== undefined) return this.present(message, refused);
    const later = this.blockwise.continuation(message, this.layer.budget);
    if (later !== undefined) return later;
    const assembled = this.blockwise.assemble(message);
    const answer =
      'answer' in assembled ? assembled.answer : await this.handler(this.inboundRequest(message, assembled.payload));
    return answer && withBlock1(this.present(message, answer), assembled.block);
  }

  private inboundRequest(message: TokenMessage, payload: Uint8Array): InboundRequest {
    const { options, token } = message;
    return {
      endpoint: this.endpoint,
      token,
      options,
      payload,
      method: methodOf(message.code) as Method,
      path: textsOf(options, 'Uri-Path'),
      query: textsOf(options, 'Uri-Query'),
      contentFormat: uintOf(options, 'Content-Format'),
      accept: uintOf(options, 'Accept'),
    };
  }
}

function withBlock1(content: Content, block: Block | undefined): Content {
  return block === undefined ? content : { ...content, options: [...content.options, blockOption('Block1', block)] };
}

function badOption(numbers: number[]): CoapAnswer {
  return plainAnswer(
    '4.02',
    `The critical option ${listed(numbers)} is unknown or malformed (RFC 7252 section 5.4.1).`,
  );
}

/**
 * Requests that CoAP itself refuses, before the resource is called: RFC 7252 sections 5.8 and 5.10.2, RFC 7959 section
 * 2.2, RFC 8768 section 3.
 */
function refusalOf(message: TokenMessage, ordered: boolean): CoapAnswer | undefined {
  const { options } = message;
  if (methodOf(message.code) === undefined)
    return plainAnswer('4.05', `This server has no method of code ${message.code}.`);
  const malformed = malformedTexts(options);
  // Read as if it were UTF-8, different names would be the same.
  if (malformed.length > 0) return badOption(malformed);
  if (options.some(({ number }) => number === optionNumbers['Proxy-Uri'] || number === optionNumbers['Proxy-Scheme']))
    return plainAnswer('5.05', 'This server is not a proxy.');
  const hops = options.find(({ number }) => number === optionNumbers['Hop-Limit'])?.value;
  if (hops !== undefined && (hops.length !== 1 || hops[0] === 0))
    return plainAnswer('4.00', 'Hop-Limit is outside 1 to 255 (RFC 8768 section 3).');
  for (const name of ['Block1', 'Block2'] as const) {
    if (blockOf(options, name, ordered) === 'malformed')
      return plainAnswer('4.00', `${name} has the reserved size (RFC 7959 section 2.2).`);
  }
  return undefined;
}

/** Each number once, and a few of them: an answer must not grow with the request. */
function listed(numbers: number[]): string {
  const distinct = [...new Set(numbers)];
  return distinct.slice(0, optionsNamed).join(', ') + (distinct.length > optionsNamed ? ', …' : '');
}
