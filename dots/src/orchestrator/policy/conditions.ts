import type { Conditions, Policy } from '#dots/workspace/policy/policy';
import { rate, valueOf, type RequestFacts } from './facts';

/**
 * Why the conditions of a strategy do not match a request: the first of them that does not, with its input in words.
 * Undefined where all match. A condition whose input is unknown does not match.
 */
export function mismatch(when: Conditions, facts: RequestFacts, policy: Pick<Policy, 'targets'>): string | undefined {
  return (
    roleMismatch(when, facts) ??
    vectorMismatch(when, facts) ??
    valueMismatch(when, facts, policy) ??
    volumeMismatch(when, facts) ??
    loadMismatch(when, facts)
  );
}

const roleMismatch = ({ role }: Conditions, facts: RequestFacts): string | undefined =>
  role === undefined || role.includes(facts.role) ? undefined : `role is ${facts.role}`;

/** All vectors of the request have to be listed: a strategy for one of them does not stop the others. */
function vectorMismatch({ vector }: Conditions, { vectors }: RequestFacts): string | undefined {
  if (vector === undefined) return undefined;
  if (vectors.length === 0) return 'vector unknown';
  const other = vectors.find((each) => !vector.includes(each));
  return other && `vector is ${other}`;
}

function valueMismatch({ value }: Conditions, { targets }: RequestFacts, policy: Pick<Policy, 'targets'>) {
  const actual = valueOf(targets, policy);
  return value === undefined || value.includes(actual) ? undefined : `value of the target is ${actual}`;
}

function volumeMismatch({ volume }: Conditions, facts: RequestFacts): string | undefined {
  if (volume === undefined) return undefined;
  if (facts.volume === undefined) return 'volume unknown';
  const { value } = facts.volume;
  if (value < (volume.atLeast ?? 0)) return `${rate(value)} is below ${rate(volume.atLeast ?? 0)}`;
  return value < (volume.below ?? Infinity) ? undefined : `${rate(value)} is not below ${rate(volume.below ?? 0)}`;
}

function loadMismatch({ linkLoad }: Conditions, { linkLoads }: RequestFacts): string | undefined {
  if (linkLoad === undefined) return undefined;
  const load = linkLoads.get(linkLoad.link);
  if (load === undefined) return `load of ${linkLoad.link} unknown`;
  return load.value >= linkLoad.atLeast ? undefined : `load of ${linkLoad.link} is ${percent(load.value)}`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
