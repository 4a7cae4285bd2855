import type { CoapResponse, Observed, Traffic } from '#dots/coap/endpoint';
import type { Security } from '#dots/coap/messages/channel';
import type { Content } from '#dots/coap/messages/message';
import { pathText, type CoapRequest, type Patience } from '#dots/coap/request';
import { DotsError } from '#dots/model/errors';
import type { KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import type { Messenger } from '#dots/signal/session';
import type { Unanswered } from './callKeeper';
import type { RelayCall, RelayLine } from './relayMessages';

/** Has `dots session` do what a call asks for; `line` receives what it reports. Resolves with the exit status. */
export type Relay = (
  call: RelayCall,
  line: (line: RelayLine) => void,
  signal?: AbortSignal,
) => Promise<number | Unanswered>;

/** `dots session` has ended or hangs; `sent`: a request may have been sent. */
export class KeeperGone extends DotsError {
  constructor() {
    super(
      'unreachable',
      'signal/keeper-gone',
      'dots session does not respond.',
      'The request is sent over a session of this process.',
    );
  }
}

/** Carries the requests of one session that `dots session` keeps. */
export class RelayedMessenger implements Messenger {
  readonly traffic: Traffic = { received: 0, sent: 0, malformed: 0 };
  readonly trace = (): void => undefined;
  private readonly ending = new AbortController();
  private readonly livenessListeners = new Set<(error: DotsError | undefined) => void>();
  private readonly closeListeners = new Set<() => void>();

  constructor(
    private readonly relay: Relay,
    private snapshot: KeeperSnapshot,
  ) {}

  get peer(): string {
    return this.snapshot.peer ?? this.snapshot.server;
  }

  get security(): Security | undefined {
    return this.snapshot.security;
  }

  /** Sends a request; see `Endpoint.request`. Throws KeeperGone as well. */
  async request(request: CoapRequest, { timeoutMs, signal }: Patience): Promise<CoapResponse> {
    let response: CoapResponse | undefined;
    const take = (line: RelayLine): void => {
      if (line.type === 'response') ({ response } = line);
    };
    await this.ask({ type: 'request', request, timeoutMs }, take, signal);
    if (response === undefined) throw new KeeperGone();
    return response;
  }

  /** Observes a resource over this session, until it ends; see `Endpoint.observe`. Throws KeeperGone as well. */
  async observe(
    request: CoapRequest,
    { timeoutMs, signal }: Patience,
    listener: (content: Content) => void,
  ): Promise<Observed> {
    const stop = new AbortController();
    const until = AbortSignal.any([stop.signal, this.ending.signal, ...(signal === undefined ? [] : [signal])]);
    const response = await new Promise<CoapResponse>((resolve, reject) => {
      const take = (line: RelayLine): void => {
        if (line.type === 'response') resolve(line.response);
        else if (line.type === 'notification' && !until.aborted) listener(line.content);
      };
      this.ask({ type: 'observe', request, timeoutMs }, take, until).then(() => reject(new KeeperGone()), reject);
    });
    const end = (): Promise<void> => Promise.resolve(stop.abort());
    return { response, stop: end };
  }

  /** The one that has the session knows how much fits. */
  fitsInOne(): boolean {
    return true;
  }

  /** The one that has the session negotiates. */
  configure(): void {
    return undefined;
  }

  onLiveness(listener: (error: DotsError | undefined) => void): void {
    this.livenessListeners.add(listener);
  }

  onClose(listener: () => void): void {
    this.closeListeners.add(listener);
  }

  /** Takes over what is known of the session now. */
  take(snapshot: KeeperSnapshot): void {
    this.snapshot = snapshot;
    if (snapshot.session === 'closed') this.closed();
    else for (const listener of this.livenessListeners) listener(snapshot.session === 'lost' ? silent : undefined);
  }

  /** Ends its observations; the session itself goes on. */
  close(): Promise<void> {
    this.ending.abort();
    this.closed();
    return Promise.resolve();
  }

  private closed(): void {
    for (const listener of this.closeListeners) listener();
  }

  /** Has a call done, to its end. Throws the DotsError that it reports, and KeeperGone. */
  private async ask(call: RelayCall, take: (line: RelayLine) => void, signal: AbortSignal | undefined): Promise<void> {
    let failed: (RelayLine & { type: 'failed' }) | undefined;
    const outcome = await this.relay(
      call,
      (line) => {
        if (line.type === 'failed') failed = line;
        else take(line);
      },
      signal,
    );
    // It is unknown what a keeper that does not respond has done.
    if (outcome === 'silent' || (failed?.sent ?? outcome === 0)) this.traffic.sent += 1;
    if (failed !== undefined) throw failed.error as DotsError;
    if (signal?.aborted === true && 'request' in call) throw cancelled(call.request);
    if (typeof outcome !== 'number') throw new KeeperGone();
  }
}

const silent = new DotsError('unreachable', 'coap/no-answer', 'The server does not answer.');

const cancelled = ({ method, path }: CoapRequest): DotsError =>
  new DotsError('unreachable', 'coap/cancelled', `${method} ${pathText(path)} was cancelled.`);
