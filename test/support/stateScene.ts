import type { Journal, JournalChange, StoredState } from '#dots/dotsServer/state/journal';
import { emptyState } from '#dots/dotsServer/state/journal';
import type { Mitigation } from '#dots/dotsServer/state/lifecycle';
import type { Mitigations } from '#dots/dotsServer/state/mitigations';
import { openStateFolder, type OpenedState } from '#dots/dotsServer/state/stateFolder';
import type { Store } from '#dots/dotsServer/state/store';
import { FakeClock } from './protocol/fakeClock';

/** A journal in memory, from which another store can start. */
export class KeptJournal implements Journal {
  private readonly values = new Map<string, JournalChange>();

  append(requests: readonly (readonly JournalChange[])[]): Promise<void> {
    for (const change of requests.flat()) {
      const key = change.slice(0, 2).join(' ');
      if (change[2] === null) this.values.delete(key);
      else this.values.set(key, structuredClone(change));
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get stored(): StoredState {
    return {
      ...emptyState,
      entries: [...this.values.values()].map(([table, key, value]) => ({ table, key, value: structuredClone(value) })),
    };
  }
}

/** What one request changes of the mitigations. */
export interface Change {
  put?: Mitigation[];
  remove?: Mitigation[];
  attackStatus?: string;
}

/** Changes mitigations as a request does. */
export function commit(
  store: Store,
  mitigations: Mitigations,
  { put = [], remove = [], attackStatus }: Change,
): Promise<void> {
  return store.exclusive(() => {
    for (const mitigation of remove) mitigations.remove(mitigation);
    for (const mitigation of put) mitigations.put(mitigation, attackStatus);
  });
}

/** The state in a folder, opened as a server does; the sentences go to `notify`. */
export function openFolder(
  path: string,
  notify: (sentence: string) => void = () => undefined,
  discardState = false,
): Promise<OpenedState> {
  return openStateFolder(path, { discardState, clock: new FakeClock(), notify });
}
