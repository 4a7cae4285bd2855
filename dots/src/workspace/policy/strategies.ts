import type { Fault } from '#dots/model/finding';
import { policyFault } from './fault';
import type { Conditions, Policy, Strategy } from './policy';

/** Strategies that are never taken, and DMSs that none of them sends what they stop. */
export function strategyFaults(policy: Policy): Fault[] {
  return [...unreachable(policy), ...idleDms(policy)];
}

function unreachable({ clients, targets, strategies }: Policy): Fault[] {
  return strategies.flatMap((strategy, index) => {
    const reason = contradiction(strategy.when, clients, targets) ?? covered(strategy, strategies.slice(0, index));
    if (reason === undefined) return [];
    const message = `"${strategy.name}" is never taken: ${reason}.`;
    return [policyFault('unreachable-strategy', 'warning', `/strategies/${index}`, message)];
  });
}

/** Why conditions match nothing. */
function contradiction(
  { role, vector, value, volume }: Conditions,
  clients: Policy['clients'],
  targets: Policy['targets'],
): string | undefined {
  const empty = Object.entries({ role, vector, value }).find(([, list]) => list?.length === 0);
  if (empty !== undefined) return `its "${empty[0]}" is an empty list`;
  if (volume?.below !== undefined && volume.below <= (volume.atLeast ?? 0))
    return `no volume is at least ${volume.atLeast ?? 0} and below ${volume.below}`;
  if (role !== undefined && !clients.some((client) => role.includes(client.role)))
    return `no client has the role ${role.join(' or ')}`;
  // A target that is not listed has the value "normal".
  if (value !== undefined && !value.includes('normal') && !targets.some((target) => value.includes(target.value)))
    return `no target has the value ${value.join(' or ')}`;
  return undefined;
}

/** An earlier strategy that matches whatever this one matches, and tries all of its DMSs or nodes. */
function covered(strategy: Strategy, earlier: readonly Strategy[]): string | undefined {
  const before = earlier.find((each) => isWider(each.when, strategy.when) && triesAll(each, strategy));
  return before && `"${before.name}" comes first, matches the same requests, and tries the same systems`;
}

function triesAll(one: Strategy, other: Strategy): boolean {
  const [tried, wanted] = one.use === undefined ? [one.filter, other.filter] : [one.use, other.use];
  return wanted?.every((name) => tried.includes(name)) === true;
}

/** Whether one matches whenever the other does. */
function isWider(one: Conditions, other: Conditions): boolean {
  return (
    includesAll(one.role, other.role) &&
    includesAll(one.vector, other.vector) &&
    includesAll(one.value, other.value) &&
    isWiderVolume(one.volume, other.volume) &&
    isWiderLoad(one.linkLoad, other.linkLoad)
  );
}

const includesAll = <T>(one: readonly T[] | undefined, other: readonly T[] | undefined): boolean =>
  one === undefined || (other !== undefined && other.every((item) => one.includes(item)));

/** A condition on the volume does not match an unknown volume. */
function isWiderVolume(one: Conditions['volume'], other: Conditions['volume']): boolean {
  if (one === undefined) return true;
  return (
    other !== undefined &&
    (one.atLeast ?? 0) <= (other.atLeast ?? 0) &&
    (one.below ?? Infinity) >= (other.below ?? Infinity)
  );
}

function isWiderLoad(one: Conditions['linkLoad'], other: Conditions['linkLoad']): boolean {
  return one === undefined || (other !== undefined && one.link === other.link && one.atLeast <= other.atLeast);
}

/** DMSs that no strategy sends an attack which they stop, themselves or by delegation. */
function idleDms({ dms, strategies }: Policy): Fault[] {
  const delegates = (name: string): string[] => {
    const chain = [name];
    for (let at = next(name); at !== undefined && !chain.includes(at); at = next(at)) chain.push(at);
    return chain;
  };
  const next = (name: string): string | undefined => dms.find((each) => each.name === name)?.delegatesTo;
  return dms.flatMap(({ name, stops }, index) => {
    const using = strategies.filter(({ use = [] }) => use.flatMap(delegates).includes(name));
    const isUsed = using.some(
      ({ when: { vector } }) => vector === undefined || stops.some((one) => vector.includes(one)),
    );
    if (isUsed && stops.length > 0) return [];
    const reason =
      using.length === 0
        ? 'no strategy uses it'
        : `it stops ${stops.length === 0 ? 'nothing' : stops.join(', ')}, which no strategy that uses it is for`;
    return [policyFault('idle-dms', 'warning', `/dms/${index}`, `"${name}" stops no attack: ${reason}.`)];
  });
}
