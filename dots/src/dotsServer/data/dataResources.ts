import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { nextTurn } from '#dots/runtime/nextTurn';
import type { Client } from '../state/clients';
import type { ClientQuota } from '../state/clientQuota';
import type { CuidObjection } from '../state/cuidClaims';
import { formatPrefix } from '#dots/model/prefix';
import { outsideDomain, type NameResolver } from '../state/clientDomain';
import { findEntry, type DataClient } from '../state/dataClient';
import type { DataClients } from '../state/dataClients';
import type { Mitigator } from '../state/mitigator';
import { refuseUnsupported } from './capabilities';
import { entriesOf, inserted, replaced, sameConfiguration, withAces, withEntries } from './entries';
import { fail, RestconfError } from './failure';
import { acesOf, FilterConflicts } from './filterConflicts';
import { checkAhead, checkedContent, clientPath, documentIn, instancePath } from './bodyCheck';
import type { Placement } from './query';
import { dataRoot, lists, pathOf, type EntryTarget, type InnerTarget, type ListTarget } from './resourcePath';
import { claimRefusal, entriesIn, registration, type Registration } from './registration';
import { Datastore, type DatastoreOptions } from './datastore';
import { edited, entriesOfPatch, mergedClient, mergedEntry, patchOfClient, type InnerEdit } from './edits';

/** The answer to a change that succeeds. */
export interface Success {
  status: 201 | 204;
  /** The path of what was created. */
  location?: string;
}

/** Who a request comes from. */
export interface Requester {
  client: Client;
  /** What it has proved: SHA-256 of the public key in its certificate, hex. */
  identity: string;
}

/** All entries of a list, and those of them that a request names. */
interface ChangedEntries {
  entries: JsonObject[];
  touched: JsonObject[];
}

export interface DataResourcesOptions extends DatastoreOptions {
  quota: ClientQuota;
  mitigator: Pick<Mitigator, 'admit'>;
  resolve: NameResolver;
  /** What to add to the refusal of a cuid of another client, for one who has proved this identity. */
  hint: (identity: string) => string;
}

const member = (name: string): string => `ietf-dots-data-channel:${name}`;
const clientMember = documentType('dots-client').topMember;

/** The data tree of RFC 8783 section 4 and its changes. Each throws a RestconfError for what it refuses. */
export class DataResources {
  /** What there is to read. */
  readonly datastore: Datastore;
  private readonly clients: DataClients;
  private readonly conflicts: FilterConflicts;

  constructor(private readonly options: DataResourcesOptions) {
    this.clients = options.clients;
    this.datastore = new Datastore(options);
    this.conflicts = new FilterConflicts(this.clients);
  }

  /**
   * Refuses a body (400) with a target or destination outside of the client's prefixes: RFC 8783 sections 6.1 and 7.2.
   * @param base the instance identifier of the node that the members of the body are in; undefined: not reported
   */
  async refuseOutside(body: JsonObject, { client }: Requester, base: string | undefined): Promise<void> {
    const outside = await outsideDomain(client, body, this.options.resolve);
    if (outside === undefined) return;
    const path = base === undefined ? undefined : base + instancePath(body, outside.pointer);
    throw fail(400, 'invalid-value', outside.sentence, path);
  }

  /**
   * Does what the decision on a body needs and what depends on the body alone, in turns between which others have
   * theirs. Refuses nothing.
   */
  async prepare(body: JsonObject): Promise<void> {
    await nextTurn();
    checkAhead(body);
    await this.conflicts.prepare(acesInBody(body));
  }

  /** Claims the cuid that a body registers for this client, on both channels, while the work is done that stores it. */
  claimed<T>(body: JsonObject, { client, identity }: Requester, work: () => Promise<T>): Promise<T> {
    const { cuid, cdid } = registration(body);
    const refuse = (objection: CuidObjection): never => {
      throw this.claimRefusal(objection, cuid, { client, identity });
    };
    return this.options.claims.claim(cuid, { client, cdid: client.gateway ? cdid : undefined }, refuse, work);
  }

  private claimRefusal(objection: CuidObjection, cuid: string, { client, identity }: Requester): Error {
    return claimRefusal(objection, { cuid, client, hint: this.options.hint(identity) });
  }

