import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { documentType } from '#dots/model/documents';
import { keep, named, type DataClient, type DataClients } from '../state/dataClients';
import { refuse, refuseWith } from './refusal';

const aclList = 'ietf-dots-signal-control:acl-list';
const { topMember } = documentType('mitigation-scope');

/** A change of activation types that a mitigation request asks for, ready to be kept. */
export interface FilterControl {
  /** Keeps it; throws a Refusal (5.03) with what could not be changed. */
  commit(clients: DataClients): Promise<void>;
}

/**
 * Reads the `acl-list` of a mitigation request: RFC 9133 section 3.2.1. Undefined where it has none.
 * Throws a Refusal: 4.00 outside of an attack, 4.04 for an ACL that its client has not made over the data channel.
 */
export function controlled(
  { cuid, mid, scope }: { cuid: string; mid: number; scope: JsonObject },
  client: DataClient | undefined,
  attack: boolean,
  now: number,
): FilterControl | undefined {
  const wanted = itemsOf(scope[aclList]).filter(isObject);
  if (wanted.length === 0) return undefined;
  if (!attack)
    throw refuse(
      '4.00',
      'Filters can be controlled over the signal channel only while a mitigation is active.',
      '9133 3.2.1',
    );
  const unknown = wanted.find((entry) => named(client?.acls ?? [], entry['acl-name']) === undefined);
  if (unknown !== undefined || client === undefined)
    throw refuse('4.04', `This client has made no ACL ${JSON.stringify(unknown?.['acl-name'])}.`, '9133 3.2.1');
  const changed = wanted.reduce((current, entry) => withActivation(current, entry, now), client);
  return {
    commit: async (clients) => {
      try {
        await clients.commit(cuid, changed);
      } catch {
        throw refuseWith(
          '5.03',
          { [topMember]: { scope: [{ mid, [aclList]: wanted }] } },
          'The activation of the ACLs could not be changed.',
        );
      }
    },
  };
}

/** The new type stays after the mitigation, and the ACL is refreshed as over the data channel. */
function withActivation(
  client: DataClient,
  { 'acl-name': name, 'activation-type': type = 'activate-when-mitigating' }: JsonObject,
  now: number,
): DataClient {
  return {
    ...client,
    acls: client.acls.map((kept) =>
      kept.value.name === name ? keep({ ...kept.value, 'activation-type': type }, now) : kept,
    ),
  };
}
