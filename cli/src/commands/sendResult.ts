import { UnansweredChange } from '#dots/data/unansweredChange';
import type { JsonObject } from '#dots/model/json';
import { RequestFailure } from '#dots/signal/recordedRequest';
import { grantedLifetime } from '#dots/signal/scopes';
import { codeWords } from '#dots/words/codes';
import { targetsOf } from '#dots/words/targets';
import type { DotsError } from '#dots/model/errors';
import { identifiers } from './sendReport';
import type { SignalResult } from './sendSignal';

/** The members of a result over the signal channel, where nothing was answered. */
const noAnswer = {
  sent: false,
  code: null,
  meaning: null,
  ok: false,
  grantedLifetime: null,
  body: null,
  diagnostic: null,
  notes: [],
  maxAge: null,
  roundTripMs: null,
  server: null,
  security: null,
  kept: false,
  profile: null,
  cuid: null,
  mid: null,
  sid: null,
  tsid: null,
  tmid: null,
  newCuid: false,
  refresh: false,
  replaced: [],
  lost: [],
  failedAcls: [],
  retryAfter: null,
  remarks: [],
  request: null,
  answerOctets: null,
};

/** The members of a document that was not sent, or has no answer; an identifier is the one in the ledger. */
export function failureJson(error: DotsError | undefined): object {
  if (error instanceof UnansweredChange) return { ...noAnswer, sent: true };
  if (!(error instanceof RequestFailure)) return noAnswer;
  return { ...noAnswer, sent: error.sent, [error.entry.parameter]: error.entry.id };
}

/** An answer over the signal channel as `--format json` prints it, with what is wrong with the credentials soon. */
export function answerJson(
  { answer, session, target, kept, refreshes = false, replaced = [], lost, failed, remarks }: SignalResult,
  credentialNotes: readonly string[] = [],
): object {
  const { code, ok, body = null, diagnostic = null, maxAge = null, roundTripMs, request, payload } = answer;
  return {
    ...noAnswer,
    sent: true,
    code,
    meaning: codeWords(code, request.path, ok).name,
    ok,
    grantedLifetime: grantedLifetime(answer) ?? null,
    body,
    diagnostic,
    notes: [...(answer.notes ?? []), ...credentialNotes],
    maxAge,
    roundTripMs: Math.round(roundTripMs * 10) / 10,
    server: target.server,
    security: securityJson(session),
    kept: kept ?? false,
    profile: target.profile ?? null,
    ...identifiers(answer, target),
    newCuid: target.cuidSource === 'generated',
    refresh: refreshes,
    replaced: replaced.map(({ mid }) => mid ?? null),
    lost: lost === undefined ? [] : targetsOf(lost),
    failedAcls: failed?.acls ?? [],
    retryAfter: failed?.retryAfter ?? null,
    remarks,
    request: {
      method: request.method,
      path: request.path,
      octets: request.octets,
      blocks: request.blocks ?? null,
    },
    answerOctets: payload?.length ?? 0,
  };
}

function securityJson({ security }: SignalResult['session']): JsonObject | null {
  if (security === undefined) return null;
  const { protocol, cipherSuite, peerName } = security;
  return { protocol, cipherSuite, peerName };
}
