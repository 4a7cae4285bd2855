import { isObject, itemsOf, type JsonValue } from '#dots/model/json';
import { statusLabels, type Mitigation } from './lifecycle';
import { unreadableState, type Store } from './store';

const stateName = 'mitigations';

/** The mitigations in a store, as they were when they were last written. Throws a DotsError of kind `usage`: `orchestrator/state-unreadable`. */
export async function readMitigations(store: Store): Promise<Mitigation[]> {
  const stored = await store.read(stateName);
  if (stored === undefined) return [];
  const mitigations = isObject(stored) && stored.version === 1 ? itemsOf(stored.mitigations) : undefined;
  if (mitigations?.every(isMitigation) !== true) throw unreadableState(stateName);
  return mitigations as unknown as Mitigation[];
}

/** Writes all mitigations; resolves when they are safe. */
export function writeMitigations(store: Store, mitigations: Iterable<Mitigation>): Promise<void> {
  return store.write(stateName, { version: 1, mitigations: [...mitigations] });
}

function isMitigation(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  const { mid, since, droppedForMs, terminatingMs, startedAt, expiresAt } = value;
  const numbers = [mid, since, droppedForMs, terminatingMs, startedAt ?? 0, expiresAt ?? 0];
  return (
    typeof value.cuid === 'string' &&
    ['string', 'undefined'].includes(typeof value.owner) &&
    isObject(value.scope) &&
    Object.hasOwn(statusLabels, String(value.status)) &&
    numbers.every(Number.isFinite)
  );
}
