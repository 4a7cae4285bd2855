import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { DataAnswer } from './answer';
import type { Request } from './connection';
import { changeOf, removalOf, type EntryChange } from './differences';
import {
  contentOf,
  documentWith,
  entriesIn,
  entryPath,
  isMapping,
  withoutState,
  type Container,
  type ResourcePath,
} from './resources';

/** The result of installing a document. */
export interface Installed {
  /** The answer that decided: the last one, or the refusal. */
  answer: DataAnswer;
  /** Whether the client had to register first. */
  registered: boolean;
  /** Whether an entry of that name existed and was replaced. */
  replaced: boolean;
  /** What became of each entry, where the server accepted; of a refused document, what would have. */
  changes: EntryChange[];
  /** Every answer, in order. */
  answers: DataAnswer[];
}

/** The result of changing or removing one entry. */
export interface Changed {
  /** The answer that decided: the last one. */
  answer: DataAnswer;
  /** What the request changes; undefined where the entry does not exist. */
  change?: EntryChange;
  answers: DataAnswer[];
}

/** When an ACL is in force: RFC 8783 section 4.3. */
export type Activation = 'activate-when-mitigating' | 'immediate' | 'deactivate';

/** Receives what a request changes, before it is sent. */
export type Announce = (changes: EntryChange[]) => void | Promise<void>;

/** Receives the entries that the server has accepted, also where a later one is refused or has no answer. */
export type Accepted = (container: Container, entries: JsonObject[]) => void | Promise<void>;

/** The requests of one change, to a server and as a client. */
export interface Requests {
  send(method: Request['method'], path: ResourcePath, body?: Body): Promise<DataAnswer>;
  /** Registers the client. */
  register(): Promise<DataAnswer>;
}

/** What a request carries besides its resource. */
export interface Body {
  document?: JsonObject;
  /** The entity tag that the resource must still have. */
  ifMatch?: string | undefined;
  /** Only what clients have configured. */
  configOnly?: boolean;
}

/**
 * Changes of the tree of a client that take several requests: each reads, announces, and then changes what it has read.
 */
export class Changes {
  private readonly answers: DataAnswer[] = [];

  constructor(
    private readonly requests: Requests,
    private readonly announce: Announce = () => undefined,
    private readonly accepted: Accepted = () => undefined,
  ) {}

  /** Installs aliases, ACLs or a vendor mapping; see `DataSession.install`. */
  async install(document: JsonObject): Promise<Installed> {
    return isMapping(document) ? this.installMapping(document) : this.installEntries(document);
  }

  /** Sets when an ACL is in force, with PATCH; with PUT of the whole ACL on a server without PATCH. */
  async activate(name: string, activation: Activation): Promise<Changed> {
    const path = entryPath('acls', name);
    const { answer: read, entry } = await this.read('acls', name);
    if (entry === undefined) return { answer: read, answers: this.answers };
    const wanted = { ...entry, 'activation-type': activation };
    const change = changeOf('acls', entry, wanted);
    await this.announce([change]);
    const send = (method: 'PATCH' | 'PUT', body: JsonObject): Promise<DataAnswer> =>
      this.kept(this.requests.send(method, path, { document: documentWith('acls', [body]), ifMatch: read.etag }));
    const patched = await send('PATCH', { name, 'activation-type': activation });
    const answer = lacksPatch(patched) ? await send('PUT', wanted) : patched;
    return { answer, change, answers: this.answers };
  }

  /** Removes an alias or an ACL: RFC 8783 sections 6.3 and 7.4. */
  async remove(container: Container, name: string): Promise<Changed> {
    const { answer: read, entry } = await this.read(container, name);
    if (entry === undefined) return { answer: read, answers: this.answers };
    const change = removalOf(container, name);
    await this.announce([change]);
    const answer = await this.kept(this.requests.send('DELETE', entryPath(container, name), { ifMatch: read.etag }));
    return { answer, change, answers: this.answers };
  }

  private async installEntries(document: JsonObject): Promise<Installed> {
    const { container, entries } = contentOf(document);
    const isNew = entries.map((entry) => changeOf(container, undefined, entry));
    const { answer, registered } = await this.create(document);
    if (answer.ok) await this.accepted(container, entries);
    return answer.status === 409
      ? { ...(await this.replace(container, entries, answer)), registered }
      : this.installed(answer, { registered, changes: isNew });
  }

