import type { Clock } from '#dots/runtime/clock';
import { planAt } from '#dots/check/plan';
import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { findEntry, type DataClient, type DataClients } from '../state/dataClients';
import { sameContent } from '../state/equality';
import type { Limits } from '../state/policy';
import { capabilities, refuseUnsupported } from './capabilities';
import { entriesOf, inserted, replaced, withAces, withEntries } from './entries';
import { fail } from './failure';
import { checkedContent, clientPath, treePath } from './bodyCheck';
import type { Placement, Query } from './query';
import { dataRoot, lists, pathOf, type Container, type EntryTarget, type ListTarget } from './resourcePath';
import { clientView, entryView, project } from './projection';

/** The answer to a request that succeeds. */
export interface Success {
  status: 200 | 201 | 204;
  body?: JsonObject;
  /** The path of what was created. */
  location?: string;
}

/** The client: SHA-256 of the public key in its certificate, hex. */
export type Owner = string;

const member = (name: string): string => `ietf-dots-data-channel:${name}`;
const dataMember = documentType('dots-data').topMember;
const clientMember = documentType('dots-client').topMember;

/** The data tree of RFC 8783 section 4 and the operations on its nodes. Each throws a RestconfError for what it refuses. */
export class DataResources {
  constructor(
    private readonly clients: DataClients,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /** The clients that a certificate has registered, and the capabilities. */
  tree(owner: Owner, query: Query): JsonObject {
    const own = this.clients
      .all()
      .filter((client) => client.owner === owner)
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

  client(cuid: string, owner: Owner, query: Query): JsonObject {
    return { [clientMember]: [project(clientView(this.own(cuid, owner), this.now), query)] };
  }

  /** A list, in its container. */
  list(list: ListTarget, owner: Owner, query: Query): JsonObject {
    return this.shown(list, this.views(list, owner), query);
  }

  /** An entry, in its list and container, as in RFC 8783 figure 29. */
  entry({ list, name }: EntryTarget, owner: Owner, query: Query): JsonObject {
    const found = this.views(list, owner).filter((entry) => entry.name === name);
    if (found.length === 0) throw missing(list, name);
    return this.shown(list, found, query);
  }

  /** RFC 8783 section 5.1: one client per request, and none that is registered already. */
  async register(body: JsonObject, owner: Owner): Promise<Success> {
    const client = registration(body);
    if (this.clients.find(client.cuid) !== undefined)
      throw fail(
        409,
        'resource-denied',
        `A client with the cuid ${JSON.stringify(client.cuid)} is already registered.`,
      );
    await this.commit(this.registered(client, owner));
    return { status: 201, location: `${dataRoot}/dots-client=${encodeURIComponent(client.cuid)}` };
  }

  /** Registers, or registers again: a body that names neither aliases nor ACLs leaves those of the client as they are. */
  async replaceClient(cuid: string, body: JsonObject, owner: Owner): Promise<Success> {
    const client = registration(body);
    if (client.cuid !== cuid)
      throw fail(400, 'invalid-value', `The cuid in the body is not the one in the path, ${JSON.stringify(cuid)}.`);
    const known = this.clients.find(cuid);
    if (known !== undefined) this.own(cuid, owner);
    await this.commit(this.registered(client, owner, known));
    return { status: known === undefined ? 201 : 204 };
  }

  /** RFC 8783 section 5.2: with the client its aliases and ACLs are removed. */
  async deregister(cuid: string, owner: Owner): Promise<Success> {
    this.own(cuid, owner);
    await this.clients.commit(cuid, undefined);
    return { status: 204 };
  }

  /** New entries for a list: RFC 8783 sections 6.1 and 7.2. */
  async add(list: ListTarget, body: JsonObject, owner: Owner, placement?: Placement): Promise<Success> {
    const client = this.own(list.cuid, owner);
    const fresh = this.readEntries(list, body, client);
    await this.change(client, list, inserted(entriesOf(client, list), fresh, list, placement), fresh);
    const [only, ...more] = fresh;
    const isOne = only !== undefined && more.length === 0;
    return { status: 201, location: pathOf(isOne ? { kind: 'entry', list, name: String(only.name) } : list) };
  }

  /** A POST to a client names the list in its body. */
  addToClient(cuid: string, body: JsonObject, owner: Owner, placement?: Placement): Promise<Success> {
    const container = (['aliases', 'acls'] as const).find((name) => Object.hasOwn(body, member(name)));
    if (container === undefined)
      throw fail(400, 'unknown-element', `The body must contain "${member('aliases')}" or "${member('acls')}".`);
    if (container === 'aliases' && placement !== undefined)
      throw fail(
        400,
        'invalid-value',
        '"insert" is supported for ACLs and ACEs only: the order of aliases is not significant.',
      );
    return this.add({ kind: 'list', cuid, container }, body, owner, placement);
  }

  /** All entries of a list at once. */
  async replaceList(list: ListTarget, body: JsonObject, owner: Owner): Promise<Success> {
    const client = this.own(list.cuid, owner);
    const fresh = this.readEntries(list, body, client);
    const isNew = entriesOf(client, list).length === 0;
    await this.change(client, list, fresh, fresh);
    return { status: isNew ? 201 : 204 };
  }

  async replaceEntry(
    { list, name }: EntryTarget,
    body: JsonObject,
    owner: Owner,
    placement?: Placement,
  ): Promise<Success> {
    const client = this.own(list.cuid, owner);
    const [entry, ...more] = this.readEntries(list, body, client);
    if (entry === undefined || more.length > 0 || entry.name !== name)
      throw fail(
        400,
        'invalid-value',
        `The path names ${describe(list, name)}: the body must contain this entry and no other.`,
      );
    const before = entriesOf(client, list);
    await this.change(client, list, replaced(before, entry, list, placement), [entry]);
    return { status: before.some((each) => each.name === name) ? 204 : 201 };
  }

  async remove({ list, name }: EntryTarget, owner: Owner): Promise<Success> {
    const client = this.own(list.cuid, owner);
    const before = entriesOf(client, list);
    const after = before.filter((entry) => entry.name !== name);
    if (after.length === before.length) throw missing(list, name);
    await this.change(client, list, after, []);
    return { status: 204 };
  }

  async removeList(list: ListTarget, owner: Owner): Promise<Success> {
    await this.change(this.own(list.cuid, owner), list, [], []);
    return { status: 204 };
  }

  private get now(): number {
    return this.clock.now();
  }

  /** The client that a path names. Only the certificate that registered a cuid may use it (403). */
  private own(cuid: string, owner: Owner): DataClient {
    const client = this.clients.find(cuid);
    if (client === undefined)
      throw fail(
        404,
        'invalid-value',
        `No client with the cuid ${JSON.stringify(cuid)} is registered; register it first (RFC 8783 section 5.1).`,
      );
    if (client.owner !== owner)
      throw fail(
        403,
        'access-denied',
        `The cuid ${JSON.stringify(cuid)} was registered with another client certificate.`,
      );
    return client;
  }

  private registered({ cuid, cdid, aliases, acls }: Registration, owner: Owner, known?: DataClient): DataClient {
    const isBare = aliases === undefined && acls === undefined;
    const bare: DataClient = {
      cuid,
      ...(cdid === undefined ? {} : { cdid }),
      owner,
      aliases: isBare ? (known?.aliases ?? []) : [],
      acls: isBare ? (known?.acls ?? []) : [],
    };
    return (['aliases', 'acls'] as const).reduce((client, container) => {
      const entries = { aliases, acls }[container];
      if (entries === undefined) return client;
      if (container === 'acls') this.refuseAcls(cuid, entries);
      return withEntries(client, { kind: 'list', cuid, container }, { entries, touched: namesOf(entries) }, this.now);
    }, bare);
  }

  private async change(
    client: DataClient,
    list: ListTarget,
    entries: JsonObject[],
    touched: JsonObject[],
  ): Promise<void> {
    await this.commit(withEntries(client, list, { entries, touched: namesOf(touched) }, this.now));
  }

  /** Stores a client within the limits, so that a flood of entries cannot fill the memory. */
  private async commit(client: DataClient): Promise<void> {
    const { dataClients, aliasesOrAcls, aces } = this.limits;
    const isNew = this.clients.find(client.cuid) === undefined;
    if (isNew && this.clients.all().length >= dataClients) throw full('clients', dataClients);
    if (Math.max(client.aliases.length, client.acls.length) > aliasesOrAcls)
      throw full('aliases or ACLs of a client', aliasesOrAcls);
    if (client.acls.reduce((sum, { value }) => sum + acesOf(value).length, 0) > aces)
      throw full('ACEs of a client', aces);
    await this.clients.commit(client.cuid, client);
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

  /** ACEs are not a document of their own: they are checked as part of their ACL. */
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

  private refuseAcls(cuid: string, acls: readonly JsonObject[]): void {
    for (const acl of acls) refuseUnsupported(acl);
    const others = this.clients
      .all()
      .filter((client) => client.cuid !== cuid)
      .flatMap((client) => client.acls)
      .flatMap(({ value }) => acesOf(value));
    for (const ace of others.length === 0 ? [] : acls.flatMap(acesOf)) {
      const clash = others.find((other) => sameMember('matches', other, ace) && !sameMember('actions', other, ace));
      if (clash !== undefined)
        throw fail(
          409,
          'resource-denied',
          `ACE ${JSON.stringify(ace.name)} conflicts with a filter of another client that has another action for the same traffic.`,
        );
    }
  }

  private views(list: ListTarget, owner: Owner): JsonObject[] {
    const client = this.own(list.cuid, owner);
    return list.container === 'aces'
      ? entriesOf(client, list)
      : client[list.container].map((entry) => entryView(entry, this.now));
  }

  private shown({ container }: ListTarget, entries: JsonObject[], query: Query): JsonObject {
    return { [member(container)]: project({ [lists[container].list]: entries }, query) };
  }
}

interface Registration {
  cuid: string;
  cdid?: string;
  aliases: JsonObject[] | undefined;
  acls: JsonObject[] | undefined;
}

function registration(body: JsonObject): Registration {
  const [client] = itemsOf(checkedContent(body, 'dots-client', treePath)).filter(isObject);
  if (client === undefined)
    throw fail(400, 'missing-attribute', 'A registration must contain one client with its "cuid".');
  const { cuid, cdid } = client;
  const inside = (container: 'aliases' | 'acls'): JsonObject[] | undefined =>
    isObject(client[container]) ? entriesIn(client[container], container) : undefined;
  return {
    cuid: String(cuid),
    ...(typeof cdid === 'string' ? { cdid } : {}),
    aliases: inside('aliases'),
    acls: inside('acls'),
  };
}

function entriesIn(value: JsonValue | undefined, container: Container): JsonObject[] {
  return isObject(value) ? itemsOf(value[lists[container].list]).filter(isObject) : [];
}

function acesOf(acl: JsonObject): JsonObject[] {
  return entriesIn(acl.aces, 'aces');
}

/** Whether two ACEs have the same matches, or the same actions. */
function sameMember(name: 'matches' | 'actions', one: JsonObject, other: JsonObject): boolean {
  return sameContent(one[name] ?? {}, other[name] ?? {}, planAt('acls', 'acl', 'aces', 'ace', name));
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
