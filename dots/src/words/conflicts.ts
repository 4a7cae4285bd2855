import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { oneLine } from '#dots/model/text';
import { targetsOf } from './targets';

const causes: Readonly<Record<string, string>> = {
  'overlapping-targets': 'another request is for the same targets',
  'conflict-with-acceptlist': 'a filter of this client accepts traffic that the request would drop',
  'cuid-collision': 'another client uses the same cuid: choose a new one',
  'request-rejected-legitimate-traffic': 'the server considers the traffic legitimate',
  'overlapping-pipes': 'another telemetry request configures the same pipe',
};

const outcomes: Readonly<Record<string, string>> = {
  'request-inactive-other-active': 'this request is not in force, the other one is',
  'request-active': 'this request is in force',
  'all-requests-inactive': 'neither request is in force',
};

/**
 * The conflicts that a server reports (RFC 9132 section 4.4.1.3), each in one sentence: what conflicts, with what, what
 * became of the request, and how long to wait. The scopes are those of an answer, of any shape.
 */
export function conflictSentences(scopes: readonly JsonValue[]): string[] {
  return scopes
    .filter(isObject)
    .map((scope) => scope['conflict-information'])
    .filter(isObject)
    .map(sentence);
}

function sentence(conflict: JsonObject): string {
  const {
    'conflict-cause': cause,
    'conflict-status': outcome,
    'conflict-scope': scope,
    'retry-timer': seconds,
  } = conflict;
  const parts = [
    `${inWords(causes, cause) ?? 'the server names no cause'}${withWhat(scope)}`,
    inWords(outcomes, outcome),
    typeof seconds === 'number' ? `ask again after ${seconds} seconds` : undefined,
  ];
  return `${oneLine(parts.filter((part) => part !== undefined).join('; '))}.`;
}

function inWords(words: Readonly<Record<string, string>>, label: JsonValue | undefined): string | undefined {
  if (label === undefined) return undefined;
  const text = String(label);
  return Object.hasOwn(words, text) ? words[text] : text;
}

/** What it conflicts with, as far as the server reports it: a mid, targets, or the names of ACLs. */
function withWhat(scope: JsonValue | undefined): string {
  if (!isObject(scope)) return '';
  const acls = itemsOf(scope['acl-list'])
    .filter(isObject)
    .map((acl) => String(acl['acl-name']));
  const all = [
    ...(scope.mid === undefined ? [] : [`mid ${String(scope.mid)}`]),
    ...targetsOf(scope),
    ...acls.map((name) => `ACL ${name}`),
  ];
  return all.length === 0 ? '' : ` (${all.join(', ')})`;
}