  /** RFC 8783 section 5.1: one client per request, and none that is registered already. */
  register(body: JsonObject, requester: Requester): Success {
    const client = registration(body);
    if (this.clients.find(client.cuid) !== undefined)
      throw fail(
        409,
        'resource-denied',
        `A client with the cuid ${JSON.stringify(client.cuid)} is already registered.`,
      );
    this.commit(this.registered(client, requester), requester.client);
    return { status: 201, location: `${dataRoot}/dots-client=${encodeURIComponent(client.cuid)}` };
  }

  /**
   * Registers, or registers again: a body that names neither aliases nor ACLs leaves those of the client as they are.
   */
  replaceClient(cuid: string, body: JsonObject, requester: Requester): Success {
    const client = registration(body);
    if (client.cuid !== cuid)
      throw fail(400, 'invalid-value', `The cuid in the body is not the one in the path, ${JSON.stringify(cuid)}.`);
    const known = this.clients.find(cuid);
    this.commit(this.registered(client, requester, known), requester.client);
    return { status: known === undefined ? 201 : 204 };
  }

  /** RFC 8783 section 5.2: with the client its aliases and ACLs are removed. */
  deregister(cuid: string, requester: Requester): Success {
    this.own(cuid, requester);
    this.clients.remove(cuid);
    return { status: 204 };
  }

  /** New entries for a list: RFC 8783 sections 6.1 and 7.2. */
  add(list: ListTarget, body: JsonObject, requester: Requester, placement?: Placement): Success {
    const client = this.own(list.cuid, requester);
    const fresh = this.readEntries(list, body, client);
    const entries = inserted(entriesOf(client, list), fresh, list, placement);
    this.change(client, list, { entries, touched: fresh }, requester);
    const [only, ...more] = fresh;
    const isOne = only !== undefined && more.length === 0;
    return { status: 201, location: pathOf(isOne ? { kind: 'entry', list, name: String(only.name) } : list) };
  }

  /** A new entry for a list: what a POST to the list creates is one resource (RFC 8040 section 4.4.1). */
  addOne(list: ListTarget, body: JsonObject, requester: Requester, placement?: Placement): Success {
    if (entriesOfPatch(list, body).length > 1)
      throw fail(
        400,
        'invalid-value',
        `A POST to this list creates one ${lists[list.container].noun}: send one request for each, or "${member(list.container)}" to the parent (RFC 8040 section 4.4.1).`,
      );
    return this.add(list, body, requester, placement);
  }

  /** A POST to a client names the list in its body. */
  addToClient(cuid: string, body: JsonObject, requester: Requester, placement?: Placement): Success {
    const container = (['aliases', 'acls'] as const).find((name) => Object.hasOwn(body, member(name)));
    if (container === undefined)
      throw fail(400, 'unknown-element', `The body must contain "${member('aliases')}" or "${member('acls')}".`);
    if (container === 'aliases' && placement !== undefined)
      throw fail(
        400,
        'invalid-value',
        '"insert" is supported for ACLs and ACEs only: the order of aliases is not significant.',
      );
    return this.add({ kind: 'list', cuid, container }, body, requester, placement);
  }

  /** All entries of a list at once. */
  replaceList(list: ListTarget, body: JsonObject, requester: Requester): Success {
    const client = this.own(list.cuid, requester);
    const fresh = this.readEntries(list, body, client);
    const isNew = entriesOf(client, list).length === 0;
    this.change(client, list, { entries: fresh, touched: fresh }, requester);
    return { status: isNew ? 201 : 204 };
  }

  replaceEntry({ list, name }: EntryTarget, body: JsonObject, requester: Requester, placement?: Placement): Success {
    const client = this.own(list.cuid, requester);
    const [entry, ...more] = this.readEntries(list, body, client);
    if (entry === undefined || more.length > 0 || entry.name !== name) throw otherEntry({ kind: 'entry', list, name });
    const before = entriesOf(client, list);
    this.change(client, list, { entries: replaced(before, entry, list, placement), touched: [entry] }, requester);
    return { status: before.some((each) => each.name === name) ? 204 : 201 };
  }

  remove({ list, name }: EntryTarget, requester: Requester): Success {
    const client = this.own(list.cuid, requester);
    const before = entriesOf(client, list);
    const after = before.filter((entry) => entry.name !== name);
    if (after.length === before.length) throw missing(list, name);
    this.change(client, list, { entries: after, touched: [] }, requester);
    return { status: 204 };
  }

  removeList(list: ListTarget, requester: Requester): Success {
    this.change(this.own(list.cuid, requester), list, { entries: [], touched: [] }, requester);
    return { status: 204 };
  }

