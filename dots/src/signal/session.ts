import { plainAnswer, type CoapAnswer } from '#dots/coap/answer';
import type { Channel, Security } from '#dots/coap/messages/channel';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { Endpoint, type CoapResponse, type Observed } from '#dots/coap/endpoint';
import type { InboundRequest } from '#dots/coap/inbound';
import type { Content } from '#dots/coap/messages/message';
import type { TransmissionParameters } from '#dots/coap/messages/parameters';
import { watchedChannel } from '#dots/coap/watchedChannel';
import { pathText, type CoapRequest, type Patience } from '#dots/coap/request';
import { thinned } from '#dots/runtime/trace';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { parseServer } from '#dots/transport/address';
import { connect, probeDtls } from '#dots/transport/connect/connect';
import { blocksFail, readAnswer, type Answer, type SentRequest } from './answer';
import { documentRequest } from './documentRequest';
import { nextMid } from './identifiers';
import { questionRequest, type Question } from './questions';
import { mitigate, resourceOf, type Resource } from './resources';
import { checkCuid, checkedId, failures, needsBlocks } from './sessionErrors';
import {
  connectOptions,
  defaultTimeoutMs,
  type AskOptions,
  type ConnectionMemory,
  type SendOptions,
  type SessionOptions,
} from './sessionOptions';

export type { Answer } from './answer';
export { newCuid } from './identifiers';

/**
 * open: usable, and no failure known; lost: the last attempt had no answer or a network error; closed: ended by either
 * side.
 */
export type SessionState = 'open' | 'lost' | 'closed';

/** What carries the requests of a session: an endpoint, or another process that has one. */
export type Messenger = Pick<
  Endpoint,
  | 'peer'
  | 'security'
  | 'traffic'
  | 'trace'
  | 'request'
  | 'observe'
  | 'fitsInOne'
  | 'configure'
  | 'onLiveness'
  | 'onClose'
  | 'close'
>;

/** The DOTS client's end of one signal channel: RFC 9132. */
export class SignalSession {
  readonly server: string;
  readonly cuid: string;
  private readonly clock: Clock;
  private readonly endpoint: Messenger;
  private current: SessionState = 'open';
  /** The last identifier of each kind: mid, sid, tsid and tmid are counted separately. */
  private readonly lastIds = new Map<Resource['id'], number>();
  /** When the server sent its last heartbeat, by the monotonic time. */
  private heartbeatAt = -Infinity;
  /** When the last message of the server arrived, or the session was opened, by the monotonic time. */
  heardAt: number;
  private readonly listeners = new Set<() => void>();
  private readonly answerListeners = new Set<(answer: Answer) => void>();

  private constructor(
    messengerFor: (session: SignalSession) => Messenger,
    { server, cuid, clock = systemClock }: Pick<SessionOptions, 'server' | 'cuid' | 'clock'>,
  ) {
    this.server = server;
    this.cuid = cuid;
    this.clock = clock;
    this.endpoint = messengerFor(this);
    this.heardAt = clock.monotonic();
    this.endpoint.onLiveness((error) => this.alive(error === undefined));
    this.endpoint.onClose(() => this.change('closed'));
  }

  /**
   * Opens a session: over DTLS or TLS both ends are authenticated when it resolves. Plain UDP has no handshake: nothing
   * is sent before the first request. Throws a DotsError: `usage` for an invalid address, credentials or cuid,
   * `unreachable` with the check that failed.
   */
  static async open(options: SessionOptions): Promise<SignalSession> {
    checkCuid(options.cuid);
    return SignalSession.over(await connect(options.server, connectOptions(options)), options);
  }

  /**
   * For a session over TLS because DTLS failed: the same over DTLS, if it is time to try again and it works now (RFC
   * 9132 section 4.3); undefined otherwise, and for a server whose scheme leaves no choice. Throws a DotsError if one
   * end refuses the other.
   */
  static async overDtls(options: SessionOptions & { memory: ConnectionMemory }): Promise<SignalSession | undefined> {
    const channel = await probeDtls(options.server, { ...connectOptions(options), memory: options.memory.paths });
    return channel && SignalSession.over(channel, options);
  }

  /** A session over a channel that is established. */
  static over(channel: Channel, options: SessionOptions): SignalSession {
    const { clock = systemClock, watch, trace } = options;
    const endpointOf = (session: SignalSession): Endpoint =>
      new Endpoint(watch ? watchedChannel(channel, watch) : channel, {
        clock,
        handler: (request) => Promise.resolve(session.answerServer(request)),
        ...(trace && { trace: thinned(trace) }),
      });
    return new SignalSession(endpointOf, options);
  }

