import type { VectorName } from '#dots/model/attackVectors';
import { covers, overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';
import { bitRate, duration } from '#dots/words/quantities';
import type { Policy, PolicyTarget, Role, TargetValue } from '#dots/workspace/policy/policy';

/** A number that a client reported: who, and how many seconds ago. */
export interface Reported {
  value: number;
  by: string;
  secondsAgo: number;
}

/** What DOTS messages said of a request. What nobody said is absent. */
export interface RequestFacts {
  /** The name of the client. */
  client: string;
  role: Role;
  targets: readonly Prefix[];
  /** Empty: unknown. */
  vectors: readonly VectorName[];
  /** The peak of the total attack traffic, bits per second (RFC 9244 section 8.1.3). */
  volume?: Reported;
  /** The load of links by their names, as a share of their capacity. */
  linkLoads: ReadonlyMap<string, Reported>;
}

const ranks: readonly TargetValue[] = ['low', 'normal', 'high'];

/**
 * What the targets of a request are worth: the most of them counts. For an address the longest prefix of the policy
 * decides; one that is not listed is worth `normal`.
 */
export function valueOf(targets: readonly Prefix[], policy: Pick<Policy, 'targets'>): TargetValue {
  const values = targets.flatMap((target) => valuesIn(target, policy.targets));
  return ranks.findLast((rank) => values.includes(rank)) ?? 'normal';
}

function valuesIn(target: Prefix, listed: readonly PolicyTarget[]): TargetValue[] {
  const known = listed.flatMap(({ prefix, value }) => {
    const parsed = parsePrefix(prefix);
    return parsed === undefined ? [] : [{ prefix: parsed, value }];
  });
  const [around] = known
    .filter(({ prefix }) => covers(prefix, target))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  const within = known.filter(({ prefix }) => covers(target, prefix) && prefix.length > target.length);
  return [around?.value ?? 'normal', ...within.map(({ value }) => value)];
}

/** The names of the links behind which a target lies. */
export function linksTo(target: Prefix, { targets, links }: Pick<Policy, 'targets' | 'links'>): ReadonlySet<string> {
  const limited = targets.filter(({ prefix, links: behind }) => {
    const parsed = parsePrefix(prefix);
    return behind !== undefined && parsed !== undefined && overlaps(parsed, target);
  });
  return new Set(limited.length > 0 ? limited.flatMap((each) => each.links ?? []) : links.map(({ name }) => name));
}

/** Bits per second in words. */
export const rate = (bits: number): string => bitRate(bits / 8);

/** Who reported a number, and how long ago: `collector-a, 4 s ago`. */
export const origin = ({ by, secondsAgo }: Reported): string => `${by}, ${duration(secondsAgo)} ago`;