  /** Merges a body into a client: RFC 8040 section 4.6.1. What the body does not name keeps its lifetime. */
  patchClient(cuid: string, body: JsonObject, requester: Requester): Success {
    const known = this.own(cuid, requester);
    const patch = patchOfClient(cuid, body);
    const merged = registration({ [clientMember]: [mergedClient(known, patch)] });
    const cdid = requester.client.gateway ? merged.cdid : undefined;
    if (this.options.claims.isForeign(cuid, { ...requester, cdid })) throw this.claimRefusal('taken', cuid, requester);
    const named: DataClient = { ...known, ...(cdid !== undefined && { cdid }) };
    const client = (['aliases', 'acls'] as const).reduce((before, container) => {
      const [entries = [], touched] = [merged[container], namesOf(entriesIn(patch[container], container))];
      if (container === 'acls')
        this.refuseAcls(
          cuid,
          entries.filter(({ name }) => touched.has(name)),
        );
      return withEntries(before, { kind: 'list', cuid, container }, { entries, touched }, this.now);
    }, named);
    this.commit(client, requester.client);
    return { status: 204 };
  }

  /** Merges the entries in a body into a list; those that are not there yet are created. */
  patchList(list: ListTarget, body: JsonObject, requester: Requester): Success {
    const client = this.own(list.cuid, requester);
    const before = entriesOf(client, list);
    const known = new Map(before.map((entry) => [entry.name, entry]));
    const patched = entriesOfPatch(list, body).map((patch) => mergedEntry(known.get(patch.name), patch, list));
    const touched = this.readEntries(list, { [member(lists[list.container].list)]: patched }, client);
    const after = touched.reduce((entries, entry) => replaced(entries, entry, list), before);
    this.change(client, list, { entries: after, touched }, requester);
    return { status: 204 };
  }

  /** Merges a body into an entry, which keeps its name. */
  patchEntry(entry: EntryTarget, body: JsonObject, requester: Requester): Success {
    const { list, name } = entry;
    const before = this.entryOf(entry, requester);
    const [patch, ...more] = entriesOfPatch(list, body);
    if (patch === undefined || more.length > 0 || (patch.name ?? name) !== name) throw otherEntry(entry);
    return this.replaceEntry(entry, documentOf(list, mergedEntry(before, patch, list)), requester);
  }

  /** Creates, replaces, merges or deletes a node inside of an entry, which is then checked as a whole. */
  editInner({ entry, names }: InnerTarget, edit: InnerEdit, requester: Requester): Success {
    const { entry: after, existed } = edited(this.entryOf(entry, requester), { list: entry.list, names }, edit);
    this.replaceEntry(entry, documentOf(entry.list, after), requester);
    return { status: existed ? 204 : 201 };
  }

  private entryOf({ list, name }: EntryTarget, requester: Requester): JsonObject {
    const before = entriesOf(this.own(list.cuid, requester), list).find((each) => each.name === name);
    if (before === undefined) throw missing(list, name);
    return before;
  }

  private get now(): number {
    return this.options.clock.now();
  }

  private own(cuid: string, { client }: Requester): DataClient {
    return this.datastore.own(cuid, client);
  }

  private registered(
    { cuid, cdid, aliases, acls }: Registration,
    { client: { gateway, ownPrefixes }, identity }: Requester,
    known?: DataClient,
  ): DataClient {
    const isBare = aliases === undefined && acls === undefined;
    const bare: DataClient = {
      cuid,
      // Only a gateway may say which domain a client is of: RFC 8783 section 5.1, RFC 9132 section 4.4.1.2.
      ...(cdid === undefined || !gateway ? {} : { cdid }),
      owner: identity,
      ...(ownPrefixes !== undefined && { ownPrefixes: ownPrefixes.map(formatPrefix) }),
      aliases: isBare ? (known?.aliases ?? []) : [],
      acls: isBare ? (known?.acls ?? []) : [],
    };
    return (['aliases', 'acls'] as const).reduce((client, container) => {
      const entries = { aliases, acls }[container];
      if (entries === undefined) return client;
      if (container === 'acls') this.refuseAcls(cuid, entries, bare.ownPrefixes);
      return withEntries(client, { kind: 'list', cuid, container }, { entries, touched: namesOf(entries) }, this.now);
    }, bare);
  }

  private change(client: DataClient, list: ListTarget, changed: ChangedEntries, by: Requester): void {
    const { entries, touched } = changed;
    this.commit(withEntries(client, list, { entries, touched: namesOf(touched) }, this.now), by.client);
  }

