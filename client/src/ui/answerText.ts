import type { Answer } from '#dots/signal/session';
import { decodeDocument, fileLimits } from '#dots/cbor/codec';
import { annotatedDiagnostic } from '#dots/cbor/diagnostic';
import { conflictSentences } from '#dots/words/conflicts';
import { oneLine, printable, safeJson } from '#dots/model/text';
import { codeWords, maxAgeWords } from '#dots/words/codes';
import { grantedLifetime, lifetimeOf, scopesOf } from '#dots/signal/scopes';
import { facts, heading, hexRows, indented, sections } from './textLayout';
import { grantedLifetimeWords } from '#dots/words/quantities';

/** The content of an answer document: the answer, and its request. */
export interface AnswerReport {
  answer: Answer;
  /** The name of the document that was sent. */
  document: string;
  server: string;
  /** The profile of the server, or `mock`. */
  profile: string;
  cuid: string;
  mid: number | undefined;
}

/** An answer in words, then its body, then the request as it was sent: readable without knowledge of CoAP or CBOR. */
export function answerText(report: AnswerReport): string {
  const { answer } = report;
  const words = codeWords(answer.code, answer.request.path, answer.ok);
  const conflict = conflictSentences(scopesOf(answer.body)).join(' ');
  return sections(
    heading(`${answer.code} ${words.name}: ${verdict(answer)}`),
    [words.meaning, words.next, ...(answer.notes ?? []), maxAgeWords(answer)]
      .filter((line) => line !== undefined)
      .join('\n'),
    answer.diagnostic === undefined ? undefined : `The server says:\n${indented(oneLine(answer.diagnostic))}`,
    facts([
      ['Document', report.document],
      ['Granted lifetime', grantedLifetimeText(answer)],
      ['Conflict', conflict === '' ? undefined : conflict],
      ['mid', report.mid?.toString()],
      ['cuid', report.cuid],
      ['Profile', report.profile],
      ['Server', report.server],
      ['Round trip', `${Math.max(1, Math.round(answer.roundTripMs))} ms`],
      ['Request', `${answer.request.octets} octets`],
      [
        'Answer',
        answer.payload === undefined || answer.payload.length === 0
          ? 'no body'
          : `${answer.payload.length} octets of body`,
      ],
    ]),
    answerBody(answer),
    requestAsSent(answer),
  );
}

/** The first line's verdict in three words at most. */
function verdict(answer: Answer): string {
  if (answer.ok) return 'accepted';
  if (answer.code.startsWith('2')) return 'not confirmed';
  return answer.code.startsWith('4') ? 'refused' : 'failed';
}

/** The lifetime that the server granted, in words, where the answer has one. */
function grantedLifetimeText(answer: Answer): string | undefined {
  const granted = grantedLifetime(answer);
  if (granted === undefined) return undefined;
  const { payload } = answer.request;
  const asked = payload && payload.length > 0 ? lifetimeOf(decodeDocument(payload, fileLimits)) : undefined;
  return grantedLifetimeWords(granted, asked);
}

function answerBody(answer: Answer): string | undefined {
  return answer.body === undefined ? undefined : sections(heading('Answer body'), safeJson(answer.body, 2)).trimEnd();
}

function requestAsSent({ request }: Answer): string {
  const path = printable(`${request.method} ${request.path}`);
  if (request.payload === undefined || request.payload.length === 0)
    return sections(heading('Request as sent'), `${path}\nwithout a body`).trimEnd();
  return sections(
    heading('Request as sent'),
    `${path}\nContent-Format 271 (application/dots+cbor), ${request.payload.length} octets of body`,
    `CBOR diagnostic notation\n${indented(annotatedDiagnostic(request.payload, fileLimits))}`,
    `Hex\n${indented(hexRows(request.payload))}`,
  ).trimEnd();
}
