import type { Clock } from '#dots/runtime/clock';
import { documentType } from '#dots/model/documents';
import type { CoapAnswer } from '#dots/coap/answer';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { aliasTargets } from '../aliases';
import { contentQuery } from '../contentQuery';
import { readBody } from '../requestBody';
import { queryTypes, targetCondition, type QueriedTargets } from '../targetQueries';
import { overlapOf } from '../telemetryOverlaps';
import type { DataClient } from '../../state/dataClient';
import type { DataClients } from '../../state/dataClients';
import { documentAnswer, refuse } from '../refusal';
import type { DomainCheck, Resource, ResourceRequest } from '../resource';
import type { ClientQuota } from '../../state/clientQuota';
import type { Telemetry, TelemetryKind } from '../../state/telemetry';

/** The stored telemetry, and what checks a request before it is stored. */
interface CheckedTelemetry {
  telemetry: Telemetry;
  outside: DomainCheck;
  quota: ClientQuota;
  clock: Clock;
  clients: DataClients;
  /** Called when entries of a client are created, changed or removed. */
  changed: (kind: TelemetryKind, cuid: string, ids: readonly number[]) => void;
}

/** How one of the two telemetry resources differs from the other. */
interface Shape {
  kind: TelemetryKind;
  document: 'telemetry-setup' | 'telemetry';
  /** The list in the top-level member whose entries have the identifier in an answer. */
  list: string;
  rfc: string;
  /** The response code for a new entry. */
  created: '2.01' | '2.04';
  /** The parameters of a query, besides `c`. */
  queries: readonly string[];
  /** What a client may configure; it is part of the list of all entries. */
  offered?: JsonObject;
}

/** What this server accepts (RFC 9244 section 7.1.1): all that the module has, but no telemetry of its own. */
const acceptable: JsonObject = {
  'max-config-values': {
    'measurement-interval': 'month',
    'measurement-sample': 'hour',
    'low-percentile': '100.00',
    'mid-percentile': '100.00',
    'high-percentile': '100.00',
    'server-originated-telemetry': false,
  },
  'min-config-values': {
    'measurement-interval': '5-minutes',
    'measurement-sample': 'second',
    'low-percentile': '0.00',
    'mid-percentile': '0.00',
    'high-percentile': '0.00',
  },
  'supported-unit-classes': {
    'unit-config': ['packet-ps', 'bit-ps', 'byte-ps'].map((unit) => ({ unit, 'unit-status': true })),
  },
  'supported-query-type': queryTypes,
};

/** Telemetry setup: RFC 9244 section 7. */
export function telemetrySetupResource(checked: CheckedTelemetry): Resource {
  return storedResource(checked, {
    kind: 'tsid',
    document: 'telemetry-setup',
    list: 'telemetry',
    rfc: '9244 7.1',
    created: '2.01',
    queries: [],
    offered: acceptable,
  });
}

/** Telemetry before and during a mitigation, always answered 2.04: RFC 9244 section 8.2. */
export function telemetryResource(checked: CheckedTelemetry): Resource {
  return storedResource(checked, {
    kind: 'tmid',
    document: 'telemetry',
    list: 'pre-or-ongoing-mitigation',
    rfc: '9244 8.2',
    created: '2.04',
    queries: queryTypes,
  });
}

function storedResource(checked: CheckedTelemetry, shape: Shape): Resource {
  const { telemetry } = checked;
  const { kind } = shape;
  return {
    PUT: (request) => put(checked, shape, request),
    GET: (request) => get(checked, shape, request),
    DELETE: async ({ cuid, id }) => {
      const removed = telemetry.of(cuid, kind, id).map((entry) => entry.id);
      await telemetry.delete(cuid, kind, id);
      checked.changed(kind, cuid, removed);
      return { code: '2.02' };
    },
  };
}

async function put(checked: CheckedTelemetry, shape: Shape, request: ResourceRequest): Promise<CoapAnswer> {
  const { telemetry, outside, quota, clients, changed } = checked;
  const { kind, document, rfc } = shape;
  const { cuid, cdid, id, inbound } = request;
  if (id === undefined) throw refuse('4.00', `The path needs a ${kind} after the cuid.`, rfc);
  const owner = inbound.endpoint.security?.identity;
  const body = readBody(inbound.payload, document);
  const foreign = await outside(inbound, body);
  if (foreign !== undefined) throw refuse('4.00', foreign.sentence, rfc);
  const by = { ...(cdid !== undefined && { cdid }), ...(owner !== undefined && { owner }) };
  const entry = { cuid, kind, id, ...by, body, at: checked.clock.now() };
  const stored = await telemetry.put(
    entry,
    () => quota.telemetry(entry),
    (other) => overlapOf(entry, other, clients.find(cuid)),
  );
  if (stored.outcome === 'full')
    throw refuse('5.03', 'This server accepts no more telemetry; delete some.', '9244 8.2', 60);
  if (stored.outcome === 'overridden')
    throw refuse('4.09', `The telemetry with ${kind} ${stored.by} overlaps this request and overrides it.`, rfc);
  changed(kind, cuid, [id, ...stored.removed]);
  return { code: stored.outcome === 'created' ? shape.created : '2.04' };
}

function get(checked: CheckedTelemetry, shape: Shape, { cuid, id, inbound: { query } }: ResourceRequest): CoapAnswer {
  const { kind, document, list } = shape;
  const content = contentQuery(query);
  const selects = targetCondition(query, shape.queries);
  const isSelected = (item: JsonObject): boolean =>
    shape.queries.length === 0 || selects(queriedIn(item.target, checked.clients.find(cuid)));
  const entries = checked.telemetry.of(cuid, kind, id).flatMap((entry) =>
    itemsOf(entry.body[list])
      .filter(isObject)
      .filter(isSelected)
      .map((item): JsonObject => ({ [kind]: entry.id, ...item })),
  );
  const offered = id === undefined && content !== 'c' ? shape.offered : undefined;
  const shown = offered !== undefined && content === 'n' ? [] : entries;
  if (shown.length === 0 && offered === undefined) throw nothingThere(shape, id);
  return documentAnswer('2.05', {
    [documentType(document).topMember]: { ...offered, ...(shown.length > 0 && { [list]: shown }) },
  });
}

function nothingThere({ kind, rfc }: Shape, id: number | undefined): Error {
  const which = id === undefined ? 'telemetry here' : `telemetry with ${kind} ${id}`;
  return refuse('4.04', `This client has no ${which} that the request selects.`, rfc);
}

function queriedIn(target: JsonValue | undefined, client: DataClient | undefined): QueriedTargets {
  const written = isObject(target) ? target : {};
  return {
    targets: aliasTargets(written, client),
    aliases: itemsOf(written['alias-name']),
    mids: itemsOf(written['mid-list']),
  };
}
