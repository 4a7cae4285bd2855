import type { Fault } from '#dots/model/finding';
import type { CrossRule, DocumentSet, Member, PlacedFault } from '../documentSet';
import { idleAcls } from './activation';
import { describedAttacks, unmappedAttacks } from './attacks';
import { notOffered } from './capabilities';
import { changedTargets, lateMids } from './mids';
import { unknownNames, unusedAliases } from './references';
import { doubleMids, overlappingRequests } from './overlap';
import { foreignTargets } from './prefixes';
import { quirkyRequests } from './quirks';

const rules: readonly CrossRule[] = [
  unknownNames,
  unusedAliases,
  idleAcls,
  overlappingRequests,
  doubleMids,
  alone(lateMids),
  changedTargets,
  alone(foreignTargets),
  notOffered,
  alone(quirkyRequests),
  unmappedAttacks,
  describedAttacks,
];

/** A rule that looks at each document by itself: it is evaluated once for each state of a document. */
function alone(rule: CrossRule): CrossRule {
  const known = new WeakMap<Member, PlacedFault[]>();
  return ({ members, complete }) =>
    members.flatMap((member) => {
      const faults = known.get(member) ?? rule({ members: [member], complete });
      known.set(member, faults);
      return faults;
    });
}

/** What is wrong between the documents of a set (class `cross`), by document; the same whatever their order. */
export function crossFaults(set: DocumentSet): Map<string, Fault[]> {
  const inOrder = { ...set, members: [...set.members].sort((one, other) => (one.file < other.file ? -1 : 1)) };
  const faults = new Map<string, Fault[]>();
  for (const { file, fault } of rules.flatMap((rule) => rule(inOrder))) grouped(faults, file).push(fault);
  return faults;
}

function grouped(faults: Map<string, Fault[]>, file: string): Fault[] {
  const known = faults.get(file);
  if (known !== undefined) return known;
  const made: Fault[] = [];
  faults.set(file, made);
  return made;
}
