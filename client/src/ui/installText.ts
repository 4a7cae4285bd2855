import { oneLine, printable, safeJson } from '#dots/model/text';
import { httpStatusWords } from '#dots/words/httpStatuses';
import type { DataAnswer, Installed } from '#dots/data/session';
import { facts, heading, indented, sections } from './textLayout';

/** The content of the answer document of an installation. */
export interface InstallReport {
  installed: Installed;
  /** What was replaced, in lines. */
  difference: readonly string[];
  document: string;
  server: string;
  cuid: string;
  profile: string;
}

/**
 * An answer in words, then why, then the requests as they were sent: the one that decided is first, not a registration.
 */
export function installText({ installed, difference, document, server, cuid, profile }: InstallReport): string {
  const { answer, answers, registered, replaced } = installed;
  const others = answers.filter((each) => each !== answer);
  const { name, meaning, next } = httpStatusWords(answer.status);
  return sections(
    heading(`${answer.status} ${name}: ${answer.ok ? 'installed' : 'refused'}`),
    `${meaning}\n${next}`,
    answer.errors.length === 0 ? undefined : `The server says:\n${indented(answer.errors.map(errorLine).join('\n'))}`,
    facts([
      ['Document', document],
      ['Registered', registered ? 'now, before the document was sent' : 'before'],
      ['Replaced', replaced ? 'the entries with the same names' : undefined],
      ['cuid', cuid],
      ['Profile', profile],
      ['Server', server],
      ['Round trip', `${Math.max(1, Math.round(answer.roundTripMs))} ms`],
    ]),
    difference.length === 0
      ? undefined
      : `Difference to what was on the server:\n${indented(difference.map(printable).join('\n'))}`,
    heading(others.length === 0 ? 'Requests as sent' : 'Requests as sent, the one that decided first'),
    ...[answer, ...others].map(requestText),
  );
}

function errorLine({ tag, message, path }: DataAnswer['errors'][number]): string {
  const text = tag === undefined ? message : `${message} (${tag})`;
  return oneLine(path === undefined ? text : `${text}\nat ${path}`);
}

function requestText({ request, status }: DataAnswer): string {
  const body = request.payload === undefined ? '' : `\n${indented(safeJson(JSON.parse(request.payload), 2))}`;
  return `${printable(`${request.method} ${request.path}`)} -> ${status}${body}`;
}