  /** Stores a client within the limits, so that a flood of entries cannot fill the memory. */
  private commit(client: DataClient, by: Client): void {
    const exceeded = this.options.quota.registration(client);
    if (exceeded !== undefined) throw full(exceeded.what, exceeded.limit);
    const before = this.clients.find(client.cuid);
    const isSame = before !== undefined && sameConfiguration(before, client);
    if (!isSame) this.refuseObjected(client, by);
    const { changedAt, ...rest } = client;
    const at = isSame ? changedAt : this.now;
    this.clients.put({ ...rest, ...(at !== undefined && { changedAt: at }) });
  }

  private refuseObjected(stored: DataClient, client: Client): void {
    const objection = this.options.mitigator.admit?.({ client, cuid: stored.cuid, stored });
    if (objection === undefined) return;
    const { status, errorTag, text, retryAfter } = objection;
    const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
    throw new RestconfError(status, [{ tag: errorTag, message: text }], headers);
  }

  /** The entries in a body, checked: in their container (RFC 8783) or in the list alone (RFC 8040 section 4.4). */
  private readEntries(list: ListTarget, body: JsonObject, client: DataClient): JsonObject[] {
    const { container } = list;
    if (container === 'aces') return this.readAces(list, body, client);
    const content = checkedContent(documentIn(body, container), container, clientPath(list.cuid));
    const entries = entriesIn(content, container);
    if (entries.length === 0) throw fail(400, 'missing-attribute', `The body contains no "${lists[container].list}".`);
    if (container === 'acls') this.refuseAcls(list.cuid, entries);
    return entries;
  }

  /** ACEs are not separate documents: they are checked as part of their ACL. */
  private readAces(list: ListTarget, body: JsonObject, client: DataClient): JsonObject[] {
    const wrapped = body[member('aces')];
    const aces = isObject(wrapped) ? wrapped.ace : body[member('ace')];
    if (!Array.isArray(aces) || aces.length === 0 || Object.keys(body).length !== 1)
      throw fail(
        400,
        'missing-attribute',
        `The body must contain "${member('aces')}" with its "ace" list, and nothing else.`,
      );
    const acl = findEntry(client.acls, list.acl)?.value;
    if (acl === undefined) throw missing({ kind: 'list', cuid: list.cuid, container: 'acls' }, list.acl ?? '');
    const changed = { ...withAces(acl, []), aces: { ace: aces } };
    checkedContent({ [member('acls')]: { acl: [changed] } }, 'acls', clientPath(list.cuid));
    this.refuseAcls(list.cuid, [changed]);
    return aces.filter(isObject);
  }

  private refuseAcls(
    cuid: string,
    acls: readonly JsonObject[],
    ownPrefixes = this.clients.find(cuid)?.ownPrefixes,
  ): void {
    for (const acl of acls) refuseUnsupported(acl);
    const clash = this.conflicts.firstOf(acls.flatMap(acesOf), { cuid, ownPrefixes });
    if (clash !== undefined)
      throw fail(
        409,
        'resource-denied',
        `ACE ${JSON.stringify(clash.name)} conflicts with a filter of another client that has another action for the same traffic.`,
      );
  }
}

/** The ACEs in a body of any form. */
function acesInBody(body: JsonObject): JsonObject[] {
  const [client] = itemsOf(body[clientMember]).filter(isObject);
  const acls = client?.acls ?? body[member('acls')] ?? { acl: body[member('acl')] ?? [] };
  const aces = body[member('aces')] ?? { ace: body[member('ace')] ?? [] };
  return [...entriesIn(acls, 'acls').flatMap(acesOf), ...entriesIn(aces, 'aces')];
}

function namesOf(entries: readonly JsonObject[]): Set<unknown> {
  return new Set(entries.map(({ name }) => name));
}

function otherEntry({ list, name }: EntryTarget): Error {
  return fail(
    400,
    'invalid-value',
    `The path names the ${lists[list.container].noun} ${JSON.stringify(name)}: the body must contain this entry and no other.`,
  );
}

const documentOf = ({ container }: ListTarget, entry: JsonObject): JsonObject => ({
  [member(lists[container].list)]: [entry],
});

function missing(list: ListTarget, name: string): Error {
  return fail(404, 'invalid-value', `The ${lists[list.container].noun} ${JSON.stringify(name)} does not exist.`);
}

function full(what: string, limit: number): Error {
  return fail(409, 'resource-denied', `This server accepts at most ${limit} ${what}.`);
}