  /** A session whose requests something else carries. */
  static through(messenger: Messenger, at: Pick<SessionOptions, 'server' | 'cuid'>): SignalSession {
    return new SignalSession(() => messenger, at);
  }

  /** How the session is protected, and the authenticated identity of the server; undefined for plain CoAP. */
  get security(): Security | undefined {
    return this.endpoint.security;
  }

  get state(): SessionState {
    return this.current;
  }

  /** The host and port of the server, as they were dialled. */
  get peer(): string {
    return this.endpoint.peer;
  }

  /** How many messages of the server have arrived. */
  get heard(): number {
    return this.endpoint.traffic.received;
  }

  /**
   * Requests mitigation; an `attack-status` in the scope makes it an efficacy update (RFC 9132 sections 4.4.1 and
   * 4.4.3).
   */
  requestMitigation(document: JsonObject, mid: number, options: SendOptions = {}): Promise<Answer> {
    return this.send(document, { ...options, mid });
  }

  /** Withdraws a mitigation: RFC 9132 section 4.4.4. */
  withdraw(mid: number, options: AskOptions = {}): Promise<Answer> {
    return this.delete({ resource: mitigate, id: mid }, options);
  }

  /** Gets the state of one mitigation, or of all of this client's: RFC 9132 section 4.4.2. */
  status(mid?: number, options: AskOptions = {}): Promise<Answer> {
    return this.get({ resource: mitigate, id: mid }, options);
  }

  /** Observes the state of a mitigation; see `watch`. */
  observe(mid: number, listener: (answer: Answer) => void, options: AskOptions = {}): Promise<() => void> {
    return this.watch({ resource: mitigate, id: mid }, listener, options);
  }

  /** Reads a resource, or one entry of it. */
  async get(question: Question, options: AskOptions = {}): Promise<Answer> {
    return this.ask(questionRequest('GET', question, this.cuid), options);
  }

  /** Deletes a resource, or one entry of it. */
  async delete(question: Question, options: AskOptions = {}): Promise<Answer> {
    return this.ask(questionRequest('DELETE', question, this.cuid), options);
  }

  /**
   * Observes a resource, now and on each change, until the returned function is called or the server ends it with an
   * answer that is not `ok` (RFC 7641). `timeoutMs` applies to each request of the observation; its `signal` ends it at
   * any time.
   */
  async watch(question: Question, listener: (answer: Answer) => void, options: AskOptions = {}): Promise<() => void> {
    const request = questionRequest('GET', question, this.cuid);
    const sent: SentRequest = { ...sentRequest(request), observe: true };
    const notify = (content: Content, roundTripMs: number): void => listener(this.read(content, roundTripMs, sent));
    const { response, stop } = await this.observeOver(request, (content) => notify(content, 0), options);
    notify(response, response.roundTripMs);
    return () => void stop();
  }

  /**
   * Sends a document to the resource of its kind; `mid` is the sid, tsid or tmid for kinds with those, and is generated
   * if absent. `permit` decides whether the document may be sent to the server of this session, which may have been
   * opened for another document; its rejection is thrown. Throws a DotsError: `usage` for a document of another
   * channel and, with the code `signal/needs-blocks`, for a mitigation request that is larger than a datagram;
   * `malformed` for one without a CBOR form, `unreachable` without an answer.
   */
  async send(document: JsonObject, options: SendOptions = {}): Promise<Answer> {
    await options.permit?.([parseServer(this.endpoint.peer)]);
    const resource = resourceOf(document);
    const id = this.idFor(resource, options.mid);
    return this.ask(documentRequest(document, { cuid: this.cuid, id, blocks: options.blocks }), options);
  }

