import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';

const { topMember } = documentType('mitigation-scope');

/** The scope entries of a mitigation document: of a request, an answer or a notification. */
export function scopesOf(body: JsonValue | undefined): JsonObject[] {
  const top = isObject(body) ? body[topMember] : undefined;
  return isObject(top) ? itemsOf(top.scope).filter(isObject) : [];
}

/** A mitigation document with these scope entries. */
export const withScopes = (scope: JsonObject[]): JsonObject => ({ [topMember]: { scope } });

/**
 * Whether a document is sent because of an attack: it asks for mitigation now, and does not report that the attack has
 * been mitigated (RFC 9132 sections 4.4.1.1 and 4.4.3).
 */
export function isUnderAttack(document: JsonValue): boolean {
  return scopesOf(document).some(
    (scope) => scope['attack-status'] !== 'attack-successfully-mitigated' && scope['trigger-mitigation'] !== false,
  );
}

/**
 * The mids that a list of mitigations names; undefined where it could not be read whole, so that a mid may be missing.
 */
export function listedMids({ body, broken }: { body?: JsonObject; broken?: true }): Set<number> | undefined {
  const top = body?.[topMember];
  const mids = scopesOf(body).map(({ mid }) => mid);
  const isWhole = broken === undefined && isObject(top) && Array.isArray(top.scope);
  return isWhole && mids.every((mid) => typeof mid === 'number') ? new Set(mids) : undefined;
}

/** What an answer to a request about one mitigation says, and what was asked for. */
interface Answered {
  ok: boolean;
  body?: JsonObject;
  request: { path: string };
}

/** The mid in the path of a request, where it has one. */
export const askedMid = ({ request }: Answered): string | undefined => /\/mid=(\d+)$/.exec(request.path)?.[1];

/** The first scope of an answer that is of another mid than was asked for. */
export function scopeOfOther(answer: Answered): JsonObject | undefined {
  const asked = askedMid(answer);
  if (asked === undefined) return undefined;
  return scopesOf(answer.body).find(({ mid }) => mid !== undefined && String(mid) !== asked);
}

/**
 * The lifetime that a server granted for what was asked, seconds; undefined where it refused, or names another mid (RFC
 * 9132 section 4.4.1.1).
 */
export function grantedLifetime(answer: Answered): number | undefined {
  return answer.ok && scopeOfOther(answer) === undefined ? lifetimeOf(answer.body) : undefined;
}

/**
 * The lifetime in the first scope of a mitigation document, asked for or granted: seconds; -1 is indefinite (RFC 9132
 * section 4.4.1.1).
 */
export function lifetimeOf(body: JsonValue | undefined): number | undefined {
  const lifetime = scopesOf(body)[0]?.lifetime;
  return typeof lifetime === 'number' ? lifetime : undefined;
}

/** A mitigation request with another lifetime, seconds: to the server it is the same request. */
export const withLifetime = (request: JsonObject, lifetime: number): JsonObject =>
  withScopes(scopesOf(request).map((scope) => ({ ...scope, lifetime })));

/** What a client observes of the attack, by its label: RFC 9132 section 4.4.3, table 4. */
export const attackStatuses = ['under-attack', 'attack-successfully-mitigated'] as const;

/** One of the labels of `attackStatuses`. */
export type AttackStatus = (typeof attackStatuses)[number];

/**
 * The efficacy update for a mitigation request: the same parameters and what the client observes (RFC 9132 section
 * 4.4.3), without the ACLs to activate (RFC 9133 section 3.2.1).
 */
export function efficacyUpdate(request: JsonObject, status: AttackStatus): JsonObject {
  const isRepeated = ([name]: [string, JsonValue]): boolean => name !== 'ietf-dots-signal-control:acl-list';
  const scope = scopesOf(request).map((each) => ({
    ...Object.fromEntries(Object.entries(each).filter(isRepeated)),
    'attack-status': status,
  }));
  return withScopes(scope);
}
