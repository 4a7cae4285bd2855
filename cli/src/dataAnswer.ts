import type { DataAnswer } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import { oneLine } from '#dots/model/text';

/** What the statuses of a data channel say (RFC 8783 sections 5 to 7, RFC 8040 section 7). */
const words: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  200: ['OK', 'the server answers with what it has.'],
  201: ['Created', 'the server accepted it and keeps it.'],
  204: ['No Content', 'the server did it.'],
  400: ['Bad Request', 'the server found the document invalid.'],
  401: ['Unauthorized', 'the server does not know this client.'],
  403: ['Forbidden', 'the server does not let this client do this.'],
  404: ['Not Found', 'the server knows nothing under this path.'],
  405: ['Method Not Allowed', 'the resource does not offer this.'],
  409: ['Conflict', 'the name is taken, or a filter of another client conflicts.'],
  413: ['Content Too Large', 'the server does not take a document of this size.'],
  415: ['Unsupported Media Type', 'the server does not take application/yang-data+json here.'],
  500: ['Internal Server Error', 'the server failed.'],
  503: ['Service Unavailable', 'the server cannot do this now.'],
};

/** A status in words; an unknown one by its class. */
export function statusWords(status: number): { name: string; meaning: string } {
  const [name, meaning] = words[status] ?? [
    'Status',
    status < 300 ? 'the server accepted it.' : 'the server refused it.',
  ];
  return { name, meaning };
}

/** One answer for a person, in lines: the status, why, and what was asked. */
export function dataAnswerLines(answer: DataAnswer): string[] {
  const { name, meaning } = statusWords(answer.status);
  return [
    `${answer.status} ${name}: ${meaning}`,
    ...answer.errors.map(
      ({ tag, message, path }) =>
        `The server says: ${oneLine(message)}${tag === undefined ? '' : ` (${tag}${path === undefined ? '' : `, at ${path}`})`}`,
    ),
    `${answer.request.method} ${answer.request.path}, ${answer.request.octets} octets, answered in ${Math.max(1, Math.round(answer.roundTripMs))} ms`,
  ];
}

/** One answer as `--format json` gives it. */
export function dataAnswerJson({
  status,
  ok,
  body,
  errors,
  roundTripMs,
  request: { method, path, octets },
}: DataAnswer): JsonObject {
  return {
    status,
    meaning: statusWords(status).name,
    ok,
    body: body ?? null,
    errors: errors.map((error): JsonObject => ({ ...error })),
    roundTripMs: Math.round(roundTripMs * 10) / 10,
    request: { method, path, octets },
  };
}
