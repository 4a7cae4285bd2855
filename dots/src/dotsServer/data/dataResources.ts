import type { Clock } from '#dots/runtime/clock';
import { documentType } from '#dots/model/documents';
import { isObject, type JsonObject } from '#dots/model/json';
import type { Client } from '../state/clients';
import type { ClientQuota } from '../state/clientQuota';
import type { CuidClaims, CuidObjection } from '../state/cuidClaims';
import { formatPrefix } from '#dots/model/prefix';
import { outsideDomain, type NameResolver } from '../state/clientDomain';
import { findEntry, type DataClient, type DataClients } from '../state/dataClients';
import { capabilities, refuseUnsupported } from './capabilities';
import { entriesOf, inserted, replaced, withAces, withEntries } from './entries';
import { fail } from './failure';
import { acesOf, FilterConflicts } from './filterConflicts';
import { checkedContent, clientPath, instancePath } from './bodyCheck';
import type { Placement, Query } from './query';
import { dataRoot, lists, pathOf, type EntryTarget, type ListTarget } from './resourcePath';
import { claimRefusal, entriesIn, registration, type Registration } from './registration';
import { clientView, entryView, project } from './projection';

/** The answer to a request that succeeds. */
export interface Success {
  status: 200 | 201 | 204;
  body?: JsonObject;
  /** The path of what was created. */
  location?: string;
}

/** Who a request comes from. */
export interface Requester {
  client: Client;
  /** What it has proved: SHA-256 of the public key in its certificate, hex. */
  identity: string;
}

export interface DataResourcesOptions {
  clients: DataClients;
  claims: CuidClaims;
  quota: ClientQuota;
  clock: Clock;
  resolve: NameResolver;
  /** What to add to the refusal of a cuid of another client, for one who has proved this identity. */
  hint: (identity: string) => string;
}

const member = (name: string): string => `ietf-dots-data-channel:${name}`;
const dataMember = documentType('dots-data').topMember;
const clientMember = documentType('dots-client').topMember;

/**
 * The data tree of RFC 8783 section 4 and the operations on its nodes. Each throws a RestconfError for what it refuses.
 */
export class DataResources {
  private readonly clients: DataClients;
  private readonly conflicts: FilterConflicts;

  constructor(private readonly options: DataResourcesOptions) {
    this.clients = options.clients;
    this.conflicts = new FilterConflicts(this.clients);
  }

  /** What the client has registered, and the capabilities. */
  tree(requester: Requester, query: Query): JsonObject {
    const own = this.clients
      .all()
      .filter((client) => this.options.claims.isOwn(client, requester.client))
      .map((client) => clientView(client, this.now));
    const tree: JsonObject = {
      ...(own.length === 0 ? {} : { 'dots-client': own }),
      ...(query.content === 'config' ? {} : { capabilities }),
    };
    // All capabilities are state, so only the clients are filtered by content.
    const { capabilities: shown, ...rest } = tree;
    return {
      [dataMember]:
        shown === undefined
          ? project(rest, query)
          : {
              ...(project(rest, query) as JsonObject),
              ...(query.depth > 1 ? { capabilities: project(shown, { content: 'all', depth: query.depth - 1 }) } : {}),
            },
    };
  }

  capabilities(query: Query): JsonObject {
    return {
      [member('capabilities')]:
        query.content === 'config' ? {} : project(capabilities, { content: 'all', depth: query.depth }),
    };
  }

  client(cuid: string, requester: Requester, query: Query): JsonObject {
    return { [clientMember]: [project(clientView(this.own(cuid, requester), this.now), query)] };
  }

  /** A list, in its container. */
  list(list: ListTarget, requester: Requester, query: Query): JsonObject {
    return this.shown(list, this.views(list, requester), query);
  }

