import { documentTypeOf, type DocumentKind } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';
import { oneLine, printable, safeJson } from '#dots/model/text';
import { grantedLifetime, lifetimeOf, scopesOf } from '#dots/signal/scopes';
import type { Answer } from '#dots/signal/session';
import { codeWords, maxAgeWords } from '#dots/words/codes';
import { conflictSentences } from '#dots/words/conflicts';
import { grantedLifetimeWords } from '#dots/words/quantities';
import { securityWords } from '#dots/words/sessions';
import type { SettledTarget } from '../settledTarget';
import type { SignalResult } from './sendSignal';

/** The answer to a document, for a person. */
export function answerText({ answer, session, target, kept, remarks }: SignalResult, asked: JsonObject): string {
  const { security } = session;
  const { name, meaning } = codeWords(answer.code, answer.request.path, answer.ok);
  const granted = grantedLifetime(answer);
  return [
    `${answer.code} ${name}: ${meaning}`,
    answer.diagnostic === undefined ? '' : `The server says: ${oneLine(answer.diagnostic)}`,
    ...(answer.notes ?? []),
    maxAgeWords(answer) ?? '',
    granted !== undefined ? `Granted lifetime: ${grantedLifetimeWords(granted, lifetimeOf(asked))}` : '',
    isWithoutLifetime(answer, asked)
      ? 'The answer has no lifetime, which a DOTS server always returns (RFC 9132 section 4.4.1): check that it is a DOTS server.'
      : '',
    ...conflictSentences(scopesOf(answer.body)).map((sentence) => `Conflict: ${sentence}`),
    `${answer.request.method} ${answer.request.path}, ${answer.request.octets} octets, answered in ${Math.max(1, Math.round(answer.roundTripMs))} ms${kept ? ', over the session that dots session keeps' : ''}`,
    security === undefined ? '' : securityWords(security),
    Object.entries({ ...profileOf(target), ...identifiers(answer, target) })
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    ...remarks,
    nextStep(answer, asked, remarks),
  ]
    .filter((line) => line !== '')
    .map(printable)
    .concat(answer.body === undefined ? [] : safeJson(answer.body, 2))
    .map((line) => `${line}\n`)
    .join('');
}

/** What shows the effect of a document without a mitigation, by its kind. */
const shown: Partial<Record<DocumentKind, string>> = {
  telemetry: 'dots telemetry get shows what the server has.',
  'telemetry-setup': 'dots telemetry setup get shows what the server has.',
  'signal-config': 'dots config shows the values in use.',
};

/** What to do next, where no remark says it. */
function nextStep({ code, ok, request }: Answer, asked: JsonObject, remarks: readonly string[]): string {
  if (remarks.some((remark) => /^Next: |--replace|Ask the operator/.test(remark))) return '';
  const kind = documentTypeOf(asked)?.kind;
  const next = (ok ? kind && shown[kind] : undefined) ?? codeWords(code, request.path, ok).next;
  return `Next: ${next}`;
}

/** Whether a server accepted a mitigation without stating its lifetime. */
function isWithoutLifetime({ ok, body, broken }: Answer, asked: JsonObject): boolean {
  return ok && broken === undefined && lifetimeOf(asked) !== undefined && lifetimeOf(body) === undefined;
}

const profileOf = ({ profile }: SettledTarget): { profile?: string } => (profile === undefined ? {} : { profile });

/**
 * The identifiers that the path of a request names: cuid, and one of mid, sid, tsid and tmid; some resources have none.
 */
export function identifiers({ request }: Answer, { cuid }: SettledTarget): Record<string, string | number> {
  const [, name, id] = /\/(mid|sid|tsid|tmid)=(\d+)$/.exec(request.path) ?? [];
  return { ...(request.path.includes(`/cuid=${cuid}`) && { cuid }), ...(name !== undefined && { [name]: Number(id) }) };
}