  /** The mapping as a whole is created, or replaced where there is one: RFC 9244 section 8.1.6. */
  private async installMapping(document: JsonObject): Promise<Installed> {
    const { answer, registered } = await this.create(document);
    if (answer.status !== 409) return this.installed(answer, { registered, changes: [] });
    const read = await this.kept(this.requests.send('GET', 'own-vendor-mapping', { configOnly: true }));
    if (!read.ok) return this.installed(answer, { registered, changes: [] });
    const put = await this.kept(this.requests.send('PUT', 'own-vendor-mapping', { document, ifMatch: read.etag }));
    return { ...this.installed(put, { registered, changes: [] }), replaced: put.ok };
  }

  /** Sends a document to the client, which is registered first where the server does not know it. */
  private async create(document: JsonObject): Promise<{ answer: DataAnswer; registered: boolean }> {
    const post = (): Promise<DataAnswer> => this.kept(this.requests.send('POST', '', { document }));
    const answer = await post();
    if (answer.status !== 404) return { answer, registered: false };
    const registration = await this.kept(this.requests.register());
    return registration.ok ? { answer: await post(), registered: true } : { answer: registration, registered: false };
  }

  /**
   * Replaces the entries that exist, and adds the others, one by one. Where none exists, the refusal had another
   * reason, and it is the answer.
   */
  private async replace(container: Container, entries: JsonObject[], refusal: DataAnswer): Promise<Installed> {
    const read = await this.kept(this.requests.send('GET', container, { configOnly: true }));
    const known = new Map(entriesIn(container, read.ok ? read.body : undefined).map((entry) => [entry.name, entry]));
    const changes = entries.map((entry) => changeOf(container, known.get(String(entry.name)), entry));
    if (changes.every(({ change }) => change === 'added'))
      return this.installed(refusal, { registered: false, changes });
    await this.announce(changes);
    let answer = refusal;
    for (const entry of entries) {
      const before = known.get(String(entry.name));
      const ifMatch = before === undefined || read.etag === undefined ? undefined : await this.tagOf(container, before);
      answer = await this.put(container, entry, ifMatch);
      if (!answer.ok) break;
      await this.accepted(container, [entry]);
    }
    return { ...this.installed(answer, { registered: false, changes }), replaced: answer.ok };
  }

  /**
   * The entity tag of an entry. It is read immediately before it is used, because it may be that of the whole
   * datastore, which each request changes. Throws a DotsError where the entry is no longer the one that was announced.
   */
  private async tagOf(container: Container, announced: JsonObject): Promise<string | undefined> {
    const { answer, entry } = await this.read(container, String(announced.name));
    if (entry !== undefined && changeOf(container, announced, entry).change === 'unchanged') return answer.etag;
    throw new DotsError(
      'malformed',
      'data/changed-meanwhile',
      `${JSON.stringify(announced.name)} was changed on the server while it was compared: it was not replaced.`,
      'Repeat the command to see the difference to what is there now.',
    );
  }

  private put(container: Container, entry: JsonObject, ifMatch: string | undefined): Promise<DataAnswer> {
    const document = documentWith(container, [entry]);
    return this.kept(this.requests.send('PUT', entryPath(container, String(entry.name)), { document, ifMatch }));
  }

  /**
   * One entry as the client configured it; some servers return others as well. Throws a DotsError for an answer without
   * it.
   */
  private async read(container: Container, name: string): Promise<{ answer: DataAnswer; entry?: JsonObject }> {
    const answer = await this.kept(this.requests.send('GET', entryPath(container, name), { configOnly: true }));
    if (!answer.ok) return { answer };
    const entry = entriesIn(container, answer.body).find((each) => each.name === name);
    if (entry === undefined) throw unusable(answer);
    return { answer, entry: withoutState(entry) };
  }

  private async kept(answer: Promise<DataAnswer>): Promise<DataAnswer> {
    const given = await answer;
    this.answers.push(given);
    return given;
  }

  private installed(answer: DataAnswer, more: Pick<Installed, 'registered' | 'changes'>): Installed {
    return { answer, replaced: false, answers: this.answers, ...more };
  }
}

/** Whether a server has no PATCH for a resource that it has returned before. */
const lacksPatch = ({ status }: DataAnswer): boolean => [404, 405, 501].includes(status);

/** The error of a positive answer that does not contain what was asked for. */
export function unusable({ request: { method, path } }: DataAnswer): DotsError {
  return new DotsError(
    'malformed',
    'data/unusable-answer',
    `The answer to ${method} ${path} does not contain what was asked for: nothing was changed.`,
    'Check that this server has a DOTS data channel at this address.',
  );
}
