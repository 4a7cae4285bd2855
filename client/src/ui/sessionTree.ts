import type { Security } from '#dots/coap/messages/channel';
import { printable } from '#dots/model/text';
import { bitRate, count, duration, plural, traffic } from '#dots/words/quantities';
import type { AliasView, FilterView } from '#dots/orchestrator/orchestrator';
import { aliasNodes, filterNodes } from './filterTree';
import { remaining, type Mitigation } from './mitigation';
import { fact, type TreeNode } from './treeNode';
import { mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { shortTarget, targetWords } from '#dots/words/targets';
import { statusIcon } from './statusIcons';
import { lined } from './textLayout';

/** A session with the server of one profile. */
export interface SessionState {
  /** The profile, or `mock`. */
  name: string;
  server: string;
  cuid: string;
  production: boolean;
  state: 'open' | 'lost' | 'closed';
  /** How it is protected; undefined on a plain path. */
  security?: Security | undefined;
  /** What is wrong with the credentials soon, one sentence each. */
  warnings?: readonly string[] | undefined;
  mitigations: readonly Mitigation[];
}

/** The data of the rows. */
export interface TreeState {
  sessions: readonly SessionState[];
  orchestrator:
    | {
        /** Of every channel, as URLs. */ addresses: readonly string[];
        mitigations: number;
        filters: readonly FilterView[];
        aliases: readonly AliasView[];
      }
    | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * The rows of the session view: none while there is no session and nothing is installed, so that the view shows the
 * next step instead.
 */
export function sessionTree(state: TreeState): TreeNode[] {
  const orchestrator = orchestratorNode(state.orchestrator);
  if (state.sessions.length === 0) return orchestrator.children.length === 0 ? [] : [orchestrator];
  return [...state.sessions.map((session) => sessionNode(session, state.now)), orchestrator];
}

function sessionNode(session: SessionState, now: number): TreeNode {
  const { name, server, cuid, production, state, security } = session;
  const open = state === 'open';
  const mitigations = session.mitigations.map((mitigation) => mitigationNode(mitigation, now, name));
  const none = fact(
    `session/${name}/none`,
    'No mitigation',
    'send a request',
    'circle-outline',
    'Open a mitigation request and press Send above it.',
  );
  return {
    id: `session/${name}`,
    role: 'session',
    session: name,
    label: printable(`Session with ${name}`),
    description: [state, ...(production ? ['production'] : [])].join(', '),
    tooltip: lined(
      `Server profile: ${name}${production ? ' (production)' : ''}`,
      `Server: ${server}`,
      `Transport: ${security === undefined ? plainTransport : `${security.protocol}, ${security.cipherSuite}`}`,
      `Verified peer: ${security?.peerName ?? 'none, plain CoAP has no authentication'}`,
      `State: ${open ? 'open, the server responds' : `${state}, the server is not responding`}`,
      `cuid: ${cuid}`,
    ),
    icon: open ? 'vm-active' : 'debug-disconnect',
    color: open ? 'charts.green' : 'charts.yellow',
    children: [
      ...(open ? [] : [lossNode(session)]),
      ...warningNodes(session),
      transportNode(session),
      ...(mitigations.length > 0 ? mitigations : [none]),
    ],
  };
}

/** States that the rows below may be outdated, and what to do; the row above may have no space for its state. */
function lossNode({ name, state }: SessionState): TreeNode {
  const sentence =
    state === 'lost'
      ? 'Server not responding. Showing the last known state.'
      : 'Session ended. Showing the last known state.';
  return fact(
    `session/${name}/state`,
    state === 'lost' ? 'No answer' : 'Ended',
    'refresh to try again',
    'warning',
    `${sentence}\nRefresh the status, or send a request: both open the session again if necessary.`,
  );
}

/** What has to be done before the next session cannot be opened. */
const warningNodes = ({ name, warnings = [] }: SessionState): TreeNode[] =>
  warnings.map((warning, index) =>
    fact(`session/${name}/warning/${index}`, 'Credentials', warning, 'warning', lined(warning)),
  );

const plainTransport = 'plain CoAP';

/** The transport and the peer of the session: what was verified, or that nothing was. */
function transportNode({ name, security }: SessionState): TreeNode {
  if (security === undefined)
    return fact(
      `session/${name}/transport`,
      'Transport',
      plainTransport,
      'unlock',
      'Plain CoAP, to this machine only: nothing is encrypted or authenticated.',
    );
  return fact(
    `session/${name}/transport`,
    security.protocol,
    security.peerName,
    'lock',
    lined(
      security.asked === false
        ? 'The server is authenticated, and did not request a client certificate.'
        : 'Both ends are authenticated.',
      `Verified peer: ${security.peerName}`,
      `Cipher suite: ${security.cipherSuite}`,
    ),
  );
}

function orchestratorNode(orchestrator: TreeState['orchestrator']): TreeNode {
  const running = orchestrator !== undefined;
  return {
    id: 'orchestrator',
    role: 'orchestrator',
    label: 'Mock orchestrator',
    description: running ? 'running' : 'stopped',
    tooltip: running
      ? lined(
          `The embedded DOTS server listens on this machine only: ${orchestrator.addresses.join(', ')}. It has ${plural(orchestrator.mitigations, 'mitigation')}.`,
        )
      : 'The embedded DOTS server is not running. It starts when a request is sent.',
    icon: running ? 'broadcast' : 'circle-slash',
    children: running ? [...filterNodes(orchestrator.filters), ...aliasNodes(orchestrator.aliases)] : [],
  };
}

function mitigationNode(mitigation: Mitigation, now: number, session: string): TreeNode {
  const { mid } = mitigation;
  const status = mitigationStatusWords(mitigation.status);
  const id = `mitigation/${session}/${mid}`;
  return {
    id,
    role: status.ending ? 'ending' : 'mitigation',
    mid,
    session,
    label: printable(shortTarget(mitigation.scope)),
    description: printable(status.short),
    tooltip: lined(
      status.sentence,
      `Targets: ${targetWords(mitigation.scope)}`,
      ...aliasLines(mitigation),
      `mid: ${mid}`,
    ),
    ...statusIcon(mitigation.status),
    children: [
      fact(
        `${id}/status`,
        'Status',
        status.short,
        'pulse',
        lined(status.sentence, `In the protocol: ${mitigation.status}`),
      ),
      ...(status.ending
        ? droppedNodes(mitigation, id).slice(0, 1)
        : [lifetimeNode(mitigation, now, id), ...droppedNodes(mitigation, id)]),
      fact(`${id}/mid`, 'mid', String(mid), 'key', 'The number of this request among those of this client.'),
    ],
  };
}

/** The targets of the aliases when the request was sent: the server may have others of the same name. */
const aliasLines = ({ aliases = {} }: Mitigation): string[] =>
  Object.entries(aliases).map(
    ([name, targets]) => `Alias ${name}, as your documents define it: ${targets.join(', ') || 'no target'}`,
  );

function lifetimeNode(mitigation: Mitigation, now: number, id: string): TreeNode {
  return fact(
    `${id}/lifetime`,
    'Lifetime',
    lifetimeWords(mitigation, remaining(mitigation, now)),
    'clock',
    'The mitigation ends when its lifetime expires, unless the request is sent again.',
  );
}

/** The total dropped, then the rate. */
function droppedNodes({ dropped }: Mitigation, id: string): TreeNode[] {
  if (dropped === undefined)
    return [
      fact(
        `${id}/dropped`,
        'Dropped',
        'not reported yet',
        'filter',
        'The server has not reported yet how much it dropped.',
      ),
    ];
  return [
    fact(
      `${id}/dropped`,
      'Dropped',
      `${traffic(dropped.octets)}, ${count(dropped.packets)} pkt`,
      'filter',
      'Octets and packets dropped since the mitigation started.',
    ),
    fact(
      `${id}/rate`,
      'Rate',
      `${bitRate(dropped.octetsPerSecond)}, ${count(dropped.packetsPerSecond)} pkt/s`,
      'dashboard',
      `Dropped per second, on average, as reported by the server: ${traffic(dropped.octetsPerSecond)} or ${bitRate(dropped.octetsPerSecond)}, and ${count(dropped.packetsPerSecond)} packets.`,
    ),
  ];
}

function lifetimeWords({ granted }: Mitigation, left: number): string {
  if (left === -1) return 'indefinite';
  if (left === 0) return 'over';
  return granted === undefined || granted <= 0
    ? `${duration(left)} left`
    : `${duration(left)} left of ${duration(granted)}`;
}
