import { createHash } from 'node:crypto';
import type { Clock } from '#dots/runtime/clock';
import { documentType } from '#dots/model/documents';
import type { JsonObject, JsonValue } from '#dots/model/json';
import type { Client } from '../state/clients';
import type { CuidClaims } from '../state/cuidClaims';
import type { DataClient } from '../state/dataClient';
import type { DataClients } from '../state/dataClients';
import { capabilities } from './capabilities';
import { fail } from './failure';
import { memberOf, nodeAt, type Segment } from './nodePath';
import type { Version } from './preconditions';
import { clientView, isState, project } from './projection';
import type { Query } from './query';
import { monitoring } from './monitoring';

export interface DatastoreOptions {
  clients: DataClients;
  claims: CuidClaims;
  clock: Clock;
}

const everything: Query = { content: 'all', depth: Infinity };
const tagLength = 22;

/** Reads of the datastore as its clients see it: RFC 8040 sections 3.4, 3.5 and 4.3. */
export class Datastore {
  /** The removal of a client leaves no time behind, and that of an earlier server is unknown. */
  private clientsChangedAt: number;

  constructor(private readonly options: DatastoreOptions) {
    this.clientsChangedAt = options.clock.now();
    options.clients.watch((_before, after) => {
      if (after === undefined) this.clientsChangedAt = options.clock.now();
    });
  }

  /**
   * The document with the node that a path names: an entry of a list is a list of one (RFC 7951 section 5.4). Throws a
   * RestconfError: 404 where there is none, 403 for that of another client.
   */
  read(path: readonly Segment[], client: Client, query: Query): JsonObject {
    const cuid = cuidIn(path);
    if (cuid !== undefined) this.own(cuid, client);
    const value = valueAt(path, this.clientsOn(path, client), this.options.clock.now());
    if (value === undefined) throw missingNode(path);
    const shown = project(value, path, query);
    if (path.length === 0) return { 'ietf-restconf:data': shown ?? {} };
    if (shown === undefined) return {};
    return { [memberOf(path)]: path.at(-1)?.keys === undefined ? shown : [shown] };
  }

  /** The version of the node that a path names; undefined where this client has none. */
  version(path: readonly Segment[], client: Client): Version | undefined {
    return this.versionNow(path, client)();
  }

  /** The same as it is at the time of the call, computed later: by the returned function. */
  versionNow(path: readonly Segment[], client: Client): () => Version | undefined {
    const [registered, now] = [this.clientsOn(path, client), this.options.clock.now()];
    const modified = this.modifiedAt(path, registered);
    return () => {
      const value = valueAt(path, registered, now);
      if (value === undefined) return undefined;
      if (isState(path)) return { tag: tagOf(value) };
      const config = project(value, path, { ...everything, content: 'config' });
      return { tag: tagOf(config ?? {}), modified };
    };
  }

  /** The registration that a path names, which belongs to this client (403 otherwise; 404 where there is none). */
  own(cuid: string, client: Client): DataClient {
    const registered = this.options.clients.find(cuid);
    if (registered === undefined)
      throw fail(
        404,
        'invalid-value',
        `No client with the cuid ${JSON.stringify(cuid)} is registered; register it first (RFC 8783 section 5.1).`,
      );
    if (this.options.claims.isForeign(cuid, { client }))
      throw fail(403, 'access-denied', `The cuid ${JSON.stringify(cuid)} belongs to another client.`);
    return registered;
  }

  /** Those of this client that a path may lead to. */
  private clientsOn(path: readonly Segment[], client: Client): DataClient[] {
    const { clients, claims } = this.options;
    const cuid = cuidIn(path);
    if (cuid === undefined) return clients.all().filter((each) => claims.isOwn(each, client));
    const registered = claims.isForeign(cuid, { client }) ? undefined : clients.find(cuid);
    return registered === undefined ? [] : [registered];
  }

  private modifiedAt(path: readonly Segment[], registered: readonly DataClient[]): number {
    const changes = registered.map(({ changedAt }) => changedAt ?? this.clientsChangedAt);
    return Math.max(...changes, ...(cuidIn(path) === undefined ? [this.clientsChangedAt] : []));
  }
}

function valueAt(path: readonly Segment[], clients: readonly DataClient[], now: number): JsonValue | undefined {
  const shown = clients.map((each) => clientView(each, now));
  const tree = { ...(shown.length > 0 && { 'dots-client': shown }), capabilities };
  return nodeAt({ [documentType('dots-data').topMember]: tree, ...monitoring }, path);
}

/** The refusal (404) of a path that names nothing. */
export function missingNode(path: readonly Segment[]): Error {
  const { name = 'data', keys } = path.at(-1) ?? {};
  const what = JSON.stringify(keys === undefined ? name : `${name}=${keys.join(',')}`);
  return fail(404, 'invalid-value', `The node ${what} does not exist.`);
}

function cuidIn([, client]: readonly Segment[]): string | undefined {
  return client?.name === 'dots-client' ? client.keys?.[0] : undefined;
}

/** The same for the same content, so also after a restart. */
function tagOf(content: JsonValue): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
  return `"${hash.slice(0, tagLength)}"`;
}
