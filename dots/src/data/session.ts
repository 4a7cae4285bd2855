import { documentType, documentTypeOf, type DocumentType } from '#dots/model/documents';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { readAnswer, type DataAnswer } from './answer';
import { Connection, type ConnectionOptions, type Request } from './connection';

export type { DataAnswer } from './answer';

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

/** With the start of the wait, if that was before this request: by the monotonic time of the clock, milliseconds. */
interface Patience extends AskOptions {
  since?: number;
}

/** The query of a GET: RFC 8040 sections 4.8.1 and 4.8.2. */
export interface GetOptions extends AskOptions {
  content?: 'all' | 'config' | 'nonconfig';
  depth?: number;
}

/** A part of the data channel's tree: of this client, or `capabilities` of the server. */
export type ResourcePath = '' | 'aliases' | 'acls' | `aliases/alias=${string}` | `acls/acl=${string}` | 'capabilities';

/** The result of installing a document. */
export interface Installed {
  /** The answer that decided: the last one, or the refusal. */
  answer: DataAnswer;
  /** Whether the client had to register first. */
  registered: boolean;
  /** Whether an entry of that name existed and was replaced. */
  replaced: boolean;
  /** Every answer, in order. */
  answers: DataAnswer[];
}

const yangData = 'application/yang-data+json';
const defaultTimeoutMs = 10_000;
const usualRoot = '/restconf';

/** Documents that are installed for a client: the container, and the list in it. */
const lists = { aliases: 'alias', acls: 'acl' } as const;

/** The path of an alias or an ACL, its name encoded. */
function entryPath(container: keyof typeof lists, name: string): ResourcePath {
  return `${container}/${lists[container]}=${encodeURIComponent(name)}` as ResourcePath;
}

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
    return this.ask('POST', '', this.registration, options);
  }

  /** Deletes this client and its documents from the server: RFC 8783 section 5.2. */
  deregister(options: AskOptions = {}): Promise<DataAnswer> {
    return this.ask('DELETE', this.clientPath(), undefined, options);
  }

  /**
   * Installs aliases or ACLs; registers first if the server does not know this client. Entries that exist under the
   * same name are replaced, one by one. Throws a DotsError of kind `usage` for any other document.
   */
  async install(document: JsonObject, options: AskOptions = {}): Promise<Installed> {
    const { container, entries } = contentOf(document);
    const answers: DataAnswer[] = [];
    const patience: Patience = { ...options, since: this.clock.monotonic() };
    const ask = async (method: 'POST' | 'PUT', path: string, body: JsonObject): Promise<DataAnswer> => {
      const answer = await this.ask(method, path, body, patience);
      answers.push(answer);
      return answer;
    };
    let answer = await ask('POST', this.clientPath(), document);
    const registered = answer.status === 404;
    if (registered) {
      const registration = await ask('POST', '', this.registration);
      if (!registration.ok) return { answer: registration, registered: false, replaced: false, answers };
      answer = await ask('POST', this.clientPath(), document);
    }
    if (answer.status !== 409) return { answer, registered, replaced: false, answers };
    for (const entry of entries) {
      const one = { [documentType(container).topMember]: { [lists[container]]: [entry] } };
      answer = await ask('PUT', `${this.clientPath()}/${entryPath(container, String(entry.name))}`, one);
      if (!answer.ok) break;
    }
    return { answer, registered, replaced: answer.ok, answers };
  }

  /** Reads a part of the tree: RFC 8783 sections 6.2, 7.1 and 7.3. */
  get(path: ResourcePath, { content, depth, ...options }: GetOptions = {}): Promise<DataAnswer> {
    const query = new URLSearchParams({
      ...(content === undefined ? {} : { content }),
      ...(depth === undefined ? {} : { depth: String(depth) }),
    }).toString();
    return this.ask('GET', `${this.resource(path)}${query === '' ? '' : `?${query}`}`, undefined, options);
  }

  /** Deletes aliases or ACLs, all or one: RFC 8783 sections 6.3 and 7.4. */
  delete(path: Exclude<ResourcePath, '' | 'capabilities'>, options: AskOptions = {}): Promise<DataAnswer> {
    return this.ask('DELETE', this.resource(path), undefined, options);
  }

  /** Ends the session; requests under way fail. */
  async close(): Promise<void> {
    await this.connection.close();
  }

  private get registration(): JsonObject {
    return { [documentType('dots-client').topMember]: [{ cuid: this.cuid }] };
  }

  private clientPath(): string {
    return `/dots-client=${encodeURIComponent(this.cuid)}`;
  }

  private resource(path: ResourcePath): string {
    if (path === 'capabilities') return '/capabilities';
    return path === '' ? this.clientPath() : `${this.clientPath()}/${path}`;
  }

  private async ask(
    method: Request['method'],
    path: string,
    document: JsonObject | undefined,
    { timeoutMs = defaultTimeoutMs, since = this.clock.monotonic(), signal }: Patience,
  ): Promise<DataAnswer> {
    const patience = { timeoutMs, since, ...(signal === undefined ? {} : { signal }) };
    const root = (this.root ??= await this.discover(patience));
    const request: Request = {
      method,
      path: `${root}/data/ietf-dots-data-channel:dots-data${path}`,
      accept: yangData,
      ...patience,
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
    const link = status === 200 ? /<Link\b[^>]*\brel\s*=\s*["']restconf["'][^>]*>/.exec(body)?.[0] : undefined;
    const href = /\bhref\s*=\s*["'](\/[^"'<>\s]*)["']/.exec(link ?? '')?.[1];
    return (href ?? usualRoot).replace(/\/$/, '');
  }
}

function contentOf(document: JsonObject): { container: keyof typeof lists; entries: JsonObject[] } {
  const type = documentTypeOf(document);
  if (type?.kind === 'aliases' || type?.kind === 'acls') {
    const body = document[type.topMember];
    return { container: type.kind, entries: isObject(body) ? itemsOf(body[lists[type.kind]]).filter(isObject) : [] };
  }
  throw notInstallable(type);
}

function notInstallable(type: DocumentType | undefined): DotsError {
  const what =
    type === undefined
      ? 'The kind of the document is unknown'
      : `A document of kind "${type.title}" cannot be installed over the data channel`;
  return new DotsError(
    'usage',
    'data/document',
    `${what}: only aliases and ACLs can.`,
    type?.channel === 'signal'
      ? 'Send it over the signal channel (coap://...).'
      : 'Start the document with "ietf-dots-data-channel:acls" or "ietf-dots-data-channel:aliases".',
  );
}
