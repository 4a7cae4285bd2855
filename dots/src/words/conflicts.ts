import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { oneLine } from '#dots/model/text';
import { targetsOf } from './targets';

/** What conflicts, and what to do about it: one sentence. */
type Cause = readonly [what: string, next: string];

const causes: Readonly<Record<string, Cause>> = {
  'overlapping-targets': [
    'another request is for the same targets',
    'Request other targets, or agree with the operator of the other client on the one that is needed.',
  ],
  'conflict-with-acceptlist': [
    'a filter of this client accepts traffic that the request would drop',
    'Deactivate or narrow that filter over the data channel, then send again.',
  ],
  'cuid-collision': [
    'another client uses the same cuid: choose a new one',
    'Send again with the new cuid, then install the aliases and ACLs again; they belong to the old one.',
  ],
  'request-rejected-legitimate-traffic': [
    'the server considers the traffic legitimate',
    'Leave out the targets that are not attacked, or ask the operator of the server.',
  ],
  'overlapping-pipes': [
    'another telemetry request configures the same pipe',
    'Configure each pipe in one request only: delete the other telemetry setup, or leave the pipe out.',
  ],
};

/** A mid names a request of this client. */
const ownNext = 'Withdraw that request first, or send this one with a higher mid, which replaces it.';
const inForceNext = 'Nothing to do; both requests may count towards the limits of the server.';
const otherNext = 'Ask the operator of the server what to change.';

const outcomes: Readonly<Record<string, string>> = {
  'request-inactive-other-active': 'this request is not in force, the other one is',
  'request-active': 'this request is in force',
  'all-requests-inactive': 'neither request is in force',
};

/**
 * The conflicts that a server reports (RFC 9132 section 4.4.1.3), each in two sentences: what conflicts, with what,
 * what became of the request, and how long to wait; then what to do. The scopes are those of an answer, of any shape.
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
    `${causeWords(cause)}${withWhat(scope)}`,
    inWords(outcomes, outcome),
    typeof seconds === 'number' ? `ask again after ${seconds} seconds` : undefined,
  ];
  return `${oneLine(parts.filter((part) => part !== undefined).join('; '))}. ${nextStep(conflict)}`;
}

const causeOf = (label: JsonValue | undefined): Cause | undefined =>
  typeof label === 'string' && Object.hasOwn(causes, label) ? causes[label] : undefined;

/** A cause that no RFC defines is shown as it is. */
const causeWords = (label: JsonValue | undefined): string =>
  causeOf(label)?.[0] ?? (label === undefined ? 'the server names no cause' : String(label));

function nextStep({
  'conflict-cause': cause,
  'conflict-status': outcome,
  'conflict-scope': scope,
}: JsonObject): string {
  if (outcome === 'request-active') return inForceNext;
  if (cause === 'overlapping-targets' && isObject(scope) && scope.mid !== undefined) return ownNext;
  return causeOf(cause)?.[1] ?? otherNext;
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
