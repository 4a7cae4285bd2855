import { DotsError } from '#dots/model/errors';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import type { Answer } from './answer';
import { contentHash, isRunning, triggersAtOnce, type ClientLedger } from './ledger';
import { scopesOf, withScopes } from './scopes';

const aclList = 'ietf-dots-signal-control:acl-list';

/** How long a refusal counts that names no time: the default of Max-Age (RFC 7252 section 5.10.5), seconds. */
const defaultMaxAge = 60;

/** The failure of a server to change ACLs: their names, and after how many seconds the client tries again. */
export interface FailedControl {
  acls: string[];
  retryAfter: number;
}

/** The same request without its ACLs. */
export function withoutAcls(document: JsonObject): JsonObject {
  const isKept = ([name]: [string, unknown]): boolean => name !== aclList;
  return withScopes(scopesOf(document).map((scope) => Object.fromEntries(Object.entries(scope).filter(isKept))));
}

const aclsOf = (body: JsonObject | undefined): string[] =>
  scopesOf(body)
    .flatMap((scope) => itemsOf(scope[aclList]))
    .filter(isObject)
    .map((acl) => String(acl['acl-name']));

/**
 * What a refusal (5.03) names of ACLs that could not be changed, where the mitigation was refused with them: no
 * mitigation of the same content runs without them (RFC 9133 section 3.2.1). Undefined for any other answer.
 */
export function failedControl(
  { code, body, maxAge = defaultMaxAge }: Pick<Answer, 'code' | 'body' | 'maxAge'>,
  request: JsonObject,
  { entries }: ClientLedger,
): FailedControl | undefined {
  const acls = code === '5.03' && aclsOf(request).length > 0 ? aclsOf(body) : [];
  const hash = contentHash(withoutAcls(request));
  const isUnchanged = entries.some((entry) => isRunning(entry) && contentHash(withoutAcls(entry.document)) === hash);
  return acls.length === 0 || isUnchanged ? undefined : { acls, retryAfter: maxAge };
}

/**
 * Throws a DotsError for a request that would change ACLs in idle time: it waits for the loss of the session, and no
 * mitigation is active (RFC 9133 section 3.2.1).
 */
export function refuseInIdleTime(request: JsonObject, { entries }: ClientLedger): void {
  const isIdle = scopesOf(request).every((scope) => !triggersAtOnce(scope));
  const isActive = entries.some((entry) => isRunning(entry) && scopesOf(entry.document).some(triggersAtOnce));
  if (!isIdle || isActive || aclsOf(request).length === 0) return;
  throw new DotsError(
    'malformed',
    'signal/acl-in-idle-time',
    'Not sent: the request would change ACLs over the signal channel, and no mitigation is active (RFC 9133 section 3.2.1).',
    'Remove "acl-list" or "trigger-mitigation", or change the ACLs over the data channel: dots data activate.',
  );
}
