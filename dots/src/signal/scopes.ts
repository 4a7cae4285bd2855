import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';

const { topMember } = documentType('mitigation-scope');

/** The scope entries of a mitigation document: of a request, an answer or a notification. */
export function scopesOf(body: JsonValue | undefined): JsonObject[] {
  const top = isObject(body) ? body[topMember] : undefined;
  return isObject(top) ? itemsOf(top.scope).filter(isObject) : [];
}

/**
 * Whether a document is sent because of an attack: it asks for mitigation now, and does not report that the attack has been mitigated
 * (RFC 9132 sections 4.4.1.1 and 4.4.3).
 */
export function isUnderAttack(document: JsonValue): boolean {
  return scopesOf(document).some(
    (scope) => scope['attack-status'] !== 'attack-successfully-mitigated' && scope['trigger-mitigation'] !== false,
  );
}

/** The mids that a list of mitigations names; undefined where it could not be read whole, so that a mid may be missing. */
export function listedMids({ body, broken }: { body?: JsonObject; broken?: true }): Set<number> | undefined {
  const top = body?.[topMember];
  const mids = scopesOf(body).map(({ mid }) => mid);
  const isWhole = broken === undefined && isObject(top) && Array.isArray(top.scope);
  return isWhole && mids.every((mid) => typeof mid === 'number') ? new Set(mids) : undefined;
}

/** The lifetime in the first scope of a mitigation document, asked for or granted: seconds; -1 is indefinite (RFC 9132 section 4.4.1.1). */
export function lifetimeOf(body: JsonValue | undefined): number | undefined {
  const lifetime = scopesOf(body)[0]?.lifetime;
  return typeof lifetime === 'number' ? lifetime : undefined;
}
