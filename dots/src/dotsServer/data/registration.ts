import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import type { Client } from '../state/clients';
import type { CuidObjection } from '../state/cuidClaims';
import { checkedContent, treePath } from './bodyCheck';
import { fail } from './failure';
import { lists, type Container } from './resourcePath';

/**
 * The refusal of a cuid that a client may not register: 409 where another client has it (RFC 8783 section 5.1), else
 * 403.
 */
export function claimRefusal(
  objection: CuidObjection,
  { cuid, client, hint }: { cuid: string; client: Client; hint: string },
): Error {
  const name = JSON.stringify(cuid);
  switch (objection) {
    case 'taken':
      return fail(409, 'resource-denied', `Another client uses the cuid ${name}. ${hint}`.trim());
    case 'configured':
      return fail(
        403,
        'access-denied',
        `This client must use its configured cuid, ${JSON.stringify(client.cuid)}, not ${name}.`,
      );
    case 'second':
      return fail(
        403,
        'access-denied',
        `This client has an active mitigation under another cuid than ${name}, and may use one cuid at a time: withdraw it first.`,
      );
  }
}

/** What a client registers with: RFC 8783 section 5.1. */
export interface Registration {
  cuid: string;
  cdid?: string;
  aliases: JsonObject[] | undefined;
  acls: JsonObject[] | undefined;
}

/** Reads the body of a registration. Throws a RestconfError (400). */
export function registration(body: JsonObject): Registration {
  const [client] = itemsOf(checkedContent(body, 'dots-client', treePath)).filter(isObject);
  if (client === undefined)
    throw fail(400, 'missing-attribute', 'A registration must contain one client with its "cuid".');
  const { cuid, cdid } = client;
  const inside = (container: 'aliases' | 'acls'): JsonObject[] | undefined =>
    isObject(client[container]) ? entriesIn(client[container], container) : undefined;
  return {
    cuid: String(cuid),
    ...(typeof cdid === 'string' ? { cdid } : {}),
    aliases: inside('aliases'),
    acls: inside('acls'),
  };
}

/** The entries in a container, such as the ACLs in `acls`. */
export function entriesIn(value: JsonValue | undefined, container: Container): JsonObject[] {
  return isObject(value) ? itemsOf(value[lists[container].list]).filter(isObject) : [];
}
