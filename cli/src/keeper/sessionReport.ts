import { printable, safeJson } from '#dots/model/text';
import type { KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import { sessionWords } from '#dots/words/sessions';
import { controlWords } from '#dots/signal/ledgerControls';
import type { PlannedControl } from '#dots/signal/keeper/laterFilterControl';
import { errorJson } from '../invoke';
import type { SettledTarget } from '../settledTarget';

/** A session that is kept, as it is now. */
export interface KeptSession {
  target: SettledTarget;
  snapshot: KeeperSnapshot;
  /** What is sent again with its ACLs later (RFC 9133 section 3.2.1). */
  controls: readonly Pick<PlannedControl, 'mid' | 'acls' | 'dueAt'>[];
}

/** The sessions of a keeper for a person; `pid`: its process. */
export function sessionsText(pid: number, sessions: readonly KeptSession[]): string {
  const lines = sessions.flatMap(({ target: { server, cuid, profile }, snapshot, controls }) => [
    `${server} as ${cuid}${profile === undefined ? '' : ` (profile ${profile})`}`,
    `  ${sessionWords(snapshot)}`,
    ...controls.map((control) => `  ${controlWords(control)}`),
  ]);
  const count = sessions.length === 0 ? 'no session yet' : String(sessions.length);
  return [`Process ${pid} keeps ${sessions.length === 0 ? count : `sessions: ${count}`}.`, ...lines]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

/** The same as `--format json` prints it; `pid` is null where no keeper is running. */
export function sessionsJson(pid: number | null, sessions: readonly KeptSession[]): string {
  return `${safeJson({ version: 1, process: pid, sessions: sessions.map(sessionJson) }, 2)}\n`;
}

/** Durations are milliseconds. */
function sessionJson({ target, snapshot, controls }: KeptSession): object {
  const { state, stateMs, peer, security, heardMs, roundTripMs, error, nextAttemptMs } = snapshot;
  return {
    server: target.server,
    cuid: target.cuid,
    profile: target.profile ?? null,
    state,
    stateMs: Math.round(stateMs),
    peer: peer ?? null,
    protocol: security?.protocol ?? null,
    cipherSuite: security?.cipherSuite ?? null,
    peerName: security?.peerName ?? null,
    heardMs: rounded(heardMs),
    roundTripMs: rounded(roundTripMs),
    nextAttemptMs: rounded(nextAttemptMs),
    error: error === undefined ? null : errorJson(error),
    summary: sessionWords(snapshot),
    controls: controls.map(({ mid, acls, dueAt }) => ({ mid, acls, dueAt })),
  };
}

const rounded = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));
