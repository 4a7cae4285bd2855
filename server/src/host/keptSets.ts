import type { DocumentContext } from '#dots/workspace/documentSet';
import type { IndexEntry } from '#service/service';
import type { RelatedSet, SetMember } from './relatedSet';

/**
 * Sets and members from one snapshot to the next, so that what has not changed is the same object and nothing is
 * derived from it again.
 */
export class KeptSets {
  private readonly sets = new Map<string, { from: readonly unknown[]; set: RelatedSet }>();
  private readonly members = new WeakMap<IndexEntry, { id: string; member: SetMember }>();

  /** The set with a key, built again only when one of the objects that it is made from is another one. */
  set(key: string, from: readonly unknown[], build: () => RelatedSet): RelatedSet {
    const known = this.sets.get(key);
    if (known !== undefined && areSame(known.from, from)) return known.set;
    const set = build();
    this.sets.set(key, { from, set });
    return set;
  }

  /** The member for a document, by its path or name; `file` is asked for its name for the caller. */
  member(id: string, entry: IndexEntry, context: DocumentContext, file: () => string): SetMember {
    const known = this.members.get(entry);
    if (known?.id === id && known.member.context === context) return known.member;
    const member = { file: file(), ...entry, context };
    this.members.set(entry, { id, member });
    return member;
  }
}

const areSame = (ones: readonly unknown[], others: readonly unknown[]): boolean =>
  ones.length === others.length && ones.every((one, index) => one === others[index]);
