import type { DataClient } from '../state/dataClient';
import { mitigationKey, type Mitigation } from '../state/lifecycle';
import type { ServerState } from '../state/serverState';
import { aliasTargets } from './aliases';
import { TargetIndex } from './targetIndex';

/**
 * Which mitigations have targets in common, those of their aliases included; follows every change of mitigations and
 * aliases.
 */
export class MitigationOverlaps {
  private readonly index = new TargetIndex();

  constructor(private readonly state: Pick<ServerState, 'mitigations' | 'clients'>) {
    state.mitigations.watch((before, after) => {
      if (before?.scope !== after?.scope) this.place(before, after);
    });
    state.clients.watch((before, after) => {
      if (before?.aliases !== after?.aliases) this.placeAgain(after ?? before, after);
    });
  }

  /** The mitigations that share a target with this one, at least, each once; itself too where it is stored. */
  *of({ cuid, scope }: Pick<Mitigation, 'cuid' | 'scope'>): Generator<Mitigation> {
    const { mitigations, clients } = this.state;
    const seen = new Set<string>();
    for (const key of this.index.overlapping(aliasTargets(scope, clients.find(cuid)))) {
      if (seen.has(key)) continue;
      seen.add(key);
      const mitigation = mitigations.get(key);
      if (mitigation !== undefined) yield mitigation;
    }
  }

  private place(before: Mitigation | undefined, after: Mitigation | undefined): void {
    if (after !== undefined) this.index.set(mitigationKey(after), this.targetsOf(after));
    else if (before !== undefined) this.index.set(mitigationKey(before), undefined);
  }

  private targetsOf({ cuid, scope }: Mitigation): Mitigation['scope'] {
    return aliasTargets(scope, this.state.clients.find(cuid));
  }

  /** Another content of an alias is another content of each scope that names it. */
  private placeAgain(changed: DataClient | undefined, client: DataClient | undefined): void {
    for (const mitigation of changed === undefined ? [] : this.state.mitigations.of(changed.cuid))
      this.index.set(mitigationKey(mitigation), aliasTargets(mitigation.scope, client));
  }
}
