import type { Fault } from '#dots/model/finding';
import type { ValidationService } from '#service/validationService';
import type { RelatedSet, SetMember } from './relatedSet';

type Faults = ReadonlyMap<string, readonly Fault[]>;

/** The faults between the documents of sets. A set is validated again only when one of its documents has changed. */
export class CrossFaults {
  private readonly known = new Map<string, { set: RelatedSet; faults: Faults }>();

  constructor(private readonly service: ValidationService) {}

  /** The faults by document. */
  of(set: RelatedSet): Faults {
    const known = this.known.get(set.key);
    if (known !== undefined && isSame(known.set, set)) return known.faults;
    const faults = this.service.cross(set);
    this.known.set(set.key, { set, faults });
    return faults;
  }
}

const isSame = (one: RelatedSet, other: RelatedSet): boolean =>
  one.complete === other.complete && (one.members === other.members || areSame(one.members, other.members));

const areSame = (ones: readonly SetMember[], others: readonly SetMember[]): boolean =>
  ones.length === others.length && ones.every((member, index) => isSameMember(member, others[index]));

const isSameMember = (one: SetMember, other: SetMember | undefined): boolean =>
  one.file === other?.file &&
  one.facts === other.facts &&
  one.certain === other.certain &&
  one.context === other.context;
