import type { DataAnswer } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import { httpStatusWords } from '#dots/words/httpStatuses';
import { oneLine } from '#dots/model/text';

/** One answer as text, in lines: the status, the reason, and the request. */
export function dataAnswerLines(answer: DataAnswer): string[] {
  const { name, meaning } = httpStatusWords(answer.status);
  return [
    `${answer.status} ${name}: ${meaning}`,
    ...answer.errors.map(
      ({ tag, message, path }) =>
        `The server says: ${oneLine(message)}${tag === undefined ? '' : ` (${tag}${path === undefined ? '' : `, at ${path}`})`}`,
    ),
    `${answer.request.method} ${answer.request.path}, ${answer.request.octets} octets, answered in ${Math.max(1, Math.round(answer.roundTripMs))} ms`,
  ];
}

/** One answer as `--format json` prints it. */
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
    meaning: httpStatusWords(status).name,
    ok,
    body: body ?? null,
    errors: errors.map(({ tag = null, message, path: where = null }): JsonObject => ({ tag, message, path: where })),
    roundTripMs: Math.round(roundTripMs * 10) / 10,
    request: { method, path, octets },
  };
}
