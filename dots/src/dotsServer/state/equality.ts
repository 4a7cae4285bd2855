import { canonical } from '#dots/check/canonical';
import type { JsonValue } from '#dots/model/json';

/** Whether two values of documents mean the same, however they are written. */
export function sameContent(one: JsonValue, other: JsonValue): boolean {
  return canonical(one) === canonical(other);
}
