import { oneLine, printable, safeJson } from '#dots/model/text';
import type { DataAnswer, Installed } from '#dots/data/session';
import { facts, heading, indented, sections } from './textLayout';

/** What an answer document tells of an installation. */
export interface InstallReport {
  installed: Installed;
  document: string;
  server: string;
  cuid: string;
  profile: string;
}

/** What the statuses of a data channel mean (RFC 8783 sections 5 to 7), and what to do next. */
const words: Readonly<Record<number, readonly [name: string, meaning: string, next: string]>> = {
  201: [
    'Created',
    'The server accepted it and keeps it for a week.',
    'On the mock it stands in the DOTS view, with its activation.',
  ],
  204: [
    'No Content',
    'The server took the new version in the place of the old one.',
    'On the mock it stands in the DOTS view, with its activation.',
  ],
  400: [
    'Bad Request',
    'The server refused the document as it stands.',
    'Mend what the server names, then install it again.',
  ],
  403: [
    'Forbidden',
    'The server does not let this client do this: another certificate has registered its cuid.',
    'Use the certificate that registered it.',
  ],
  404: ['Not Found', 'The server knows nothing under this path.', 'Check that this server has a DOTS data channel.'],
  409: [
    'Conflict',
    'The document conflicts with what the server has, such as a filter of another client.',
    'Change what the server names.',
  ],
  413: ['Content Too Large', 'The server does not take a document of this size.', 'Split it.'],
};

/** An answer in words, then why, then the requests as they were sent. */
export function installText({ installed, document, server, cuid, profile }: InstallReport): string {
  const { answer, answers, registered, replaced } = installed;
  const [name, meaning, next] = words[answer.status] ?? [
    answer.ok ? 'Success' : 'Failure',
    answer.ok ? 'The server did it.' : 'The server did not do it.',
    'See the log.',
  ];
  return sections(
    heading(`${answer.status} ${name}: ${answer.ok ? 'installed' : 'refused'}`),
    `${meaning}\n${next}`,
    answer.errors.length === 0 ? undefined : `The server says:\n${indented(answer.errors.map(errorLine).join('\n'))}`,
    facts([
      ['Document', document],
      ['Registered', registered ? 'now, before the document was sent' : 'before'],
      ['Replaced', replaced ? 'what had the same names' : undefined],
      ['cuid', cuid],
      ['Profile', profile],
      ['Server', server],
      ['Round trip', `${Math.max(1, Math.round(answer.roundTripMs))} ms`],
    ]),
    heading('Requests as sent'),
    ...answers.map(requestText),
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
