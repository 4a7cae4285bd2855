import { describeError } from '#dots/model/errors';
import { oneLine } from '#dots/model/text';
import { duration } from './quantities';

/** What is known of the protection of a session. */
export interface SecurityFacts {
  protocol: string;
  cipherSuite: string;
  /** The name that the peer's certificate was verified for, or the identity of the pre-shared key. */
  peerName: string;
  /** Starts with `psk:` for a pre-shared key. */
  identity: string;
  /** Whether the server asked for the client's credentials; undefined where that is unknown. */
  asked?: boolean | undefined;
}

/** How a session is protected, and which peer was verified. */
export function securityWords({ protocol, cipherSuite, peerName, identity, asked }: SecurityFacts): string {
  const proof = identity.startsWith('psk:') ? 'pre-shared key of' : 'verified:';
  const unasked = asked === false ? ', which did not ask for client credentials' : '';
  return `over ${protocol} (${cipherSuite}), ${proof} ${oneLine(peerName, 120)}${unasked}`;
}

/**
 * The state of a session that is kept. `never-reached`: no attempt has succeeded, and none is under way for the first
 * time; `not-responding`: it was established, and the server is silent or has ended it; `refused`: one end refuses the
 * other, or a setting is wrong.
 */
export type KeeperState = 'never-reached' | 'connecting' | 'connected' | 'not-responding' | 'refused' | 'closed';

/** What is known of a session that is kept; durations in milliseconds. */
export interface SessionFacts {
  state: KeeperState;
  stateMs: number;
  security: SecurityFacts | undefined;
  heardMs: number | undefined;
  roundTripMs: number | undefined;
  error: unknown;
  nextAttemptMs: number | undefined;
}

/** The state in a word or two. */
const stateNames: Readonly<Record<KeeperState, string>> = {
  'never-reached': 'never reached',
  connecting: 'connecting',
  connected: 'connected',
  'not-responding': 'not responding',
  refused: 'refused',
  closed: 'closed',
};

const seconds = (milliseconds: number): string => duration(milliseconds / 1000);

/** The state of a session that is kept in a few words, with the cause where there is one, for a row. */
export function shortSessionWords({ state, stateMs, error }: SessionFacts): string {
  const name = stateNames[state];
  if (state === 'not-responding') return `${name} for ${seconds(stateMs)}`;
  return state === 'refused' && error instanceof Error ? `${name}: ${error.message}` : name;
}

/** The state of a session that is kept in one line: since when, how it is protected, and what follows. */
export function sessionWords(facts: SessionFacts): string {
  return [stateSentence(facts), nextAttempt(facts)].filter((part) => part !== undefined).join(' ');
}

function stateSentence(facts: SessionFacts): string {
  const { state, stateMs, error } = facts;
  const name = stateNames[state];
  if (state === 'connected') return `${[name, ...connectionFacts(facts)].join(', ')}.`;
  if (state === 'closed' || state === 'connecting') return `${name}.`;
  const since = state === 'not-responding' ? `${name} for ${seconds(stateMs)}` : name;
  return error === undefined ? `${since}.` : `${since}: ${describeError(error)}`;
}

function connectionFacts({ security, heardMs, roundTripMs }: SessionFacts): string[] {
  return [
    security === undefined ? 'over plain CoAP' : securityWords(security),
    ...(heardMs === undefined ? [] : [`last heard ${seconds(heardMs)} ago`]),
    ...(roundTripMs === undefined ? [] : [`round trip ${Math.round(roundTripMs)} ms`]),
  ];
}

function nextAttempt({ nextAttemptMs }: SessionFacts): string | undefined {
  return nextAttemptMs === undefined ? undefined : `Next attempt in ${seconds(nextAttemptMs)}.`;
}
