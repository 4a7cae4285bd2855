import { check } from '#dots/check/check';
import type { FlowspecInput } from '#dots/flowspec/translate';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { scopesOf } from '#dots/signal/scopes';

const acls = 'ietf-dots-data-channel:acls';
const aclList = 'ietf-dots-signal-control:acl-list';

/**
 * The documents whose rules belong in the preview of the first one. Documents with ACLs that stand beside it count only where it names one
 * of them in the member for that (RFC 9133 section 3.2.1), and has no error: otherwise a server would not act on it.
 */
export function contributing(inputs: readonly FlowspecInput[]): FlowspecInput[] {
  const [own, ...beside] = inputs;
  if (own === undefined) return [];
  const asked = beside.some(({ value }) => acls in value) ? namedAcls(own.value) : new Set<JsonValue | undefined>();
  return [own, ...beside.filter(({ value }) => !(acls in value) || aclsOf(value).some(({ name }) => asked.has(name)))];
}

function namedAcls(document: JsonObject): Set<JsonValue | undefined> {
  if (check(document).faults.some(({ severity }) => severity === 'error')) return new Set();
  return new Set(
    scopesOf(document)
      .flatMap((scope) => itemsOf(scope[aclList]))
      .filter(isObject)
      .map((entry) => entry['acl-name']),
  );
}

function aclsOf(document: JsonObject): JsonObject[] {
  const top = document[acls];
  return isObject(top) ? itemsOf(top.acl).filter(isObject) : [];
}
