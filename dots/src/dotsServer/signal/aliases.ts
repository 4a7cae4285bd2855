import { itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { findEntry, type DataClient } from '../state/dataClient';
import { refuse } from './refusal';

/** The members that an alias can contain: RFC 8783 section 6.1. */
const targets = ['target-prefix', 'target-fqdn', 'target-uri'] as const;

/**
 * Refuses a request (4.00) that names an alias which its client has not created over the data channel: RFC 9132 section
 * 4.4.1.3.
 */
export function refuseUnknownAliases(scope: JsonObject, client: DataClient | undefined): void {
  const unknown = itemsOf(scope['alias-name']).find((name) => findEntry(client?.aliases ?? [], name) === undefined);
  if (unknown !== undefined)
    throw refuse('4.00', `This client has no alias ${JSON.stringify(unknown)}.`, '9132 4.4.1.3');
}

/**
 * A scope with the targets of its aliases instead of their names, for comparison with others: names mean nothing
 * outside their client, and several of one client may have the same targets. A name whose alias is removed stays as it
 * is.
 */
export function aliasTargets(scope: JsonObject, client: DataClient | undefined): JsonObject {
  const names = itemsOf(scope['alias-name']);
  if (names.length === 0) return scope;
  const aliases = client?.aliases ?? [];
  const found = names.map((name) => findEntry(aliases, name)?.value).filter((alias) => alias !== undefined);
  const removed = names.filter((name) => findEntry(aliases, name) === undefined);
  const merged = targets.map((member): [string, JsonValue[]] => [
    member,
    [scope, ...found].flatMap((source) => itemsOf(source[member])),
  ]);
  return { ...scope, 'alias-name': removed, ...Object.fromEntries(merged) };
}
