import { printable } from '#dots/model/text';
import { duration, plural } from '#dots/words/quantities';
import { sessionWords, shortSessionWords, type KeeperState, type SessionFacts } from '#dots/words/sessions';
import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import type { AliasView, FilterView, SimulationView } from '#dots/orchestrator/orchestrator';
import { aliasNodes, filterNodes } from './filterTree';
import { installedNodes, type InstalledState } from './installedTree';
import type { Mitigation } from './mitigation';
import { mitigationNode } from './mitigationTree';
import { simulationNodes } from './orchestratorTree';
import { fact, type TreeNode } from './treeNode';
import { lined } from './textLayout';

/** A session with the server of one profile. */
export interface SessionState {
  /** The profile, or `mock`. */
  name: string;
  server: string;
  cuid: string;
  production: boolean;
  /** What is known of the session now. */
  facts: SessionFacts;
  /** Whether `dots session` keeps it, and not the editor. */
  isShared?: boolean;
  /** What is wrong with the credentials soon, one sentence each. */
  warnings?: readonly string[] | undefined;
  mitigations: readonly Mitigation[];
}

/** A document that is being sent; `since`: milliseconds since 1970. */
export interface WaitingState {
  id: number;
  document: string;
  profile: string;
  since: number;
}

/** The data of the rows. */
export interface TreeState {
  waiting?: readonly WaitingState[];
  /** What is installed at servers, by profile. */
  installed?: readonly InstalledState[];
  sessions: readonly SessionState[];
  orchestrator:
    | {
        /** Of every channel, as URLs. */ addresses: readonly string[];
        mitigations: number;
        filters: readonly FilterView[];
        aliases: readonly AliasView[];
        /** What it does by its policy; undefined: it has none. */
        simulation?: { policy: string; view: SimulationView; decisions: readonly StoredDecision[] } | undefined;
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
  const { sessions, waiting = [], installed = [], now } = state;
  const orchestrator = orchestratorNode(state.orchestrator);
  if (sessions.length + waiting.length + installed.length === 0)
    return orchestrator.children.length === 0 ? [] : [orchestrator];
  const alone = installed.filter(({ name }) => sessions.every((session) => session.name !== name));
  const there = ({ name }: SessionState): TreeNode[] =>
    installed.filter((each) => each.name === name).flatMap((each) => installedNodes(each, now));
  return [
    ...waiting.map((each) => waitingNode(each, now)),
    ...sessions.map((session) => {
      const node = sessionNode(session, now);
      return { ...node, children: [...node.children, ...there(session)] };
    }),
    ...alone.map((each) => dataNode(each, now)),
    orchestrator,
  ];
}

/** A server of which only the data channel was used. */
function dataNode(state: InstalledState, now: number): TreeNode {
  const { name, cuid, readAt, error } = state;
  const words = readAt === undefined ? 'not read' : `read ${duration(Math.max(0, now - readAt) / 1000)} ago`;
  return {
    id: `data/${name}`,
    role: 'fact',
    label: printable(name),
    description: `data channel, ${words}`,
    tooltip: lined(
      `Server profile: ${name}`,
      `Data channel, ${words}`,
      `cuid: ${cuid}`,
      ...(error === undefined ? [] : [error]),
    ),
    icon: 'cloud',
    children: installedNodes(state, now),
  };
}

function waitingNode({ id, document, profile, since }: WaitingState, now: number): TreeNode {
  const elapsed = duration(Math.max(0, now - since) / 1000);
  return {
    id: `waiting/${id}`,
    role: 'waiting',
    waiting: id,
    label: printable(document),
    description: printable(`${elapsed}, no answer from ${profile} yet`),
    spoken: printable(`Sending ${document} to ${profile}, for ${elapsed}`),
    tooltip: lined(
      `${document} is being sent to ${profile}, for ${elapsed}.`,
      'A request without an answer is repeated. Stop waiting with the button of this row, or with the key Delete.',
    ),
    icon: 'sync~spin',
    children: [],
  };
}

function sessionNode(session: SessionState, now: number): TreeNode {
  const { name, server, cuid, production, facts, isShared = false } = session;
  const { state, security } = facts;
  const mitigations = session.mitigations.map((mitigation) => mitigationNode(mitigation, now, session));
  const words = shortSessionWords(facts);
  return {
    id: `session/${name}`,
    role: 'session',
    session: name,
    label: printable(name),
    description: printable(words),
    spoken: printable(`${production ? 'Production server' : 'Server'} ${name}: ${words}`),
    tooltip: lined(
      `Server profile: ${name}${production ? ' (production)' : ''}`,
      `Server: ${server}`,
      ...(state === 'connected' ? protection(security) : []),
      `State: ${sessionWords(facts)}`,
      `cuid: ${cuid}`,
      ...(isShared ? ['Kept by dots session'] : []),
    ),
    icon: production ? 'server-environment' : 'vm-active',
    color: stateColors[state] ?? (production ? 'charts.orange' : 'charts.green'),
    children: [
      ...(state === 'connected' ? [] : [lossNode(session)]),
      ...warningNodes(session),
      ...(isShared ? [sharedNode(name)] : []),
      ...(state === 'connected' ? [transportNode(session), heardNode(session)] : []),
      ...(mitigations.length > 0 || state !== 'connected' ? mitigations : [noMitigation(name)]),
    ],
  };
}

/** Red: it needs a person. Yellow: it may come back by itself. */
const stateColors: Readonly<Partial<Record<KeeperState, string>>> = {
  'never-reached': 'charts.red',
  refused: 'charts.red',
  'not-responding': 'charts.yellow',
  connecting: 'charts.yellow',
  closed: 'charts.yellow',
};

const protection = (security: SessionFacts['security']): string[] => [
  `Transport: ${security === undefined ? plainTransport : `${security.protocol}, ${security.cipherSuite}`}`,
  `Verified peer: ${security?.peerName ?? 'none, plain CoAP has no authentication'}`,
];

const noMitigation = (name: string): TreeNode =>
  fact(
    `session/${name}/none`,
    'No mitigation',
    'send a request',
    'circle-outline',
    'Open a mitigation request and press Send above it.',
  );

/** States that the rows below may be outdated, and what to do; the row above may have no space for its state. */
function lossNode({ name, facts }: SessionState): TreeNode {
  const { state } = facts;
  const [label, description] =
    state === 'connecting' ? ['Connecting', 'the rows below are as last known'] : ['No answer', 'refresh to try again'];
  return fact(
    `session/${name}/state`,
    label,
    description,
    'warning',
    lined(
      sessionWords(facts),
      'The rows below are as last known. Refresh, or send a request: both open the session again if necessary.',
    ),
  );
}

/** How old the knowledge is. */
function heardNode({ name, facts: { heardMs = 0, roundTripMs } }: SessionState): TreeNode {
  const roundTrip = roundTripMs === undefined ? [] : [`round trip ${Math.max(1, Math.round(roundTripMs))} ms`];
  return fact(
    `session/${name}/heard`,
    'Last heard',
    [`${duration(heardMs / 1000)} ago`, ...roundTrip].join(', '),
    'pulse',
    'The last message of the server: an answer, a notification or a heartbeat.',
  );
}

const sharedNode = (name: string): TreeNode =>
  fact(
    `session/${name}/kept`,
    'Session',
    'kept by dots session',
    'server-process',
    'The running command dots session has this session, also for the commands of this user, and keeps it when the editor is closed.',
  );

/** What has to be done before the next session cannot be opened. */
const warningNodes = ({ name, warnings = [] }: SessionState): TreeNode[] =>
  warnings.map((warning, index) =>
    fact(`session/${name}/warning/${index}`, 'Credentials', warning, 'warning', lined(warning)),
  );

const plainTransport = 'plain CoAP';

/** The transport and the peer of the session: what was verified, or that nothing was. */
function transportNode({ name, facts: { security } }: SessionState): TreeNode {
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
  const simulation = orchestrator?.simulation;
  const children = running
    ? [
        ...(simulation === undefined ? [] : simulationNodes(simulation.view, simulation.decisions)),
        ...filterNodes(orchestrator.filters),
        ...aliasNodes(orchestrator.aliases),
      ]
    : [];
  return {
    id: 'orchestrator',
    role: 'orchestrator',
    label: 'Mock orchestrator',
    description: running ? printable(simulation === undefined ? 'running' : `follows ${simulation.policy}`) : 'stopped',
    tooltip: running
      ? lined(
          `The embedded DOTS server listens on this machine only: ${orchestrator.addresses.join(', ')}. It has ${plural(orchestrator.mitigations, 'mitigation')}.`,
        )
      : 'The embedded DOTS server is not running. It starts when a request is sent.',
    icon: running ? 'broadcast' : 'circle-slash',
    children,
  };
}
