import { plainAnswer, type CoapAnswer } from '#dots/coap/answer';
import type { Channel, Security } from '#dots/coap/messages/channel';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { Endpoint } from '#dots/coap/endpoint';
import type { InboundRequest } from '#dots/coap/inbound';
import type { Content } from '#dots/coap/messages/message';
import type { TransmissionParameters } from '#dots/coap/messages/parameters';
import { watchedChannel, type MessageWatch } from '#dots/coap/watchedChannel';
import { pathText, type CoapRequest, type Patience } from '#dots/coap/request';
import { thinned, type Trace } from '#dots/runtime/trace';
import { DotsError } from '#dots/model/errors';
import type { Permit } from '#dots/model/hostAddress';
import type { JsonObject } from '#dots/model/json';
import { parseServer } from '#dots/transport/address';
import { connect, probeDtls, type ConnectOptions } from '#dots/transport/connect/connect';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { sessionMemory, type SessionMemory } from '#dots/transport/dtls/sessions';
import { PathMemory } from '#dots/transport/connect/paths';
import { addressMemory, type AddressMemory } from '#dots/transport/connect/resolve';
import { blocksFail, readAnswer, type Answer, type SentRequest } from './answer';
import { documentRequest } from './documentRequest';
import { nextMid } from './identifiers';
import { questionRequest, type Question } from './questions';
import { mitigate, resourceOf, type Resource } from './resources';
import { checkCuid, checkedId, failures, needsBlocks } from './sessionErrors';

export type { Answer } from './answer';
export { newCuid } from './identifiers';

/** State that outlives a session; only the addresses of names may be in a file. */
export interface ConnectionMemory {
  paths: PathMemory;
  addresses: AddressMemory;
  sessions: SessionMemory;
}

export function connectionMemory(addresses: AddressMemory = addressMemory()): ConnectionMemory {
  return { paths: new PathMemory(), sessions: sessionMemory(), addresses };
}

export interface SessionOptions {
  /**
   * `coaps://dots.example.net:4646` for DTLS, `coaps+tcp://` for TLS; without a scheme both are tried (RFC 9132 section
   * 4.3).
   * `coap://127.0.0.1:4646` is for loopback only.
   */
  server: string;
  /** The IP addresses of its name where they are known otherwise; then no name is resolved. */
  addresses?: readonly string[] | undefined;
  /** The addresses of this machine to send from, the preferred one first; without them the system chooses. */
  localAddresses?: readonly string[] | undefined;
  /** The client's identifier, at most 250 bytes. */
  cuid: string;
  /** The client's credentials; required except for `coap`. */
  credentials?: ClientCredentials | undefined;
  /** What the certificate of the server must be for; default: the host of its address. */
  serverName?: string | undefined;
  /**
   * The outcomes of earlier connection attempts, and DTLS sessions that may be resumed; used when a session is opened
   * again.
   */
  memory?: ConnectionMemory;
  /** Cancels the connection attempt. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for the connection attempt, which is repeated until then; default 10 s. */
  timeoutMs?: number;
  /**
   * Whether an attack is under way, such as for a session that is opened to request mitigation: paths are tried faster
   * (RFC 9132 section 4.3).
   */
  underAttack?: boolean;
  /** Whether the addresses of the server may be dialled; see `ConnectOptions`. */
  permit?: Permit | undefined;
  clock?: Clock;
  /** Receives each message of the session. */
  watch?: MessageWatch | undefined;
  /**
   * Receives what was dropped, lost or tolerated, and what fails and is tried again while the session is opened, one
   * sentence each; repeated ones ever less often.
   */
  trace?: Trace;
}

/** The options of one request. */
export interface AskOptions {
  /** Cancels the request. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the request is given up; default 10 s. */
  timeoutMs?: number | undefined;
  /** When that time began, by the monotonic time of the clock; by default with the request. */
  since?: number;
  /** Called when the request is over, answered or not, if anything of it has left this machine. */
  left?: (() => void) | undefined;
}

/** Options for sending one document. */
export interface SendOptions extends AskOptions {
  /** The identifier in the path: mid, sid, tsid or tmid; generated if absent. */
  mid?: number | undefined;
  /** Whether the document may be sent to the server of this session; see `ConnectOptions`. */
  permit?: Permit | undefined;
  /** Whether a mitigation request that does not fit in one datagram is sent in blocks, against RFC 9132 section 7.3. */
  blocks?: boolean | undefined;
}

/**
 * open: usable, and no failure known; lost: the last attempt had no answer or a network error; closed: ended by either
 * side.
 */
export type SessionState = 'open' | 'lost' | 'closed';

const defaultTimeoutMs = 10_000;

/** The DOTS client's end of one signal channel: RFC 9132. */
export class SignalSession {
  readonly server: string;
  readonly cuid: string;
  private readonly clock: Clock;
  private readonly endpoint: Endpoint;
  private current: SessionState = 'open';
  /** The last identifier of each kind: mid, sid, tsid and tmid are counted separately. */
  private readonly lastIds = new Map<Resource['id'], number>();
  /** When the server sent its last heartbeat, by the monotonic time. */
  private heartbeatAt = -Infinity;
  /** When the last message of the server arrived, or the session was opened, by the monotonic time. */
  heardAt: number;
  private readonly listeners = new Set<() => void>();
  private readonly answerListeners = new Set<(answer: Answer) => void>();

  private constructor(channel: Channel, { server, cuid, clock = systemClock, trace }: SessionOptions) {
    this.server = server;
    this.cuid = cuid;
    this.clock = clock;
    this.endpoint = new Endpoint(channel, {
      clock,
      handler: (request) => Promise.resolve(this.answerServer(request)),
      ...(trace && { trace: thinned(trace) }),
    });
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
    return new SignalSession(options.watch ? watchedChannel(channel, options.watch) : channel, options);
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
    const { response, stop } = await this.endpoint
      .observe(request, patience(options), (content) => notify(content, 0))
      .catch((error: unknown) => {
        throw this.explain(error, request, options);
      });
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

  private async ask(request: CoapRequest, options: AskOptions): Promise<Answer> {
    const { sent } = this.endpoint.traffic;
    try {
      const response = await this.endpoint.request(request, patience(options));
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

function connectOptions({
  credentials,
  serverName,
  memory,
  signal,
  timeoutMs = defaultTimeoutMs,
  underAttack,
  permit,
  clock,
  addresses,
  localAddresses,
  trace,
}: SessionOptions): ConnectOptions {
  return {
    ...(addresses !== undefined && { resolver: () => Promise.resolve(addresses) }),
    localAddresses,
    credentials,
    serverName,
    signal,
    permit,
    clock,
    deadlineMs: timeoutMs,
    underAttack,
    memory: memory?.paths,
    sessions: memory?.sessions,
    addresses: memory?.addresses,
    trace,
  };
}

function patience({ timeoutMs = defaultTimeoutMs, since, signal }: AskOptions): Patience {
  return { timeoutMs, signal, ...(since !== undefined && { since }) };
}

function sentRequest({ method, path, payload }: CoapRequest, blocks = 1): SentRequest {
  return { method, path: pathText(path), octets: payload?.length ?? 0, payload, ...(blocks > 1 && { blocks }) };
}
