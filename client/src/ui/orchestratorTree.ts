import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import { printable } from '#dots/model/text';
import { formatPrefix } from '#dots/model/prefix';
import type { SimulationView } from '#dots/orchestrator/orchestrator';
import { mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { bitRate, plural } from '#dots/words/quantities';
import { carrierWords, decisionLine, faultWords, loadWords, rulesWords } from '#dots/words/simulation';
import { statusIcon } from './statusIcons';
import { lined } from './textLayout';
import { fact, type TreeNode } from './treeNode';

/** How many decisions are shown. */
const mostDecisions = 5;

/** What the orchestrator of a policy does now, in groups. */
export function simulationNodes(view: SimulationView, decisions: readonly StoredDecision[]): TreeNode[] {
  const { mitigations, dms, links, nodes, traffic } = view;
  return [
    group('mitigations', 'Mitigations', mitigations.map(carriedNode), 'none yet: send a request'),
    group('dms', 'DMSs', dms.map(dmsNode), 'the policy has none'),
    group('links', 'Links', links.map(linkNode), 'the policy has none'),
    group('nodes', 'Forwarding nodes', nodes.map(forwardingNode), 'the policy has none'),
    group('traffic', 'Traffic', traffic.map(trafficNode), 'none: begin a simulated attack'),
    group('decisions', 'Latest decisions', decisions.slice(-mostDecisions).reverse().map(decisionNode), 'none yet'),
  ];
}

function group(id: string, label: string, children: TreeNode[], empty: string): TreeNode {
  const description = children.length === 0 ? empty : String(children.length);
  return { ...fact(`simulation/${id}`, label, description, groupIcons[id] ?? 'list-unordered', label), children };
}

const groupIcons: Readonly<Record<string, string>> = {
  mitigations: 'shield',
  dms: 'server-process',
  links: 'git-commit',
  nodes: 'circuit-board',
  traffic: 'pulse',
  decisions: 'law',
};

type Row<K extends keyof SimulationView> = SimulationView[K][number];

function carriedNode(mitigation: Row<'mitigations'>): TreeNode {
  const { client, mid, cuid, targets, statusLabel, strategy } = mitigation;
  const { short, sentence } = mitigationStatusWords(statusLabel);
  const [first = 'no target', ...rest] = targets;
  const target = rest.length === 0 ? first : `${first} +${rest.length}`;
  const by = carrierWords(mitigation);
  return {
    ...fact(`simulation/mitigation/${cuid}/${mid}`, `${client}: ${target}`, `${by}, ${short}`, '', ''),
    ...statusIcon(statusLabel),
    spoken: printable(`Mitigation of ${target} for ${client}, ${by}: ${short}`),
    tooltip: lined(
      sentence,
      `Client: ${client}`,
      `Targets: ${targets.join(', ')}`,
      ...(strategy === undefined ? [] : [`Strategy: ${strategy}`]),
      `mid: ${mid}`,
    ),
  };
}

function dmsNode({ name, load, capacity, mitigations, fault, address }: Row<'dms'>): TreeNode {
  const wrong = fault === undefined ? [] : [faultWords(fault)];
  const words = [...wrong, loadWords(load, capacity), plural(mitigations, 'mitigation')].join(', ');
  return {
    ...fact(`simulation/dms/${name}`, name, words, 'server-process', ''),
    ...loadLook(load, capacity, fault !== undefined),
    role: 'dms',
    subject: name,
    spoken: printable(`DMS ${name}: ${words}`),
    tooltip: lined(
      `DDoS mitigation system ${name}`,
      `Traffic: ${loadWords(load, capacity)}`,
      ...(fault === undefined ? [] : [`Fault: it ${faultWords(fault)}`]),
      ...(address === undefined ? [] : [`Signal channel: ${address}`]),
    ),
  };
}

function linkNode({ name, load, capacity }: Row<'links'>): TreeNode {
  const words = loadWords(load, capacity);
  return {
    ...fact(`simulation/link/${name}`, name, words, 'git-commit', lined(`Link ${name}: ${words}`)),
    ...loadLook(load, capacity),
    spoken: printable(`Link ${name}: ${words}`),
  };
}

/** Red: more than its capacity, or with a fault. Yellow: nearly full. */
function loadLook(load: number, capacity: number, isFaulty = false): Pick<TreeNode, 'color'> {
  if (isFaulty || load > capacity) return { color: 'charts.red' };
  return load > 0.8 * capacity ? { color: 'charts.yellow' } : {};
}

function forwardingNode({ name, rules, budget }: Row<'nodes'>): TreeNode {
  const words = rulesWords(rules, budget);
  return {
    ...fact(`simulation/node/${name}`, name, words, 'circuit-board', lined(`${name} has ${words}. Open its table.`)),
    role: 'node',
    subject: name,
    opens: 'dots.nodeFlowspec',
    spoken: printable(`Forwarding node ${name}: ${words}. Opens its Flowspec rules.`),
  };
}

function trafficNode({ name, label, kind, vector, to, rate }: Row<'traffic'>): TreeNode {
  const words = `${bitRate(rate / 8)} to ${formatPrefix(to)}`;
  const what = vector ?? kind;
  return {
    ...fact(
      `simulation/traffic/${name}`,
      label,
      words,
      kind === 'attack' ? 'flame' : 'pass',
      lined(`${what}: ${words}`),
    ),
    role: kind === 'attack' ? 'attack' : 'fact',
    subject: name,
    spoken: printable(`${kind === 'attack' ? 'Attack' : 'Legitimate traffic'} ${label}: ${words}`),
  };
}

function decisionNode(decision: StoredDecision): TreeNode {
  const { number, client, reason, at } = decision;
  const time = new Date(at).toISOString().slice(11, 19);
  return {
    ...fact(`simulation/decision/${number}`, client, reason, 'law', lined(decisionLine(decision))),
    spoken: printable(`${time} UTC, ${client}: ${reason}`),
  };
}
