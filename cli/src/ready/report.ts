import type { DotsError } from '#dots/model/errors';
import { oneLine, printable } from '#dots/model/text';
import { plural } from '#dots/words/quantities';
import type { ExitStatus } from '../command';

/** What `dots ready` checks, in the order in which it is printed. */
export type CheckName =
  | 'credentials'
  | 'signal channel'
  | 'heartbeat'
  | 'kept session'
  | 'data channel'
  | 'aliases and ACLs'
  | 'lifetimes'
  | 'preconfigured mitigations'
  | 'documents'
  | 'own prefixes'
  | 'datagram limit';

/** soon: ready today, with something to do; skipped: not applicable, or not possible without a change. */
export type Result = 'ok' | 'soon' | 'not-ready' | 'unreachable' | 'skipped';

/** The result of one check. */
export interface Check {
  check: CheckName;
  result: Result;
  /** What was found, in a sentence. */
  message: string;
  /** Parts of it, a line each. */
  details: string[];
  /** What to do: commands to be typed as they are, or a sentence. */
  todo: string[];
}

/** All checks of one profile. */
export interface Readiness {
  profile: string;
  server: string | null;
  data: string | null;
  cuid: string | null;
  checks: Check[];
}

/** Whether a client can ask for mitigation now. */
export type Verdict = 'ready' | 'not-ready' | 'unreachable';

/** A check; without `todo` there is nothing to do. */
export const checked = (
  check: CheckName,
  result: Result,
  message: string,
  { details = [], todo = [] }: { details?: string[]; todo?: string[] } = {},
): Check => ({ check, result, message, details, todo });

/** A check that ended with an error. */
export const failedCheck = (check: CheckName, { kind, message, hint }: DotsError): Check =>
  checked(check, kind === 'unreachable' ? 'unreachable' : 'not-ready', message, {
    todo: hint === undefined ? [] : [hint],
  });

/** The worst result decides. */
function verdictOf({ checks }: Readiness): Verdict {
  const results = checks.map(({ result }) => result);
  return (['unreachable', 'not-ready'] as const).find((verdict) => results.includes(verdict)) ?? 'ready';
}

const statuses: Readonly<Record<Verdict, ExitStatus>> = { ready: 0, 'not-ready': 1, unreachable: 3 };

/** The verdict on several profiles. */
export function worstOf(all: readonly Readiness[]): Verdict {
  const verdicts = all.map(verdictOf);
  return (['unreachable', 'not-ready'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'ready';
}

/** The exit status for several profiles: that of the worst. */
export const statusOf = (all: readonly Readiness[]): ExitStatus => statuses[worstOf(all)];

/** What there is to do, each step once, the urgent ones first. */
function todoOf({ checks }: Readiness): string[] {
  const urgent = checks.filter(({ result }) => result !== 'soon');
  const later = checks.filter(({ result }) => result === 'soon');
  return [...new Set([...urgent, ...later].flatMap(({ todo }) => todo))];
}

/** As `--format json` prints it; all keys are always there. */
export const readinessJson = (each: Readiness): object => ({
  profile: each.profile,
  verdict: verdictOf(each),
  server: each.server,
  data: each.data,
  cuid: each.cuid,
  checks: each.checks,
  todo: todoOf(each),
});

const verdicts: Readonly<Record<Verdict, string>> = {
  ready: 'ready',
  'not-ready': 'NOT READY',
  unreachable: 'NOT REACHED',
};

/** The same as text: the verdict first, then each check, then what to do. */
export function readinessText(each: Readiness): string {
  const { profile, server, data, cuid, checks } = each;
  const todo = todoOf(each);
  const places = [server, data, cuid && `cuid ${cuid}`].filter((place) => place);
  const count = todo.length === 0 ? '' : `, ${plural(todo.length, 'step')} to do`;
  return [
    `${profile}: ${verdicts[verdictOf(each)]}${count}${places.length === 0 ? '' : ` (${places.join(', ')})`}`,
    ...checks.flatMap(({ check, result, message, details }) => [
      `  ${result.padEnd(11)}  ${check}: ${oneLine(message, 500)}`,
      ...details.map((detail) => `               ${detail}`),
    ]),
    ...(todo.length === 0 ? [] : ['To do:', ...todo.map((step, index) => `  ${index + 1}. ${step}`)]),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}
