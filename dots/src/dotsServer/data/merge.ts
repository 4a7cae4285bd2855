import type { Identity, MemberPlan, ObjectPlan } from '#dots/check/plan';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';

/**
 * A node with a plain patch merged into it: RFC 8040 section 4.6.1. Leafs are replaced, entries of lists are found by
 * their keys, values are added to leaf-lists; a member of one case of a choice removes those of the others (RFC 7950
 * section 7.9). What has another form than the data model is taken as it is: the check of the result refuses it.
 * @param plan of both
 */
export function merged(node: JsonObject, patch: JsonObject, plan: ObjectPlan | undefined): JsonObject {
  const left = withoutOtherCases(node, patch, plan);
  const fresh = Object.entries(patch).map(([name, value]): [string, JsonValue] => {
    const before = Object.hasOwn(left, name) ? left[name] : undefined;
    return [name, mergedMember(before, value, plan?.members.get(name))];
  });
  // Unlike an assignment this keeps a member of the name __proto__, which the check refuses.
  return Object.fromEntries([...Object.entries(left), ...fresh]);
}

function withoutOtherCases(node: JsonObject, patch: JsonObject, plan: ObjectPlan | undefined): JsonObject {
  const left = { ...node };
  for (const { cases } of plan?.choices ?? []) {
    const chosen = cases.find((names) => names.some((name) => Object.hasOwn(patch, name)));
    if (chosen === undefined) continue;
    for (const name of cases.flat()) if (!chosen.includes(name)) delete left[name];
  }
  return left;
}

function mergedMember(before: JsonValue | undefined, value: JsonValue, plan: MemberPlan | undefined): JsonValue {
  if (isObject(before) && isObject(value)) return merged(before, value, plan?.object);
  if (Array.isArray(before) && Array.isArray(value) && plan?.identity !== undefined)
    return mergedList(before, value, { identity: plan.identity, object: plan.object });
  return value;
}

function mergedList(
  before: readonly JsonValue[],
  patch: readonly JsonValue[],
  { identity, object }: { identity: Identity; object: ObjectPlan | undefined },
): JsonValue[] {
  const result = [...before];
  const places = new Map(before.map((entry, index) => [identity(entry), index]));
  for (const entry of patch) {
    const at = places.get(identity(entry));
    const known = at === undefined ? undefined : result[at];
    if (at === undefined || known === undefined) result.push(entry);
    else result[at] = isObject(known) && isObject(entry) ? merged(known, entry, object) : entry;
  }
  return result;
}
