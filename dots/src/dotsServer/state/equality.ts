import { canonical } from '#dots/check/canonical';
import type { ObjectPlan } from '#dots/check/plan';
import type { JsonValue } from '#dots/model/json';

/** Whether two parts of documents mean the same, however they are written. @param plan of both */
export function sameContent(one: JsonValue, other: JsonValue, plan: ObjectPlan | undefined): boolean {
  return canonical(one, plan) === canonical(other, plan);
}
