import { itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { named, type DataClient } from '../state/dataClients';
import { refuse } from './refusal';

/** What an alias can stand for: RFC 8783 section 6.1. */
const targets = ['target-prefix', 'target-fqdn', 'target-uri'] as const;

/** Refuses a request that names an alias its client has not made over the data channel: RFC 9132 section 4.4.1.3. */
export function refuseUnknownAliases(scope: JsonObject, client: DataClient | undefined): void {
  const unknown = itemsOf(scope['alias-name']).find((name) => named(client?.aliases ?? [], name) === undefined);
  if (unknown !== undefined)
    throw refuse('4.00', `This client has made no alias ${JSON.stringify(unknown)}.`, '9132 4.4.1.3');
}

/**
 * A scope with the targets of its aliases in place of their names, to be compared with others: names say nothing outside of
 * their client, and several of one client may stand for the same. A name whose alias has gone stays as it is.
 */
export function aliasTargets(scope: JsonObject, client: DataClient | undefined): JsonObject {
  const names = itemsOf(scope['alias-name']);
  if (names.length === 0) return scope;
  const found = names.map((name) => named(client?.aliases ?? [], name)?.value).filter((alias) => alias !== undefined);
  const gone = names.filter((name) => named(client?.aliases ?? [], name) === undefined);
  const merged = targets.map((member): [string, JsonValue[]] => [
    member,
    [scope, ...found].flatMap((source) => itemsOf(source[member])),
  ]);
  return { ...scope, 'alias-name': gone, ...Object.fromEntries(merged) };
}
