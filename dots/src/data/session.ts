import { documentType } from '#dots/model/documents';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { readAnswer, type DataAnswer } from './answer';
import {
  Changes,
  type Accepted,
  type Activation,
  type Announce,
  type Changed,
  type Installed,
  type Requests,
} from './changes';
import { Connection, type ConnectionOptions, type Request } from './connection';
import { pathOf, type Container, type EntryPath, type ResourcePath } from './resources';
import { rootIn } from './root';

export type { DataAnswer } from './answer';
export type { Accepted, Activation, Announce, Installed } from './changes';

export interface DataSessionOptions extends ConnectionOptions {
  /** The client's identifier, the same as on the signal channel (RFC 8783 section 5.1). */
  cuid: string;
}

/** The options of one request, or one installation. */
export interface AskOptions {
  /** Cancels the request. */
  signal?: AbortSignal;
  /** Milliseconds for everything: connecting, and every request that it needs; default 10 s. */
  timeoutMs?: number;
}

/** The options of a change. */
export interface ChangeOptions extends AskOptions {
  /** Receives the difference before it is made; its duration counts. */
  announce?: Announce;
  /** Receives what was installed, as it is. */
  accepted?: Accepted;
}

/** What one request carries, and how long it may take. */
interface Asked extends AskOptions {
  document?: JsonObject;
  ifMatch?: string | undefined;
  /** The start of the wait, if that was before this request: by the monotonic time of the clock, milliseconds. */
  since?: number;
}

/** The query of a GET: RFC 8040 sections 4.8.1 and 4.8.2. */
export interface GetOptions extends AskOptions {
  content?: 'all' | 'config' | 'nonconfig';
  depth?: number;
}

const yangData = 'application/yang-data+json';
const defaultTimeoutMs = 10_000;

/** The DOTS client's end of one data channel: RFC 8783. */
export class DataSession {
  private root: string | undefined;

  private constructor(
    private readonly connection: Connection,
    readonly server: string,
    readonly cuid: string,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens a session; it connects with the first request. Throws a DotsError of kind `usage` for an invalid address,
   * file or cuid.
   */
  static async open({ cuid, ...options }: DataSessionOptions): Promise<DataSession> {
    if (cuid === '' || Buffer.byteLength(cuid) > 250)
      throw new DotsError(
        'usage',
        'data/cuid',
        `A cuid has 1 to 250 bytes; this one has ${Buffer.byteLength(cuid)} (RFC 9132 section 4.4.1.1).`,
        'Use one of 22 characters.',
      );
    return new DataSession(await Connection.open(options), options.server, cuid, options.clock ?? systemClock);
  }

  /**
   * Registers this client: RFC 8783 section 5.1. Like all following methods, throws a DotsError of kind `unreachable`
   * without an answer.
   */
  register(options: AskOptions = {}): Promise<DataAnswer> {
    return this.ask('POST', '', { ...options, document: this.registration });
  }

  /** Deletes this client and its documents from the server: RFC 8783 section 5.2. */
  deregister(options: AskOptions = {}): Promise<DataAnswer> {
    return this.ask('DELETE', pathOf(this.cuid, ''), options);
  }

  /**
   * Installs aliases, ACLs or a vendor mapping; registers first if the server does not know this client. A mapping that
   * exists is replaced as a whole (RFC 9244 section 8.1.6). Entries that exist under the same name are replaced, one by
   * one, after `announce` has received the difference; where the server has entity tags, only those that are still the
   * same. Throws a DotsError of kind `usage` for any other document.
   */
  install(document: JsonObject, { announce, accepted, ...options }: ChangeOptions = {}): Promise<Installed> {
    return new Changes(this.requests(options), announce, accepted).install(document);
  }

  /** Sets when an ACL is in force: RFC 8783 section 7.2, RFC 8040 section 4.6.1. */
  activate(name: string, activation: Activation, { announce, ...options }: ChangeOptions = {}): Promise<Changed> {
    return new Changes(this.requests(options), announce).activate(name, activation);
  }

  /** Removes an alias or an ACL that exists: RFC 8783 sections 6.3 and 7.4. */
  remove(container: Container, name: string, { announce, ...options }: ChangeOptions = {}): Promise<Changed> {
    return new Changes(this.requests(options), announce).remove(container, name);
  }

  /** Reads a part of the tree: RFC 8783 sections 6.2, 7.1 and 7.3, RFC 9244 section 8.1.6. */
  get(path: ResourcePath, { content, depth, ...options }: GetOptions = {}): Promise<DataAnswer> {
    const query = new URLSearchParams({
      ...(content === undefined ? {} : { content }),
      ...(depth === undefined ? {} : { depth: String(depth) }),
    }).toString();
    return this.ask('GET', `${pathOf(this.cuid, path)}${query === '' ? '' : `?${query}`}`, options);
  }

  /** Deletes aliases or ACLs, all or one (RFC 8783 sections 6.3 and 7.4), or the vendor mapping of this client. */
  delete(path: Container | EntryPath | 'own-vendor-mapping', options: AskOptions = {}): Promise<DataAnswer> {
    return this.ask('DELETE', pathOf(this.cuid, path), options);
  }

  /** Ends the session; requests under way fail. */
  async close(): Promise<void> {
    await this.connection.close();
  }

  private get registration(): JsonObject {
    return { [documentType('dots-client').topMember]: [{ cuid: this.cuid }] };
  }

  /** The requests of one change, which share its time-out. */
  private requests(options: AskOptions): Requests {
    const patience = { ...options, since: this.clock.monotonic() };
    return {
      send: (method, path, { configOnly, ...body } = {}) =>
        this.ask(method, `${pathOf(this.cuid, path)}${configOnly === true ? '?content=config' : ''}`, {
          ...patience,
          ...body,
        }),
      register: () => this.register(patience),
    };
  }

  private async ask(
    method: Request['method'],
    path: string,
    { document, ifMatch, timeoutMs = defaultTimeoutMs, since = this.clock.monotonic(), signal }: Asked,
  ): Promise<DataAnswer> {
    const patience = { timeoutMs, since, ...(signal === undefined ? {} : { signal }) };
    const root = (this.root ??= await this.discover(patience));
    const request: Request = {
      method,
      path: `${root}/data/ietf-dots-data-channel:dots-data${path}`,
      accept: yangData,
      ...patience,
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(document === undefined ? {} : { body: JSON.stringify(document), contentType: yangData }),
    };
    const start = this.clock.monotonic();
    const response = await this.connection.request(request);
    return readAnswer(response, request, this.clock.monotonic() - start);
  }

  /** Where RESTCONF begins on the server: RFC 8040 section 3.1. */
  private async discover(patience: Pick<Request, 'timeoutMs' | 'since' | 'signal'>): Promise<string> {
    const { status, body } = await this.connection.request({
      method: 'GET',
      path: '/.well-known/host-meta',
      accept: 'application/xrd+xml',
      ...patience,
    });
    return rootIn(status === 200 ? body : '', this.server);
  }
}