  /** An entry, in its list and container, as in RFC 8783 figure 29. */
  entry({ list, name }: EntryTarget, requester: Requester, query: Query): JsonObject {
    const found = this.views(list, requester).filter((entry) => entry.name === name);
    if (found.length === 0) throw missing(list, name);
    return this.shown(list, found, query);
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

  /** Claims the cuid that a body registers for this client, on both channels, while the work is done that stores it. */
  claimed<T>(body: JsonObject, { client, identity }: Requester, work: () => Promise<T>): Promise<T> {
    const { cuid } = registration(body);
    const refuse = (objection: CuidObjection): never => {
      throw claimRefusal(objection, { cuid, client, hint: this.options.hint(identity) });
    };
    return this.options.claims.claim(cuid, client, refuse, work);
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
    this.commit(this.registered(client, requester));
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
    this.commit(this.registered(client, requester, known));
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
    this.change(client, list, inserted(entriesOf(client, list), fresh, list, placement), fresh);
    const [only, ...more] = fresh;
    const isOne = only !== undefined && more.length === 0;
    return { status: 201, location: pathOf(isOne ? { kind: 'entry', list, name: String(only.name) } : list) };
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
    this.change(client, list, fresh, fresh);
    return { status: isNew ? 201 : 204 };
  }

  replaceEntry({ list, name }: EntryTarget, body: JsonObject, requester: Requester, placement?: Placement): Success {
    const client = this.own(list.cuid, requester);
    const [entry, ...more] = this.readEntries(list, body, client);
    if (entry === undefined || more.length > 0 || entry.name !== name)
      throw fail(
        400,
        'invalid-value',
        `The path names ${describe(list, name)}: the body must contain this entry and no other.`,
      );
    const before = entriesOf(client, list);
    this.change(client, list, replaced(before, entry, list, placement), [entry]);
    return { status: before.some((each) => each.name === name) ? 204 : 201 };
  }

  remove({ list, name }: EntryTarget, requester: Requester): Success {
    const client = this.own(list.cuid, requester);
    const before = entriesOf(client, list);
    const after = before.filter((entry) => entry.name !== name);
    if (after.length === before.length) throw missing(list, name);
    this.change(client, list, after, []);
    return { status: 204 };
  }

  removeList(list: ListTarget, requester: Requester): Success {
    this.change(this.own(list.cuid, requester), list, [], []);
    return { status: 204 };
  }

  private get now(): number {
    return this.options.clock.now();
  }

  /** The registration that a path names, which belongs to this client (403 otherwise). */
  private own(cuid: string, { client }: Requester): DataClient {
    const registered = this.clients.find(cuid);
    if (registered === undefined)
      throw fail(
        404,
        'invalid-value',
        `No client with the cuid ${JSON.stringify(cuid)} is registered; register it first (RFC 8783 section 5.1).`,
      );
    if (this.options.claims.isForeign(cuid, client))
      throw fail(403, 'access-denied', `The cuid ${JSON.stringify(cuid)} belongs to another client.`);
    return registered;
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

  private change(client: DataClient, list: ListTarget, entries: JsonObject[], touched: JsonObject[]): void {
    this.commit(withEntries(client, list, { entries, touched: namesOf(touched) }, this.now));
  }

  /** Stores a client within the limits, so that a flood of entries cannot fill the memory. */
  private commit(client: DataClient): void {
    const exceeded = this.options.quota.registration(client);
    if (exceeded !== undefined) throw full(exceeded.what, exceeded.limit);
    this.clients.put(client);
  }

  /** The entries in a body, checked: in their container (RFC 8783) or in the list alone (RFC 8040 section 4.4). */
  private readEntries(list: ListTarget, body: JsonObject, client: DataClient): JsonObject[] {
    const { container } = list;
    if (container === 'aces') return this.readAces(list, body, client);
    const bare = member(lists[container].list);
    const document =
      Object.hasOwn(body, bare) && Object.keys(body).length === 1
        ? { [member(container)]: { [lists[container].list]: body[bare] ?? null } }
        : body;
    const entries = entriesIn(checkedContent(document, container, clientPath(list.cuid)), container);
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

  private views(list: ListTarget, requester: Requester): JsonObject[] {
    const client = this.own(list.cuid, requester);
    return list.container === 'aces'
      ? entriesOf(client, list)
      : client[list.container].map((entry) => entryView(entry, this.now));
  }

  private shown({ container }: ListTarget, entries: JsonObject[], query: Query): JsonObject {
    return { [member(container)]: project({ [lists[container].list]: entries }, query) };
  }
}

function namesOf(entries: readonly JsonObject[]): Set<unknown> {
  return new Set(entries.map(({ name }) => name));
}

function describe({ container }: ListTarget, name: string): string {
  return `the ${lists[container].noun} ${JSON.stringify(name)}`;
}

function missing(list: ListTarget, name: string): Error {
  return fail(404, 'invalid-value', `The ${lists[list.container].noun} ${JSON.stringify(name)} does not exist.`);
}

function full(what: string, limit: number): Error {
  return fail(409, 'resource-denied', `This server accepts at most ${limit} ${what}.`);
}