  /**
   * Tells the server that this end is alive, and whether a heartbeat of the server has arrived here in the last two
   * intervals: RFC 9132 section 4.7.
   * @param intervalMs milliseconds between two heartbeats
   */
  heartbeat(intervalMs: number, options: AskOptions = {}): Promise<Answer> {
    const peer = this.clock.monotonic() - this.heartbeatAt <= 2 * intervalMs;
    return this.send({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': peer } }, options);
  }

  /** Sends from now on with the transmission parameters that were negotiated: RFC 9132 section 4.5. */
  configure(parameters: TransmissionParameters): void {
    this.endpoint.configure(parameters);
  }

  /** Calls back when `state` changes; the returned function ends that. */
  onDidChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls back with each answer and each notification; the returned function ends that. */
  onDidAnswer(listener: (answer: Answer) => void): () => void {
    this.answerListeners.add(listener);
    return () => this.answerListeners.delete(listener);
  }

  /** Ends the session; requests under way fail. */
  async close(): Promise<void> {
    await this.endpoint.close();
  }

  private idFor(resource: Resource, id: number | undefined): number {
    const chosen =
      id === undefined ? nextMid(this.lastIds.get(resource.id), new Date(this.clock.now())) : checkedId(id);
    this.lastIds.set(resource.id, chosen);
    return chosen;
  }

  /** Sends a request of another process. Throws as `send` does. @param received receives the response as it is */
  async relay(
    request: CoapRequest,
    received: (response: CoapResponse) => void,
    options: AskOptions = {},
  ): Promise<Answer> {
    return this.ask(request, options, received);
  }

  /** Observes for another process; see `watch`. The returned function ends it. */
  async relayObservation(
    request: CoapRequest,
    received: (content: Content) => void,
    options: AskOptions = {},
  ): Promise<{ response: CoapResponse; stop: () => void }> {
    const { response, stop } = await this.observeOver(request, received, options);
    return { response, stop: () => void stop() };
  }

  private observeOver(
    request: CoapRequest,
    notify: (content: Content) => void,
    options: AskOptions,
  ): Promise<Observed> {
    return this.endpoint.observe(request, patience(options), notify).catch((error: unknown) => {
      throw this.explain(error, request, options);
    });
  }

  private async ask(
    request: CoapRequest,
    options: AskOptions,
    received?: (response: CoapResponse) => void,
  ): Promise<Answer> {
    const { sent } = this.endpoint.traffic;
    try {
      const response = await this.endpoint.request(request, patience(options));
      received?.(response);
      return this.read(response, response.roundTripMs, sentRequest(request, response.blocks));
    } catch (error) {
      throw this.explain(error, request, options);
    } finally {
      if (this.endpoint.traffic.sent > sent) options.left?.();
    }
  }

  /** Notes are traced as well: notifications have no other place for them. */
  private read(content: Content, roundTripMs: number, request: SentRequest): Answer {
    const answer = readAnswer(content, roundTripMs, request);
    for (const note of answer.notes ?? []) this.endpoint.trace(note);
    for (const listener of this.answerListeners) listener(answer);
    return answer;
  }

  /** Adds the server and the request to the message of a time-out or a rejection. */
  private explain(error: unknown, request: CoapRequest, { timeoutMs }: AskOptions): unknown {
    if (!(error instanceof DotsError)) return error;
    if (error.code === 'coap/needs-blocks') return needsBlocks(error);
    const failure = failures[error.code];
    if (failure === undefined) return error;
    const hint = (error.code === 'coap/no-answer' ? this.whySilent(request) : undefined) ?? error.hint;
    const what = failure(`${request.method} ${pathText(request.path)}`, (timeoutMs ?? defaultTimeoutMs) / 1000);
    return new DotsError(error.kind, error.code.replace('coap/', 'signal/'), `${this.endpoint.peer} ${what}.`, hint, {
      cause: error,
    });
  }

  /** A hint for a request without an answer. */
  private whySilent(request: CoapRequest): string | undefined {
    if (request.options !== undefined && request.options.length > 0)
      return 'A server ignores an efficacy update for a mid it does not know (RFC 9132 section 4.4.3): check the mid.';
    return this.endpoint.fitsInOne(request) ? undefined : blocksFail(pathText(request.path));
  }

  /** A server may send requests as well: its heartbeats (RFC 9132 section 4.7). */
  private answerServer({ method, path }: InboundRequest): CoapAnswer {
    if (path.join('/') !== '.well-known/dots/hb') return plainAnswer('4.04');
    if (method !== 'PUT') return plainAnswer('4.05');
    this.heartbeatAt = this.clock.monotonic();
    return plainAnswer('2.04');
  }

  private alive(answers: boolean): void {
    if (answers) this.heardAt = this.clock.monotonic();
    this.change(answers ? 'open' : 'lost');
  }

  private change(state: SessionState): void {
    if (this.current === state || this.current === 'closed') return;
    this.current = state;
    for (const listener of this.listeners) listener();
  }
}

function patience({ timeoutMs = defaultTimeoutMs, since, signal }: AskOptions): Patience {
  return { timeoutMs, signal, ...(since !== undefined && { since }) };
}

function sentRequest({ method, path, payload }: CoapRequest, blocks = 1): SentRequest {
  return { method, path: pathText(path), octets: payload?.length ?? 0, payload, ...(blocks > 1 && { blocks }) };
}
