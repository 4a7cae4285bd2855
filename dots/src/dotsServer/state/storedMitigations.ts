import { documentType } from '#dots/model/documents';
import { isObject, type JsonValue } from '#dots/model/json';
import { mitigationKey, status, statusLabels, type Mitigation } from './lifecycle';
import type { Store } from './store';
import { wholeValues } from './storedForm';
import { faultOfDocument, faultOfMembers, isCdid, isCuid, isOwner, isTime, isUint32 } from './storedValues';
import type { Table } from './table';

const { topMember } = documentType('mitigation-scope');

/**
 * The mitigations in a store, as they were when they were last stored. Throws `orchestrator/state-unreadable` for one
 * that no server has stored.
 */
export function mitigationTable(store: Store): Table<Mitigation> {
  return store.table(wholeValues<Mitigation>('mitigation', { keyOf: mitigationKey, faultOf }));
}

function faultOf(value: JsonValue): string | undefined {
  const fault = faultOfMembers(value, {
    cuid: isCuid,
    cdid: isCdid,
    mid: isUint32,
    owner: isOwner,
    scope: isObject,
    status: (code) => typeof code === 'number' && Object.hasOwn(statusLabels, code),
    since: isTime,
    startedAt: (at) => at === null || isTime(at),
    expiresAt: (at) => at === null || isTime(at),
    droppedForMs: isTime,
    terminatingMs: isTime,
    conflict: (conflict) => conflict === undefined || isObject(conflict),
  });
  if (fault !== undefined || !isObject(value) || !isObject(value.scope)) return fault ?? 'it is not an object';
  if (value.startedAt === null && value.status !== status.waiting && value.status !== status.terminated)
    return '"startedAt" is null, and its status is one of a mitigation that has started';
  return faultOfDocument({ [topMember]: { scope: [{ ...value.scope, lifetime: 1 }] } });
}
