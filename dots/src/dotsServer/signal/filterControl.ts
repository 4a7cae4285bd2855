import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { documentType } from '#dots/model/documents';
import { findEntry, storedEntry, type DataClient, type DataClients } from '../state/dataClients';
import { refuse, refuseWith } from './refusal';

const aclList = 'ietf-dots-signal-control:acl-list';
const { topMember } = documentType('mitigation-scope');

/** A change of activation types that a mitigation request asks for, ready to be stored. */
export interface FilterControl {
  /** Stores it; throws a Refusal (5.03) with the ACLs that could not be changed. */
  commit(clients: DataClients): Promise<void>;
}

/** What filter control depends on. */
export interface FilterControlContext {
  client: DataClient | undefined;
  /** Whether a mitigation of the client is active. */
  attack: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Reads the `acl-list` of a mitigation request: RFC 9133 section 3.2.1. Undefined if it has none.
 * Throws a Refusal: 4.00 in idle time, 4.04 for an ACL that its client has not created over the data channel.
 */
export function filterControl(
  { cuid, mid, scope }: { cuid: string; mid: number; scope: JsonObject },
  { client, attack, now }: FilterControlContext,
): FilterControl | undefined {
  const entries = itemsOf(scope[aclList]).filter(isObject);
  if (entries.length === 0) return undefined;
  if (!attack)
    throw refuse(
      '4.00',
      'Filters can be controlled over the signal channel only while a mitigation is active.',
      '9133 3.2.1',
    );
  const unknown = entries.find((entry) => findEntry(client?.acls ?? [], entry['acl-name']) === undefined);
  if (unknown !== undefined || client === undefined)
    throw refuse('4.04', `This client has no ACL ${JSON.stringify(unknown?.['acl-name'])}.`, '9133 3.2.1');
  const changed = entries.reduce((current, entry) => withActivation(current, entry, now), client);
  return {
    commit: async (clients) => {
      try {
        await clients.commit(cuid, changed);
      } catch {
        const failed = { [topMember]: { scope: [{ mid, [aclList]: entries }] } };
        throw refuseWith('5.03', failed, 'The activation type of the ACLs could not be changed.');
      }
    },
  };
}

/** The new type remains after the mitigation, and the ACL is refreshed as over the data channel. */
function withActivation(
  client: DataClient,
  { 'acl-name': name, 'activation-type': type = 'activate-when-mitigating' }: JsonObject,
  now: number,
): DataClient {
  return {
    ...client,
    acls: client.acls.map((entry) =>
      entry.value.name === name ? storedEntry({ ...entry.value, 'activation-type': type }, now) : entry,
    ),
  };
}
