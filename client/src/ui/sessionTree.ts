import { duration, plural } from '#dots/model/text';
import type { AliasView, FilterView } from '#dots/orchestrator/orchestrator';
import { remaining, type Mitigation } from '../features/mitigations';
import { aliasNodes, filterNodes } from './filterTree';
import { shortTarget, statusWords, targetWords } from './mitigationWords';
import { bitRate, count, traffic } from './words';

/** One row of the session view, before it becomes a tree item of the editor. */
export interface TreeNode {
  /** Stays the same while the row stands for the same thing. */
  id: string;
  label: string;
  description: string;
  tooltip: string;
  /** The name of a codicon, and a theme colour for it. */
  icon: string;
  color?: string;
  /** Which actions the row has: `contextValue` of the editor. */
  role: 'session' | 'mitigation' | 'ending' | 'orchestrator' | 'fact';
  mid?: number;
  children: TreeNode[];
}

/** What the rows are made of. */
export interface TreeState {
  session: { server: string; cuid: string; state: 'open' | 'lost' | 'closed' } | undefined;
  mitigations: readonly Mitigation[];
  orchestrator: { signal: string; data: string; mitigations: number; filters: readonly FilterView[]; aliases: readonly AliasView[] } | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** The rows of the session view: none while there is no session and nothing is installed, so that the view can say the next step instead. */
export function sessionTree(state: TreeState): TreeNode[] {
  const orchestrator = orchestratorNode(state.orchestrator);
  if (state.session === undefined) return orchestrator.children.length === 0 ? [] : [orchestrator];
  const mitigations = state.mitigations.map((mitigation) => mitigationNode(mitigation, state.now));
  return [sessionNode(state.session, mitigations), orchestrator];
}

function sessionNode(session: NonNullable<TreeState['session']>, mitigations: TreeNode[]): TreeNode {
  const open = session.state === 'open';
  const none = fact('session/none', 'No mitigation', 'send a request', 'circle-outline', 'Open a mitigation request and press Send to mock above it.');
  return {
    id: 'session', role: 'session',
    label: 'Session',
    description: `${session.state}, ${session.server.replace(/^\w+:\/\//, '')}`,
    tooltip: `DOTS signal channel session with ${session.server}\nState: ${open ? 'open, the server answers' : `${session.state}, the server does not answer`}\ncuid: ${session.cuid}`,
    icon: open ? 'vm-active' : 'debug-disconnect',
    color: open ? 'charts.green' : 'charts.yellow',
    children: mitigations.length > 0 ? mitigations : [none],
  };
}

function orchestratorNode(orchestrator: TreeState['orchestrator']): TreeNode {
  const running = orchestrator !== undefined;
  return {
    id: 'orchestrator', role: 'orchestrator',
    label: 'Mock orchestrator',
    description: running ? 'running' : 'stopped',
    tooltip: running ? `The embedded DOTS server listens on ${orchestrator.signal} and ${orchestrator.data}, on this machine only. It keeps ${plural(orchestrator.mitigations, 'mitigation')}.` : 'The embedded DOTS server is not running. It starts when a request is sent.',
    icon: running ? 'broadcast' : 'circle-slash',
    children: running ? [...filterNodes(orchestrator.filters), ...aliasNodes(orchestrator.aliases)] : [],
  };
}

function mitigationNode(mitigation: Mitigation, now: number): TreeNode {
  const { mid } = mitigation;
  const status = statusWords(mitigation.status);
  return {
    id: `mitigation/${mid}`, role: status.ending ? 'ending' : 'mitigation', mid,
    label: shortTarget(mitigation.scope),
    description: status.short,
    tooltip: `${status.sentence}\nTargets: ${targetWords(mitigation.scope)}\nmid: ${mid}`,
    icon: status.icon,
    ...(status.color === undefined ? {} : { color: status.color }),
    children: [
      fact(`mitigation/${mid}/status`, 'Status', status.short, 'pulse', `${status.sentence}\nIn the protocol: ${mitigation.status}`),
      ...(status.ending ? droppedNodes(mitigation).slice(0, 1) : [lifetimeNode(mitigation, now), ...droppedNodes(mitigation)]),
      fact(`mitigation/${mid}/mid`, 'mid', String(mid), 'key', 'The number of this request among those of this client.'),
    ],
  };
}

function lifetimeNode(mitigation: Mitigation, now: number): TreeNode {
  return fact(`mitigation/${mitigation.mid}/lifetime`, 'Lifetime', lifetimeWords(mitigation, remaining(mitigation, now)), 'clock', 'The mitigation ends when its lifetime is over, unless the request is sent again.');
}

/** What was dropped in all, then the rate. */
function droppedNodes({ mid, dropped }: Mitigation): TreeNode[] {
  if (dropped === undefined) return [fact(`mitigation/${mid}/dropped`, 'Dropped', 'not told yet', 'filter', 'The server has not told yet how much it dropped.')];
  return [
    fact(`mitigation/${mid}/dropped`, 'Dropped', `${traffic(dropped.octets)}, ${count(dropped.packets)} pkt`, 'filter', 'Octets and packets dropped since the mitigation started.'),
    fact(`mitigation/${mid}/rate`, 'Rate', `${bitRate(dropped.octetsPerSecond)}, ${count(dropped.packetsPerSecond)} pkt/s`, 'dashboard', `Dropped per second, on average, as the server tells it: ${traffic(dropped.octetsPerSecond)} or ${bitRate(dropped.octetsPerSecond)}, and ${count(dropped.packetsPerSecond)} packets.`),
  ];
}

function lifetimeWords({ granted }: Mitigation, left: number): string {
  if (left === -1) return 'indefinite';
  if (left === 0) return 'over';
  return granted === undefined || granted <= 0 ? `${duration(left)} left` : `${duration(left)} left of ${duration(granted)}`;
}

function fact(id: string, label: string, description: string, icon: string, tooltip: string): TreeNode {
  return { id, role: 'fact', label, description, tooltip, icon, children: [] };
}
