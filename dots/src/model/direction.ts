import { documentTypeOf, type DocumentKind } from './documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from './json';
import { child } from './pointer';

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

/** Members in which a server describes the telemetry that it offers (RFC 9244 section 7.1.1). */
export const serverOnlySetup = [
  'max-config-values',
  'min-config-values',
  'supported-unit-classes',
  'supported-query-type',
];
const targets = ['target-prefix', 'target-fqdn', 'target-uri', 'alias-name'];

/**
 * The place of the member that marks a document as a server's answer, as a JSON pointer; undefined where there is none.
 */
type Evidence = string | undefined;

/** The first of these members that an object has. */
function oneOf(owner: JsonValue | undefined, pointer: string, members: readonly string[]): Evidence {
  const found = isObject(owner) ? members.find((member) => Object.hasOwn(owner, member)) : undefined;
  return found === undefined ? undefined : child(pointer, found);
}

/** What the first entry of a list contains as evidence. */
function inList(
  owner: JsonValue | undefined,
  pointer: string,
  name: string,
  find: (entry: JsonObject, place: string) => Evidence,
): Evidence {
  const list = child(pointer, name);
  for (const [index, entry] of itemsOf(isObject(owner) ? owner[name] : undefined).entries()) {
    const found = isObject(entry) ? find(entry, child(list, index)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A `mid` beside a target is a mistake in a request, unless another member marks an answer; alone it marks an answer.
 */
function inScope(scope: JsonObject, pointer: string): Evidence {
  const { mid, ...others } = scope;
  const found = oneOf(others, pointer, serverOnlyScopeMembers);
  if (found !== undefined || mid === undefined) return found;
  return oneOf(scope, pointer, targets) === undefined ? child(pointer, 'mid') : undefined;
}

/** State that a client reads on the data channel and never writes (RFC 8783 sections 6.1 and 7.2). */
function inRegistration(client: JsonObject, pointer: string): Evidence {
  const { aliases, acls } = client;
  return inResources(aliases, child(pointer, 'aliases'), 'alias') ?? inResources(acls, child(pointer, 'acls'), 'acl');
}

function inResources(container: JsonValue | undefined, pointer: string, list: string): Evidence {
  return inList(container, pointer, list, (entry, place) => {
    const entries = child(place, 'aces');
    return (
      oneOf(entry, place, ['pending-lifetime']) ??
      inList(entry.aces, entries, 'ace', (ace, at) => oneOf(ace, at, ['statistics']))
    );
  });
}

function inConfiguration(body: JsonObject, pointer: string): Evidence {
  for (const group of ['mitigating-config', 'idle-config']) {
    const parameters = body[group];
    for (const [name, parameter] of Object.entries(isObject(parameters) ? parameters : {})) {
      const found = oneOf(parameter, child(child(pointer, group), name), serverOnlyBounds);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/**
 * Where a document of each kind shows that a server wrote it; `heartbeat` and other kinds that look the same in both
 * directions are absent.
 */
const evidence: Partial<Record<DocumentKind, (body: JsonObject, pointer: string) => Evidence>> = {
  'mitigation-scope': (body, pointer) => inList(body, pointer, 'scope', inScope),
  'signal-config': inConfiguration,
  'telemetry-setup': (body, pointer) =>
    oneOf(body, pointer, serverOnlySetup) ??
    inList(body, pointer, 'telemetry', (entry, place) => oneOf(entry, place, ['tsid'])),
  aliases: (body, pointer) => inResources(body, pointer, 'alias'),
  acls: (body, pointer) => inResources(body, pointer, 'acl'),
  'dots-data': (body, pointer) =>
    oneOf(body, pointer, ['capabilities']) ?? inList(body, pointer, 'dots-client', inRegistration),
  telemetry: (body, pointer) =>
    inList(body, pointer, 'pre-or-ongoing-mitigation', (entry, place) => oneOf(entry, place, ['tmid'])),
};

/**
 * The JSON pointer of a member that only a server writes and that marks a document as an answer; undefined if there is
 * none.
 */
export function serverEvidence(document: unknown): string | undefined {
  const type = documentTypeOf(document);
  if (type === undefined) return undefined;
  const { kind, topMember } = type;
  const body = (document as JsonObject)[topMember];
  if (kind === 'dots-client') return inList(document as JsonObject, '', topMember, inRegistration);
  return isObject(body) ? evidence[kind]?.(body, child('', topMember)) : undefined;
}

/**
 * The direction of a document by its members; undefined if both sides may have written it: on the data channel a client
 * sends back what it received.
 */
export function directionOf(document: unknown): Direction | undefined {
  const type = documentTypeOf(document);
  if (type === undefined) return undefined;
  if (serverEvidence(document) !== undefined) return 'status';
  return evidence[type.kind] !== undefined && type.channel === 'signal' ? 'request' : undefined;
}
