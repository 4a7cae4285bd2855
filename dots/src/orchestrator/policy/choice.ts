import { overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';
import { plural } from '#dots/words/quantities';
import type { Policy, PolicyDms, PolicyNode, Strategy } from '#dots/workspace/policy/policy';
import { mismatch } from './conditions';
import { linksTo, origin, rate, type RequestFacts } from './facts';

/** What the orchestrator knows of its DMSs and nodes at the time of a decision. */
export interface Resources {
  /** Bits per second that each DMS still has, by name; absent: its whole capacity. */
  freeCapacity: ReadonlyMap<string, number>;
  /** DMSs that cannot be asked, by name, each with the reason. */
  unavailable: ReadonlyMap<string, string>;
  /** How many rules each node still takes, by name; absent: its whole budget. */
  freeRules: ReadonlyMap<string, number>;
  /** How many rules the request needs where it is filtered. */
  rulesNeeded: number;
}

/** What is done for a request, and why, in words that name the inputs. */
export type Decision = { reason: string } & (
  | { action: 'scrub'; strategy: string; dms: string }
  | { action: 'filter'; strategy: string; nodes: readonly string[] }
  | { action: 'none' }
);

/**
 * The first strategy whose conditions match, and of whose DMSs or nodes one has capacity left. Of a strategy's DMSs the
 * first one that carries the targets, stops the vectors and has capacity is taken; an unknown vector or volume excludes
 * none.
 */
export function choose(policy: Policy, facts: RequestFacts, resources: Resources): Decision {
  const passed: string[] = [];
  for (const strategy of policy.strategies) {
    const reason = mismatch(strategy.when, facts, policy);
    const tried = reason === undefined ? attempt(strategy, { policy, facts, resources }) : reason;
    if (typeof tried !== 'string') return tried;
    passed.push(`"${strategy.name}": ${tried}`);
  }
  const why = passed.length === 0 ? 'the policy has no strategy' : passed.join('; ');
  return { action: 'none', reason: `no mitigation: ${why}` };
}

interface Situation {
  policy: Policy;
  facts: RequestFacts;
  resources: Resources;
}

/** The decision of a strategy whose conditions match, or why it has no capacity left. */
function attempt(strategy: Strategy, situation: Situation): Decision | string {
  return strategy.use === undefined
    ? filterBy(strategy.name, strategy.filter, situation)
    : scrubBy(strategy.name, strategy.use, situation);
}

function scrubBy(strategy: string, names: readonly string[], situation: Situation): Decision | string {
  const excluded: string[] = [];
  for (const [index, name] of names.entries()) {
    const dms = situation.policy.dms.find((each) => each.name === name);
    const obstacle = dms === undefined ? `no DMS is called "${name}"` : obstacleTo(dms, situation);
    if (dms !== undefined && obstacle === undefined) {
      const others = [...names.slice(0, index), ...names.slice(index + 1)];
      const chosen = others.length === 0 ? name : `${name}, not ${others.join(' or ')}`;
      const why = [...excluded, fit(dms, situation)].join(', ');
      return { action: 'scrub', strategy, dms: name, reason: `${chosen}: ${why}; strategy "${strategy}"` };
    }
    excluded.push(`${name} excluded (${obstacle ?? ''})`);
  }
  return excluded.join(', ');
}

/** Why a DMS cannot take a request; undefined where it can. */
function obstacleTo(dms: PolicyDms, { policy, facts, resources }: Situation): string | undefined {
  const unavailable = resources.unavailable.get(dms.name);
  if (unavailable !== undefined) return unavailable;
  if (!facts.targets.every((target) => carries(dms, target, policy))) return 'does not carry the target';
  const other = facts.vectors.find((vector) => !dms.stops.includes(vector));
  if (other !== undefined) return `does not stop ${other}`;
  const free = freeOf(dms, resources);
  const { volume } = facts;
  if (volume === undefined) return free > 0 ? undefined : 'no capacity free';
  if (volume.value <= free) return undefined;
  return `peak ${rate(volume.value)} (${origin(volume)}) exceeds ${rate(free)} free`;
}

const freeOf = (dms: PolicyDms, { freeCapacity }: Resources): number => freeCapacity.get(dms.name) ?? dms.capacity;

function fit(dms: PolicyDms, { facts: { volume }, resources }: Situation): string {
  const free = `${rate(freeOf(dms, resources))} free`;
  return volume === undefined
    ? `volume unknown, ${free}`
    : `peak ${rate(volume.value)} (${origin(volume)}) fits ${free}`;
}

function carries({ carries: all }: PolicyDms, target: Prefix, policy: Policy): boolean {
  const links = linksTo(target, policy);
  return all.some((each) => {
    const prefix = parsePrefix(each);
    return prefix === undefined ? links.has(each) : overlaps(prefix, target);
  });
}

function filterBy(strategy: string, names: readonly string[], { policy, resources }: Situation): Decision | string {
  const nodes = policy.nodes.filter(({ name }) => names.includes(name));
  const free = (node: PolicyNode): number => resources.freeRules.get(node.name) ?? node.rules;
  const need = plural(resources.rulesNeeded, 'rule');
  const full = nodes.filter((node) => free(node) < resources.rulesNeeded);
  if (full.length > 0) return full.map((node) => `${node.name} has ${free(node)} left of ${need}`).join(', ');
  const budgets = nodes.map((node) => `${free(node)} left on ${node.name}`).join(', ');
  return {
    action: 'filter',
    strategy,
    nodes: nodes.map(({ name }) => name),
    reason: `filter on ${nodes.map(({ name }) => name).join(' and ')}: ${need}, ${budgets}; strategy "${strategy}"`,
  };
}
