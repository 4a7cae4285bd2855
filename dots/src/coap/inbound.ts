import { answerContent, plainAnswer, type CoapAnswer } from './answer';
import { Blockwise } from './blockwise';
import type { TimerHandle } from './clock';
import type { Endpoint } from './endpoint';
import { methodCodes, methodOf, noBytes, type CoapOption, type Content, type Message, type Method } from './message';
import type { Environment, MessageLayer } from './messages';
import { badOptions, blockOption, optionNumbers, textsOf, uintOf, valueOf, type Block } from './options';
import { exchangeLifetime } from './parameters';

/** One whole request of the peer. */
export interface InboundRequest {
  endpoint: Endpoint;
  token: string;
  method: Method;
  path: string[];
  query: string[];
  options: CoapOption[];
  payload: Uint8Array;
  contentFormat?: number;
  accept?: number;
}

/** Answers a request; undefined: the request is ignored in silence. Never rejects with anything but a bug. */
export type Handler = (request: InboundRequest) => Promise<CoapAnswer | undefined>;

/** How many requests of one session may be in work at once. */
const requestsAtOnce = 32;

/** The server side of one session. */
export class Inbound {
  private readonly blockwise: Blockwise;
  /** The requests in work. */
  private readonly replies = new Set<Reply>();

  constructor(
    private readonly endpoint: Endpoint, private readonly layer: MessageLayer, private readonly environment: Environment,
    private readonly handler: Handler, largestBody: number, private readonly maxMessageSize: number,
  ) {
    this.blockwise = new Blockwise(exchangeLifetime(environment.parameters), largestBody, () => environment.clock.now());
  }

  /** One request, once. */
  receive(message: Message): void {
    const reply = new Reply(message, this.layer, this.environment);
    if (this.replies.size >= requestsAtOnce) return reply.send(answerContent({ ...plainAnswer('5.03', 'Too many requests at once.'), maxAge: 1 }));
    void this.work(message, reply);
  }

  /** Acknowledges nothing from now on: the session has ended. */
  close(): void {
    for (const reply of this.replies) reply.close();
  }

  /** The form in which a notification goes out: whole, or its first block. */
  notification({ method, token, options }: InboundRequest, answer: CoapAnswer): Content {
    return this.present({ type: 'NON', messageId: 0, code: methodCodes[method], token, options, payload: noBytes }, answer);
  }

  private present(request: Message, answer: CoapAnswer): Content {
    return this.blockwise.present(request, answerContent(answer), this.maxMessageSize);
  }

  private async work(message: Message, reply: Reply): Promise<void> {
    this.replies.add(reply);
    const content = await this.answer(message).catch(() => answerContent(plainAnswer('5.00', 'The server failed to process the request.')));
    this.replies.delete(reply);
    if (content === undefined) reply.ignore();
    else reply.send(content);
  }

  private async answer(message: Message): Promise<Content | undefined> {
    const refused = refusalOf(message);
    if (refused !== undefined) return answerContent(refused);
    const later = this.blockwise.continuation(message, this.maxMessageSize);
    if (later !== undefined) return later;
    const assembled = this.blockwise.assemble(message);
    const answer = 'answer' in assembled ? assembled.answer : await this.handler(this.inboundRequest(message, assembled.payload));
    return answer && withBlock1(this.present(message, answer), assembled.block);
  }

  private inboundRequest(message: Message, payload: Uint8Array): InboundRequest {
    const { options, token } = message;
    return {
      endpoint: this.endpoint, token, options, payload, method: methodOf(message.code) as Method,
      path: textsOf(options, 'Uri-Path'), query: textsOf(options, 'Uri-Query'),
      contentFormat: uintOf(options, 'Content-Format'), accept: uintOf(options, 'Accept'),
    };
  }
}

function withBlock1(content: Content, block: Block | undefined): Content {
  return block === undefined ? content : { ...content, options: [...content.options, blockOption('Block1', block)] };
}

/** What CoAP itself refuses, before the resource is asked: RFC 7252 sections 5.4.1, 5.8 and 5.10.2, RFC 8768 section 3. */
function refusalOf(message: Message): CoapAnswer | undefined {
  const { options } = message;
  if (methodOf(message.code) === undefined) return plainAnswer('4.05', `This server has no method of code ${message.code}.`);
  const bad = badOptions(options);
  if (bad.length > 0) return plainAnswer('4.02', `The critical option ${bad.join(', ')} is unknown or malformed (RFC 7252 section 5.4.1).`);
  if (options.some(({ number }) => number === optionNumbers['Proxy-Uri'] || number === optionNumbers['Proxy-Scheme'])) return plainAnswer('5.05', 'This server is no proxy.');
  const hops = valueOf(options, 'Hop-Limit');
  if (hops !== undefined && (hops.length !== 1 || hops[0] === 0)) return plainAnswer('4.00', 'Hop-Limit lies outside 1 to 255 (RFC 8768 section 3).');
  return undefined;
}

/** The way back to one request: piggybacked while the acknowledgement is still due, else in a message of its own. */
class Reply {
  private timer: TimerHandle;
  private acknowledged = false;

  constructor(private readonly request: Message, private readonly layer: MessageLayer, private readonly environment: Environment) {
    if (request.type !== 'CON') return;
    this.timer = environment.clock.setTimeout(() => this.acknowledge(), environment.parameters.ackTimeout / 2);
  }

  send(content: Content): void {
    const draft = { ...content, token: this.request.token };
    this.close();
    if (this.request.type === 'NON') this.layer.respond(this.request, draft);
    else if (this.acknowledged) this.layer.confirmable(draft, () => undefined);
    else this.layer.acknowledge(this.request, draft);
  }

  ignore(): void {
    this.close();
    if (this.request.type === 'CON' && !this.acknowledged) this.acknowledge();
  }

  close(): void {
    this.environment.clock.clearTimeout(this.timer);
  }

  private acknowledge(): void {
    this.acknowledged = true;
    this.layer.acknowledge(this.request);
  }
}
