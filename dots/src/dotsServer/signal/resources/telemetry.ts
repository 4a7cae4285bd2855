import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { readBody } from '../requestBody';
import { documentAnswer, refuse } from '../refusal';
import type { DomainCheck, Resource, ResourceRequest } from '../resource';
import type { ClientQuota } from '../../state/clientQuota';
import type { Telemetry, TelemetryKind } from '../../state/telemetry';

/** The stored telemetry, and what checks a request before it is stored. */
interface CheckedTelemetry {
  telemetry: Telemetry;
  outside: DomainCheck;
  quota: ClientQuota;
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
}

/** Telemetry setup: RFC 9244 section 7. */
export function telemetrySetupResource(checked: CheckedTelemetry): Resource {
  return storedResource(checked, {
    kind: 'tsid',
    document: 'telemetry-setup',
    list: 'telemetry',
    rfc: '9244 7.1',
    created: '2.01',
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
  });
}

function storedResource({ telemetry, outside, quota }: CheckedTelemetry, shape: Shape): Resource {
  const { kind, document, rfc } = shape;
  return {
    PUT: async ({ cuid, cdid, id, inbound }) => {
      if (id === undefined) throw refuse('4.00', `The path needs a ${kind} after the cuid.`, rfc);
      const owner = inbound.endpoint.security?.identity;
      const body = readBody(inbound.payload, document);
      const foreign = await outside(inbound, body);
      if (foreign !== undefined) throw refuse('4.00', foreign.sentence, rfc);
      const by = { ...(cdid !== undefined && { cdid }), ...(owner !== undefined && { owner }) };
      const entry = { cuid, kind, id, ...by, body };
      const outcome = await telemetry.put(entry, () => quota.telemetry(entry));
      if (outcome === 'full')
        throw refuse('5.03', 'This server accepts no more telemetry; delete some.', '9244 8.2', 60);
      return { code: outcome === 'created' ? shape.created : '2.04' };
    },
    GET: (request) => get(telemetry, shape, request),
    DELETE: async ({ cuid, id }) => {
      await telemetry.delete(cuid, kind, id);
      return { code: '2.02' };
    },
  };
}

function get(
  telemetry: Telemetry,
  { kind, document, list, rfc }: Shape,
  { cuid, id }: ResourceRequest,
): ReturnType<typeof documentAnswer> {
  const stored = telemetry.of(cuid, kind, id);
  if (stored.length === 0)
    throw refuse(
      '4.04',
      id === undefined ? 'This client has no telemetry here.' : `This client has no telemetry with ${kind} ${id}.`,
      rfc,
    );
  const entries = stored.flatMap((entry) =>
    itemsOf(entry.body[list])
      .filter(isObject)
      .map((item): JsonObject => ({ [kind]: entry.id, ...item })),
  );
  return documentAnswer('2.05', { [documentType(document).topMember]: { [list]: entries } });
}
