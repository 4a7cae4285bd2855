import { documentTypeOf, type DocumentKind } from './documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from './json';

/** A request goes to the server; a status comes from it. */
export type Direction = 'request' | 'status';

/** Members of a scope that only a server writes (RFC 9132 section 4.4.2, RFC 9244 section 9.2). */
export const serverOnlyScopeMembers = [
  'mid',
  'mitigation-start',
  'status',
  'conflict-information',
  'bytes-dropped',
  'bps-dropped',
  'pkts-dropped',
  'pps-dropped',
  'ietf-dots-telemetry:total-traffic',
  'ietf-dots-telemetry:total-attack-connection',
] as const;

/** Bounds that a server writes beside a value of the session configuration (RFC 9132 section 4.5.1). */
export const serverOnlyBounds = ['min-value', 'max-value', 'min-value-decimal', 'max-value-decimal'] as const;

/** What a server says of the telemetry that it offers (RFC 9244 section 7.1.1). */
export const serverOnlySetup = [
  'max-config-values',
  'min-config-values',
  'supported-unit-classes',
  'supported-query-type',
];
const targets = ['target-prefix', 'target-fqdn', 'target-uri', 'alias-name'];

const hasOne = (owner: JsonObject, members: readonly string[]): boolean =>
  members.some((member) => Object.hasOwn(owner, member));

/** A `mid` beside a target is a slip in a request, unless a status says otherwise; alone it is the answer to one. */
function isScopeStatus(scope: JsonObject): boolean {
  const { mid, ...others } = scope;
  return hasOne(others, serverOnlyScopeMembers) || (mid !== undefined && !hasOne(scope, targets));
}

/** State that a client reads on the data channel and never writes (RFC 8783 sections 6.1 and 7.2). */
function isRegistrationStatus({ aliases, acls }: JsonObject): boolean {
  return (isObject(aliases) && isResourceStatus(aliases, 'alias')) || (isObject(acls) && isResourceStatus(acls, 'acl'));
}

function isResourceStatus(container: JsonObject, list: string): boolean {
  return entries(container[list]).some(
    (entry) =>
      Object.hasOwn(entry, 'pending-lifetime') ||
      (isObject(entry.aces) &&
        itemsOf(entry.aces.ace).some((ace) => isObject(ace) && Object.hasOwn(ace, 'statistics'))),
  );
}

const entries = (list: JsonValue | undefined): JsonObject[] => itemsOf(list).filter(isObject);

/** Whether a document of this kind is one that a server writes, told by its members. */
const isStatus: Partial<Record<DocumentKind, (body: JsonObject) => boolean>> = {
  'mitigation-scope': (body) => entries(body.scope).some(isScopeStatus),
  'signal-config': (body) =>
    [body['mitigating-config'], body['idle-config']]
      .filter(isObject)
      .some((group) =>
        Object.values(group).some((parameter) => isObject(parameter) && hasOne(parameter, serverOnlyBounds)),
      ),
  'telemetry-setup': (body) =>
    hasOne(body, serverOnlySetup) || entries(body.telemetry).some((entry) => Object.hasOwn(entry, 'tsid')),
  aliases: (body) => isResourceStatus(body, 'alias'),
  acls: (body) => isResourceStatus(body, 'acl'),
  'dots-data': (body) => Object.hasOwn(body, 'capabilities') || entries(body['dots-client']).some(isRegistrationStatus),
  telemetry: (body) => entries(body['pre-or-ongoing-mitigation']).some((entry) => Object.hasOwn(entry, 'tmid')),
};

/** What a document is, told by its members; undefined where both sides may have written it: on the data channel a client puts back what it got. */
export function directionOf(document: unknown): Direction | undefined {
  const type = documentTypeOf(document);
  if (type === undefined) return undefined;
  const body = (document as JsonObject)[type.topMember];
  if (type.kind === 'dots-client') return entries(body).some(isRegistrationStatus) ? 'status' : undefined;
  const told = isStatus[type.kind];
  if (told === undefined) return undefined;
  if (isObject(body) && told(body)) return 'status';
  return type.channel === 'signal' ? 'request' : undefined;
}
