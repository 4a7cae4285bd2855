import type { NewDecision } from '#dots/dotsServer/state/decisions';
import type { DataClient } from '#dots/dotsServer/state/dataClient';
import type { Mitigation } from '#dots/dotsServer/state/lifecycle';
import type { Objection } from '#dots/dotsServer/state/mitigator';
import type { FlowspecRule } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import type { Prefix } from '#dots/model/prefix';
import type { Policy, Role } from '#dots/workspace/policy/policy';
import type { Baseline } from './policy/baseline';
import { controlPackets, refusalOf, type ProgrammedNode } from './policy/checks';
import { choose, type Decision, type Resources } from './policy/choice';
import { mismatch } from './policy/conditions';
import { linksTo, type RequestFacts } from './policy/facts';
import { answerTo, type Refusal } from './policy/refusal';
import { shapeOf } from './requestFacts';
import { clientInput, mitigationInput } from './rulesInForce';
import type { Translations } from './translations';

/** What is known when a request is decided. */
export interface Situation {
  policy: Policy;
  facts: RequestFacts;
  ownPrefixes: readonly Prefix[] | undefined;
  baselines: readonly Baseline[];
  /** The ports of the signal channels of the orchestrator and its DMSs: rules for a DMS match none of their packets. */
  signalPorts: readonly number[];
  /** How many rules each node has, by name. */
  installed: ReadonlyMap<string, number>;
  resources: Omit<Resources, 'rulesNeeded' | 'freeRules'>;
  translations: Translations;
}

/** A request with what it may name. */
export interface AskedMitigation {
  mitigation: Pick<Mitigation, 'cuid' | 'mid' | 'scope'>;
  /** The ACLs that are active with it and are not yet. */
  acls: JsonObject[];
  stored: DataClient | undefined;
}

/** What is done for a request, or why it is refused. */
export type Outcome = { decision: Omit<NewDecision, 'at' | 'cuid'>; rules: number } | { refusal: Refusal };

/** Decides a request, and checks what it would install before it is answered. */
export function decideRequest(asked: AskedMitigation, situation: Situation): Outcome {
  const { policy, facts } = situation;
  const rules = rulesOf(asked, situation.translations);
  const free = policy.nodes.map(({ name, rules: most }): [string, number] => [
    name,
    most - (situation.installed.get(name) ?? 0),
  ]);
  const resources = { ...situation.resources, freeRules: new Map(free), rulesNeeded: rules.length };
  const decision = actsOnNothing(asked, facts, rules) ? withoutAddress : choose(policy, facts, resources);
  const nodes = filteringNodes(decision, situation);
  const refusal = refusalOf(
    {
      role: facts.role,
      targets: facts.targets,
      ownPrefixes: situation.ownPrefixes,
      scope: shapeOf(asked.mitigation.scope),
      rules: decision.action === 'scrub' ? [] : rules,
    },
    {
      nodes: programmed(policy, nodes, situation.installed),
      baselines: situation.baselines,
      signalPorts: situation.signalPorts,
    },
  );
  if (refusal !== undefined) return { refusal };
  const dropped =
    decision.action === 'filter' && facts.role !== 'dms' ? controlPackets(rules, situation.signalPorts) : [];
  const note = dropped.length === 0 ? '' : `; this also drops ${dropped.join(' and ')}`;
  const { mid } = asked.mitigation;
  return {
    decision: { ...stored(decision, situation), mid, reason: decision.reason + note },
    rules: decision.action === 'filter' ? rules.length : 1,
  };
}

const withoutAddress: Decision = {
  action: 'none',
  reason: 'no mitigation: none of its targets has an address; name prefixes',
};

/** Whether a request names nothing that packets can be matched with, such as names without addresses. */
const actsOnNothing = ({ mitigation }: AskedMitigation, { targets }: RequestFacts, rules: readonly FlowspecRule[]) =>
  targets.length === 0 && rules.length === 0 && !shapeOf(mitigation.scope).acls;

/** Checks ACLs that are about to be active. */
export function refusalOfAcls(
  acls: JsonObject[],
  client: DataClient,
  situation: Omit<Situation, 'resources'>,
): Refusal | undefined {
  const { policy, facts, installed, baselines, signalPorts } = situation;
  const rules = situation.translations.of([clientInput(client, acls, true)]);
  const scope = { acls: true, targetPorts: false, sources: false };
  const nodes = programmed(policy, aclNodes(facts.role, policy), installed);
  return refusalOf(
    { role: facts.role, targets: [], ownPrefixes: undefined, scope, rules },
    { nodes, baselines, signalPorts },
  );
}

/** The nodes of a client's ACLs: those of the first filtering strategy that matches the client, else all. */
export function aclNodes(role: Role, policy: Policy): string[] {
  const facts = { client: '', role, targets: [], vectors: [], linkLoads: new Map<string, never>() };
  const first = policy.strategies.find(
    ({ filter, when }) => filter !== undefined && mismatch(when, facts, policy) === undefined,
  );
  return [...(first?.filter ?? policy.nodes.map(({ name }) => name))];
}

export const objectionOf = (refusal: Refusal): Objection => ({ ...answerTo(refusal), text: refusal.text });

/** The rules that a request adds where it is filtered: with `acl-list` those of its ACLs alone. */
function rulesOf({ mitigation, acls, stored: client }: AskedMitigation, translations: Translations): FlowspecRule[] {
  const namesAliases = mitigation.scope['alias-name'] !== undefined;
  const ofClient = client !== undefined && (namesAliases || acls.length > 0) ? [clientInput(client, acls, true)] : [];
  const ofScope = shapeOf(mitigation.scope).acls ? [] : [mitigationInput(mitigation, undefined, true)];
  return [...translations.of([...ofClient, ...ofScope])];
}

/** The nodes whose limits count: those that filter or, where nothing is left, those that the policy would have used. */
function filteringNodes(decision: Decision, { policy, facts }: Situation): readonly string[] {
  if (decision.action === 'filter') return decision.nodes;
  if (decision.action === 'scrub') return [];
  const first = policy.strategies.find(({ when }) => mismatch(when, facts, policy) === undefined);
  return first?.filter ?? [];
}

const programmed = (
  { nodes }: Policy,
  names: readonly string[],
  installed: ReadonlyMap<string, number>,
): ProgrammedNode[] =>
  nodes
    .filter(({ name }) => names.includes(name))
    .map((node) => ({ ...node, installed: installed.get(node.name) ?? 0 }));

function stored(
  decision: Decision,
  { policy, facts }: Situation,
): Pick<NewDecision, 'client' | 'action' | 'strategy' | 'dms' | 'nodes' | 'redirect'> {
  const { client } = facts;
  if (decision.action === 'none') return { client, action: 'none' };
  const { action, strategy } = decision;
  if (action === 'filter') return { client, action, strategy, nodes: [...decision.nodes] };
  const { dms } = decision;
  const divert = policy.dms.find(({ name }) => name === dms)?.divert;
  if (divert?.by !== 'flowspec-redirect') return { client, action, strategy, dms };
  return { client, action, strategy, dms, redirect: divert.routeTarget, nodes: nodesTo(facts.targets, policy) };
}

/** The nodes through which traffic reaches targets. */
function nodesTo(targets: readonly Prefix[], policy: Policy): string[] {
  const links = new Set(targets.flatMap((target) => [...linksTo(target, policy)]));
  return policy.nodes.filter((node) => node.links.some((link) => links.has(link))).map(({ name }) => name);
}
