import type { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { printable, safeJson } from '#dots/model/text';
import type { Answer } from '#dots/signal/answer';
import type { ClientLedger, LedgerEntry } from '#dots/signal/ledger';
import { codeWords } from '#dots/words/codes';
import { mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { count, lifetime as lifetimeWords, traffic } from '#dots/words/quantities';
import { targetWords, targetsOf } from '#dots/words/targets';
import type { ExitStatus } from './command';
import { isGoneMock } from './goneMock';
import { errorJson } from './invoke';
import type { Io } from './io';

/** One mitigation as a command found it or left it. */
export interface MitigationLine {
  mid: number;
  /** What the server says now; null where it says nothing. */
  status: string | null;
  /** Seconds that are left, or were granted. */
  lifetime: number | null;
  scope: JsonObject;
  /** What the ledger has, after this contact. */
  entry: LedgerEntry | undefined;
  /** The answer to a request about this mitigation alone. */
  code?: string;
}

/** What one client of one server has. */
export interface ServerReport {
  known: Pick<ClientLedger, 'server' | 'cuid'>;
  profile: string | null;
  mitigations: MitigationLine[];
  /** The last refusal. */
  refusal?: Answer | undefined;
  error?: DotsError | undefined;
  /** What is wrong with the credentials soon: the text form has it on standard error. */
  notes?: string[];
  /** What else there is to say: first what happened, then what to do. */
  remarks: string[];
}

/**
 * Prints what became of a command, for a person or as JSON, and returns its exit status.
 * @param format text, json, or json-lines for an object in one line
 */
export async function printReports(reports: ServerReport[], format: string | undefined, io: Io): Promise<ExitStatus> {
  const json = { version: 1, servers: reports.map(reportJson) };
  const indent = format === 'json' ? 2 : undefined;
  await io.out(
    format?.startsWith('json') === true ? `${safeJson(json, indent)}\n` : reports.map(reportText).join('\n'),
  );
  return statusOf(reports);
}

function statusOf(all: ServerReport[]): ExitStatus {
  const others = all.filter(({ error }) => !isGoneMock(error));
  const reports = others.length > 0 ? others : all;
  if (reports.some(({ error }) => error?.kind === 'unreachable')) return 3;
  if (reports.some(({ error }) => error !== undefined)) return 2;
  return reports.some(({ refusal }) => refusal !== undefined) ? 1 : 0;
}

function reportJson({ known, profile, mitigations, refusal, error, remarks, notes = [] }: ServerReport): object {
  return {
    server: known.server,
    cuid: known.cuid,
    profile,
    mitigations: mitigations.map(mitigationJson),
    code: refusal?.code ?? null,
    diagnostic: refusal?.diagnostic ?? null,
    error: error === undefined ? null : errorJson(error),
    remarks,
    notes,
  };
}

function mitigationJson({ mid, status, lifetime, scope, entry, code }: MitigationLine): object {
  return {
    mid,
    status,
    lifetime,
    file: entry?.file ?? null,
    state: entry?.state ?? null,
    code: code ?? entry?.code ?? null,
    targets: targetsOf(scope),
    sentAt: entry?.sentAt ?? null,
    expiresAt: entry?.expiresAt ?? null,
    lastStatus: entry?.status ?? null,
    lastStatusAt: entry?.statusAt ?? null,
    scope,
  };
}

function reportText({ known, profile, mitigations, refusal, error, remarks }: ServerReport): string {
  return [
    `${known.server} as ${known.cuid}${profile === null ? '' : ` (profile ${profile})`}`,
    ...mitigations.flatMap(mitigationLines),
    refusal === undefined
      ? ''
      : `  ${refusal.code} ${codeWords(refusal.code).name}: ${refusal.diagnostic ?? codeWords(refusal.code).meaning}`,
    error === undefined ? '' : `  ${error.message}`,
    ...[error?.hint, ...remarks].map((remark) => (remark === undefined ? '' : `  ${remark}`)),
  ]
    .filter((line) => line !== '')
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function mitigationLines(line: MitigationLine): string[] {
  const { mid, status } = line;
  return [
    `  ${[`mid ${mid}`, ...mitigationFacts(line)].join('  ')}`,
    ...(status === null ? [] : [`    ${mitigationStatusWords(status).sentence}`]),
  ];
}

/** What there is to say of a mitigation in one line: its state, targets, lifetime, what was dropped, and its file. */
export function mitigationFacts({ status, lifetime, scope, entry }: Omit<MitigationLine, 'mid'>): string[] {
  const state = status === null ? (entry?.state ?? 'not known to the server') : mitigationStatusWords(status).short;
  return [
    state,
    targetWords(scope),
    ...(lifetime === null ? [] : [`lifetime ${lifetimeWords(lifetime)}`]),
    ...droppedWords(scope),
    ...(entry?.file === undefined || entry.file === null ? [] : [entry.file]),
  ];
}

/** The counters of a mitigation (RFC 9132 section 4.4.2), which are decimal texts. */
function droppedWords({ 'bytes-dropped': octets, 'pkts-dropped': packets }: JsonObject): string[] {
  const counts = [
    ...(octets === undefined ? [] : [traffic(Number(octets))]),
    ...(packets === undefined ? [] : [`${count(Number(packets))} packets`]),
  ];
  return counts.length === 0 ? [] : [`dropped ${counts.join(', ')}`];
}
