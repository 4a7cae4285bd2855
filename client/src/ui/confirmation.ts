import { documentTypeOf } from '#dots/model/documents';
import { itemsOf, isObject, type JsonObject } from '#dots/model/json';
import { lifetimeOf, scopesOf } from '#dots/signal/scopes';
import { printable } from '#dots/model/text';
import type { ServerTarget } from '#dots/workspace/destination';
import { targetWords } from '#dots/words/targets';
import { lifetime } from '#dots/words/quantities';
import { lined } from './textLayout';
import type { EntryRef } from './treeNode';

/** The confirmation before something is sent to a production server. */
export interface Confirmation {
  message: string;
  detail: string;
  action: string;
}

/** The server, the resource and the scope of the document. */
export function confirmation(
  { profile, server, cuid, mid, production }: ServerTarget & { profile: string; cuid: string },
  document: JsonObject,
): Confirmation {
  const type = documentTypeOf(document);
  const verb = type?.channel === 'data' ? 'Install' : 'Send';
  return {
    message: printable(
      `${verb} this ${type?.title ?? 'document'} to "${profile}"? "${profile}" is a production server.`,
    ),
    detail: lined(
      `Server: ${server}`,
      `Client: ${cuid}${mid === undefined ? '' : `, mid ${mid}`}`,
      ...(production === undefined ? [] : [`${production.reason}.`]),
      ...scopeLines(document),
    ),
    action: verb,
  };
}

/** The confirmation before something is done to a mitigation; `action` is the verb: Withdraw, Renew. */
export function mitigationQuestion(
  action: string,
  { profile, server, cuid }: { profile: string; server: string; cuid: string },
  mid: number,
  scope: JsonObject,
): Confirmation {
  return {
    message: printable(`${action} mitigation ${mid} on "${profile}"? "${profile}" is a production server.`),
    detail: lined(`Server: ${server}`, `Client: ${cuid}`, `Targets: ${targetWords(scope)}`),
    action,
  };
}

/** The confirmation before an alias or an ACL is changed; `action` is the verb: Activate, Deactivate, Remove. */
export function entryQuestion(
  action: string,
  { profile, server, cuid }: { profile: string; server: string; cuid: string },
  { container, name }: Pick<EntryRef, 'container' | 'name'>,
): Confirmation {
  const what = container === 'acls' ? 'ACL' : 'alias';
  return {
    message: printable(`${action} the ${what} ${name} on "${profile}"? "${profile}" is a production server.`),
    detail: lined(`Server: ${server}`, `Client: ${cuid}`),
    action,
  };
}

function scopeLines(document: JsonObject): string[] {
  const [scope] = scopesOf(document);
  if (scope !== undefined)
    return [`Targets: ${targetWords(scope)}`, `Lifetime: ${lifetime(lifetimeOf(document) ?? 0)}`];
  const [body] = Object.values(document).filter(isObject);
  const names = [...itemsOf(body?.acl), ...itemsOf(body?.alias)].filter(isObject).map((entry) => String(entry.name));
  return names.length === 0 ? [] : [`Names: ${names.join(', ')}`];
}
