import type { JsonValue } from '#dots/model/json';
import { mitigationKey, type Mitigation } from './lifecycle';
import type { Store } from './store';
import { wholeValues } from './storedForm';
import { faultOfMembers, isCuid, isTime, isUint32 } from './storedValues';
import type { Table, TableEntry } from './table';

/** What was decided for a request, and why. */
export interface StoredDecision extends TableEntry {
  /** Increases with each decision. */
  number: number;
  /** When, milliseconds since 1970. */
  at: number;
  /** The name of the client. */
  client: string;
  /** Of the mitigation; absent: of the ACLs of the cuid. */
  mid?: number;
  action: 'scrub' | 'filter' | 'none' | 'refuse';
  /** The inputs and the result, in words. */
  reason: string;
  strategy?: string;
  /** The DMS that scrubs. */
  dms?: string;
  /** The forwarding nodes that have rules for it, or for the ACLs of the cuid; absent: all. */
  nodes?: string[];
  /** The route target that their rules redirect to; absent: they discard. */
  redirect?: string;
}

/** A decision without its number. */
export type NewDecision = Omit<StoredDecision, 'number'>;

/** How many decisions are stored, beside those of mitigations that there are. */
const mostStored = 1000;

/** The decisions of a mitigator, in their order: the latest ones, and those that mitigations depend on. */
export class Decisions {
  private readonly table: Table<StoredDecision>;
  private readonly latest = new Map<string, StoredDecision>();
  /** Keys of decisions that nothing depends on, in the order in which that began. */
  private readonly unneeded = new Set<string>();
  private last = 0;

  /**
   * Resumes from what an earlier server stored. Throws `orchestrator/state-unreadable`.
   * @param mitigations the table of mitigations: the last decision of each is not removed
   */
  constructor(
    private readonly store: Store,
    private readonly mitigations: Pick<Table<Mitigation>, 'get' | 'watch'>,
  ) {
    this.table = decisionTable(store);
    for (const decision of sorted(this.table.values())) this.remember(decision);
    mitigations.watch((key) => this.review(this.latest.get(key)));
    for (const decision of this.latest.values()) this.review(decision);
  }

  /** All that are stored, the oldest first. */
  all(): StoredDecision[] {
    return sorted(this.table.values());
  }

  /** The last decision for a mitigation, or without mid for the ACLs of a cuid, that did not refuse them. */
  of(id: Pick<StoredDecision, 'cuid' | 'mid'>): StoredDecision | undefined {
    return this.latest.get(subjectOf(id));
  }

  /** Part of a decision of the server: stored with the request that it is for. */
  put(decision: NewDecision): void {
    const numbered = { ...decision, number: this.last + 1 };
    this.last += 1;
    this.table.put(numbered, () => this.remember(numbered));
    for (const key of this.outdated()) this.table.remove(key, (before) => this.forget(before));
  }

  /** Stores a decision that is not part of one of the server, such as a refusal; it is lost if that fails. */
  record(decision: NewDecision): void {
    const numbered = { ...decision, number: this.last + 1 };
    const removed = this.outdated();
    for (const key of removed) {
      this.forget(this.table.get(key));
      this.table.set(key, undefined);
    }
    this.table.set(keyOf(numbered), numbered);
    this.remember(numbered);
    this.store
      .append(() => [keyOf(numbered), ...removed].flatMap((key) => this.table.stored(key)))
      .catch(() => undefined);
  }

  private remember(decision: StoredDecision): void {
    this.last = Math.max(this.last, decision.number);
    if (decision.action === 'refuse') return void this.unneeded.add(keyOf(decision));
    const before = this.latest.get(subjectOf(decision));
    if (before !== undefined) this.unneeded.add(keyOf(before));
    this.latest.set(subjectOf(decision), decision);
    this.review(decision);
  }

  /** Whether something depends on a decision has changed. */
  private review(decision: StoredDecision | undefined): void {
    if (decision === undefined) return;
    if (this.isNeeded(decision)) this.unneeded.delete(keyOf(decision));
    else this.unneeded.add(keyOf(decision));
  }

  private forget(decision: StoredDecision | undefined): void {
    if (decision === undefined) return;
    this.unneeded.delete(keyOf(decision));
    if (this.isLatest(decision)) this.latest.delete(subjectOf(decision));
  }

  /** Keys of what is stored no longer once there is one more. */
  private outdated(): string[] {
    if (this.table.size < mostStored) return [];
    // A decision in the same turn may have removed the first ones already.
    for (const key of this.unneeded) if (this.table.get(key) !== undefined) return [key];
    return [];
  }

  private isNeeded(decision: StoredDecision): boolean {
    const isThere = decision.mid === undefined || this.mitigations.get(subjectOf(decision)) !== undefined;
    return isThere && this.isLatest(decision);
  }

  private isLatest(decision: StoredDecision): boolean {
    return this.latest.get(subjectOf(decision))?.number === decision.number;
  }
}

/** The decisions in a store. Throws `orchestrator/state-unreadable` for an entry that no server has stored. */
function decisionTable(store: Store): Table<StoredDecision> {
  return store.table(wholeValues<StoredDecision>('decision', { keyOf, faultOf }));
}

/** What a decision is for: a mitigation by its key, or the ACLs of a cuid. */
const subjectOf = ({ cuid, mid }: Pick<StoredDecision, 'cuid' | 'mid'>): string =>
  mid === undefined ? `acls ${cuid}` : mitigationKey({ cuid, mid });

const keyOf = ({ number }: StoredDecision): string => String(number);

const sorted = (decisions: Iterable<StoredDecision>): StoredDecision[] =>
  [...decisions].sort((one, other) => one.number - other.number);

const actions: readonly unknown[] = ['scrub', 'filter', 'none', 'refuse'];
const isText = (value: JsonValue | undefined): boolean => typeof value === 'string';
const isOptionalText = (value: JsonValue | undefined): boolean => value === undefined || isText(value);

function faultOf(value: JsonValue): string | undefined {
  return faultOfMembers(value, {
    cuid: isCuid,
    number: isUint32,
    at: isTime,
    client: isText,
    mid: (mid) => mid === undefined || isUint32(mid),
    action: (action) => actions.includes(action),
    reason: isText,
    strategy: isOptionalText,
    dms: isOptionalText,
    redirect: isOptionalText,
    nodes: (nodes) => nodes === undefined || (Array.isArray(nodes) && nodes.every(isText)),
  });
}
